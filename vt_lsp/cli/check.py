"""``vt-lsp check``: find drift once."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.result import Before, CheckResult, Texts, count_reported
from vt_lsp.cli.scan import existing_paths, find_root, load_settings, prefix_of, root_option, scanned
from vt_lsp.cli.suppressions import unknown_types
from vt_lsp.models import Severity
from vt_lsp.settings import merge

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from vt_lsp.models import DriftReport
    from vt_lsp.settings import Settings

_RANKS = {severity: rank for rank, severity in enumerate(Severity)}
_MAX_BASELINE_BYTES = 64 << 20


def run(options: argparse.Namespace) -> int:
    """Report drift on stdout; 0 if there is none, 1 if there is."""
    configure_log(options)
    started = time.monotonic()
    paths = existing_paths(options.paths)
    root = find_root(options.root, paths)
    below = relative_to_root(root, paths)
    known: frozenset[str] = frozenset()
    before: list[Before] = []
    if options.baseline:
        known, compliance = read_baseline(Path(options.baseline))
        before.append(Before(options.baseline, compliance))
    settings, messages = load_settings(root)
    settings = with_options(settings, options)
    with scanned(root, settings) as engine:
        if options.since:
            from vt_lsp.cli.since import state_at  # noqa: PLC0415 - rarely asked for

            fingerprints, compliance = state_at(root, options.since, settings)
            known |= fingerprints
            before.append(Before(options.since, compliance))
        severe_or_not = _wanted(engine.drifts(), below, known, options)
        drifts = _severe(severe_or_not, options)
        result = CheckResult(
            root=root,
            revision=engine.revision(),
            duration_ms=round(1000 * (time.monotonic() - started)),
            summary=count_reported(engine.summary(), drifts),
            drifts=drifts,
            texts=Texts(engine.text),
            prefix=prefix_of(root),
            root_option=root_option(root),
            left_out=len(engine.drifts()) - len(drifts),
            messages=messages,
            min_severity=Severity(options.min_severity),
            below=len(severe_or_not) - len(drifts),
            before=tuple(before),
            compliance=tuple(engine.compliance()) if options.stats else None,
        )
        _warn((*_nothing_checked(result), *unknown_types(engine)))
        _write(result, options)
    return 1 if drifts else 0


def read_baseline(path: Path) -> tuple[frozenset[str], float]:
    """The fingerprints in a former ``--format json`` output, and its compliance."""
    try:
        if path.stat().st_size > _MAX_BASELINE_BYTES:
            raise UsageError(f"--baseline: larger than 64 MiB: {path}")
        document = json.loads(path.read_text("utf-8-sig"))
        fingerprints = frozenset(str(drift["fingerprint"]) for drift in document["drifts"])
        return fingerprints, float(document["summary"]["compliance"])
    except OSError as error:
        raise UsageError(f"--baseline: {error.strerror or error}: {path}") from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"--baseline: not an output of vt-lsp check --format json: {path}") from error


def with_options(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with ``--select`` and ``--ignore``."""
    asked = {name: getattr(options, name) for name in ("select", "ignore") if getattr(options, name) is not None}
    return merge(settings, replace(settings, **asked, given=frozenset(asked)))


def relative_to_root(root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """The paths, relative to the root; empty if all of it is asked for."""
    relative = []
    for path in paths:
        resolved = path.resolve()
        if not resolved.is_relative_to(root):
            raise UsageError(f"{path} is not below the root {root}")
        relative.append(resolved.relative_to(root).as_posix())
    return () if "." in relative else tuple(relative)


def _wanted(
    drifts: Sequence[DriftReport], below: Sequence[str], known: frozenset[str], options: argparse.Namespace
) -> tuple[DriftReport, ...]:
    return tuple(
        drift
        for drift in drifts
        if drift.fingerprint not in known
        and (not options.select or drift.drift_type in options.select)
        and drift.drift_type not in (options.ignore or ())
        and (not below or touches(drift, below))
    )


def _severe(drifts: Sequence[DriftReport], options: argparse.Namespace) -> tuple[DriftReport, ...]:
    rank = _RANKS[Severity(options.min_severity)]
    return tuple(drift for drift in drifts if _RANKS[drift.severity] <= rank)


def _nothing_checked(result: CheckResult) -> Iterator[str]:
    if not result.summary.specs:
        yield f"no documents below {result.root}: nothing was checked"


def _warn(messages: Iterable[str]) -> None:
    for message in messages:
        sys.stderr.write(f"vt-lsp: {message}\n")


def touches(drift: DriftReport, below: Sequence[str]) -> bool:
    """Whether a drift has a side in one of these files and folders."""
    sides = [drift.spec.path, *([drift.code.path] if drift.code else [])]
    return any(side == path or side.startswith(f"{path}/") for side in sides for path in below)


def _write(result: CheckResult, options: argparse.Namespace) -> None:
    # Imported here, each alone: only the text format needs rich, and nobody needs all of them.
    match options.format:
        case "json":
            from vt_lsp.cli.formats.json import render  # noqa: PLC0415
        case "sarif":
            from vt_lsp.cli.formats.sarif import render  # noqa: PLC0415
        case "github":
            from vt_lsp.cli.formats.github import render  # noqa: PLC0415
        case _:
            from vt_lsp.cli.formats import terminal, text  # noqa: PLC0415

            return text.write(result, terminal.open_console(options.color), stats=options.stats)
    sys.stdout.write(render(result))
    sys.stdout.flush()
    return None
