"""``vt-lsp fix``: take the safe ways out of drift."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from vt_lsp.cli.check import relative_to_root, touches, with_options
from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.result import Texts
from vt_lsp.cli.scan import existing_paths, find_root, load_settings, prefix_of, scanned
from vt_lsp.continuous_eval.fixing import Fixes, fix
from vt_lsp.wording import plural
from vt_lsp.workspace.patches import unified
from vt_lsp.workspace.replacing import Refused, check_writable, replace_file, uncommitted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport

FORMAT_VERSION = 1
_MOST_NAMED = 5


def run(options: argparse.Namespace) -> int:
    """Change the files, or show the changes with ``--diff``; 0 if nothing remains, 1 if drift does."""
    configure_log(options)
    paths = existing_paths(options.paths)
    root = find_root(options.root, paths)
    only = relative_to_root(root, paths)
    settings, _messages = load_settings(root)
    with scanned(root, with_options(settings, options)) as engine:
        found = engine.drifts()

        def meant() -> list[DriftReport]:
            return [drift for drift in engine.drifts() if not only or touches(drift, only)]

        done = fix(engine, meant, options.target, lambda path: _refusal(root, path))
        if not options.diff and not options.allow_dirty:
            _refuse_dirty(engine, done)
        failed = {} if options.diff else _write(root, done)
        engine.look_back()
        answer = _Answer(root, engine, done, failed | done.refused, meant(), is_shown=options.diff)
        sys.stdout.write(answer.as_json() if options.format == "json" else answer.as_text())
        for path, reason in answer.refused.items():
            sys.stderr.write(f"vt-lsp: not changed: {clean(path)} {reason}\n")
        is_clean = not answer.left and not failed and not (options.diff and found and done.applied)
    return 0 if is_clean else 1


def _refusal(root: Path, path: str) -> str:
    try:
        check_writable(root, path)
    except Refused as refused:
        return str(refused)
    return ""


def _refuse_dirty(engine: Engine, done: Fixes) -> None:
    """Without a commit to go back to, nobody could take back what was changed."""
    dirty = uncommitted(engine.git, done.before)
    if not dirty:
        return
    named = ", ".join(f"{clean(path)} ({dirty[path]})" for path in sorted(dirty)[:_MOST_NAMED])
    more = f" and {len(dirty) - _MOST_NAMED} more" if len(dirty) > _MOST_NAMED else ""
    raise UsageError(f"nothing was changed: {named}{more}; commit first, or give --allow-dirty, or look with --diff")


def _write(root: Path, done: Fixes) -> dict[str, str]:
    """Write all files that can be; why the others cannot."""
    failed = {}
    for path, text in sorted(done.after.items()):
        try:
            replace_file(root, path, done.before[path], text)
        except Refused as refused:
            failed[path] = str(refused)
    return failed


class _Answer:
    """What was done, and what remains."""

    def __init__(  # noqa: PLR0913  one for each thing that is told
        self,
        root: Path,
        engine: Engine,
        done: Fixes,
        refused: dict[str, str],
        left: list[DriftReport],
        *,
        is_shown: bool,
    ) -> None:
        self._root, self._done, self._is_shown = root, done, is_shown
        self._old = Texts(lambda path: done.before.get(path) if path in done.before else engine.text(path))
        self._new = Texts(engine.text)
        self.refused, self.left = refused, left

    def as_text(self) -> str:
        """For people; with ``--diff`` nothing but the diff, so that it can be piped into ``git apply``."""
        return "".join(self._diffs() if self._is_shown else self._lines())

    def _diffs(self) -> Iterator[str]:
        for path, text in sorted(self._done.after.items()):
            yield unified(path, self._done.before[path], text)

    def _lines(self) -> Iterator[str]:
        prefix = prefix_of(self._root)
        for one in self._done.applied:
            place = self._old.span(one.drift.spec)
            yield f"{prefix}{clean(one.drift.spec.path)}:{place.line}: {one.drift.drift_type}: {clean(one.way.title)}\n"
        for drift in self.left:
            line = self._new.span(drift.spec).line
            yield f"{prefix}{clean(drift.spec.path)}:{line}: left: {drift.drift_type}: {clean(drift.details)}\n"
        done, files, left = len(self._done.applied), len(self._done.after), len(self.left)
        if not done and not left:
            yield "no drift: nothing to realign\n"
            return
        way_out = sum(bool(self._done.offered.get(drift.fingerprint)) for drift in self.left)
        yield f"{plural(done, 'drift')} realigned in {plural(files, 'file')}, {plural(left, 'drift')} left"
        yield f", {way_out} of them with a way out to choose in an editor\n" if way_out else "\n"

    def as_json(self) -> str:
        """Held by ``vt_lsp/schemas/fix.schema.json``."""
        document: dict[str, Any] = {
            "version": FORMAT_VERSION,
            "root": str(self._root),
            "written": not self._is_shown,
            "applied": [
                {
                    "fingerprint": one.drift.fingerprint,
                    "drift_type": str(one.drift.drift_type),
                    "file_path": one.drift.file_path,
                    "title": one.way.title,
                    "target": one.way.target,
                    "files": sorted({edit.place.path for edit in one.way.edits}),
                }
                for one in self._done.applied
            ],
            "files": sorted(set(self._done.after) - self.refused.keys()),
            "refused": [{"path": path, "reason": reason} for path, reason in sorted(self.refused.items())],
            "diff": "".join(self._diffs()),
            "left": [
                {
                    "fingerprint": drift.fingerprint,
                    "drift_type": str(drift.drift_type),
                    "file_path": drift.file_path,
                    "line": self._new.span(drift.spec).line,
                    "details": drift.details,
                    "ways_out": [way.title for way in self._done.offered.get(drift.fingerprint, ())],
                }
                for drift in self.left
            ],
        }
        return json.dumps(document, indent=2) + "\n"
