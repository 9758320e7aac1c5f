"""Command lines: options of the project's own commands, targets of its task runners, its environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.models import DriftType, Role
from vt_lsp.workspace.resolver import Found

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Declared, Verdict
    from vt_lsp.workspace.index import Index

_UNSURE = frozenset({"past", "negated", "partial", "example"})
# What argparse, Click and Typer add.
_FRAMEWORK = frozenset({"--help", "--version", "--install-completion", "--show-completion"})
# Signs that a command takes options that it does not know.
_TAKES_ANY = ("REMAINDER", "parse_known_args", "ignore_unknown_options", "allow_extra_args", "UNPROCESSED")
_MAKES_OPPOSITES = ("BooleanOptionalAction", "cyclopts", "tyro", "jsonargparse")  # of `--x`: `--no-x`
_FACTOR = re.compile(r"py(?:py)?\d*|\d+(?:\.\d+)*|\w")
_COMMON = 2  # variables that begin alike, so that their prefix is the project's own


def judge_option(claim: Claim, document: Document) -> Verdict:
    """An option: does the command of ours that it is given to know it?"""
    index, name = document.index, claim.subject
    if claim.role is not Role.CURRENT or _UNSURE.intersection(claim.hints):
        return unknown("the text does not speak of now")
    if name in _FRAMEWORK:
        return unknown("the framework makes it")
    if known := _declared(index, name):
        return holds(Found(known[0][0], None))
    if not index.scan_done():
        return unknown("the first scan is running")
    rows = {one.name: (path, one) for path, one in index.all_declared("option") if one.detail}
    longer = [other for other in rows if other.startswith(name)]
    if longer and ("pair" not in claim.hints or len(longer) > 1):
        return unknown("the beginning of an option, which argparse takes for it")
    slips = longer or [n for n in rows if _plain(n) == _plain(name)] or [n for n in rows if _is_slip(name, n)]
    if why := _may_be_another(claim, index, slips):
        return unknown(why)
    if not slips and (not claim.bases or _is_known_word(index, name)):
        return unknown("an option of another command, or one whose name is made elsewhere")
    spelled = {_destination(other): other for other in rows}
    near = slips or [spelled[other] for other in alike(_destination(name), spelled)]
    return _no_such_option(claim, document, near, rows)


def _may_be_another(claim: Claim, index: Index, slips: list[str]) -> str:
    """Why the option may not be one that a command of the project must know; "" for no reason.

    ``slips`` are options of the project of which it may be a misspelling.
    """
    if claim.bases and not _is_ours(index, claim.bases):
        return "a command of another project"
    if claim.bases and not _is_command_known(claim, index):
        return "a command that a plugin may add"
    if not claim.bases and not index.has_scripts():
        return "the project installs no command"
    if not slips and any(index.has_product_word(word) for word in _TAKES_ANY):
        return "the command may hand options on"
    return ""


def _no_such_option(
    claim: Claim, document: Document, near: list[str], rows: dict[str, tuple[str, Declared]]
) -> Verdict:
    command = " ".join(claim.bases).replace("-m ", "python -m ")
    words = f"`{command}` has no option `{claim.subject}`" if command else f"there is no option `{claim.subject}`"
    return broken(
        claim, document, DriftType.CLI_OPTION, words + (f"; did it become `{near[0]}`?" if near else ""),
        target=Found(rows[near[0]][0], None) if near else None, replacements=near[:1], confidence=0.92,
    )  # fmt: skip


def _declared(index: Index, name: str) -> list[tuple[str, Declared]]:
    known = index.declared("option", name)
    if known or not any(index.has_product_word(word) for word in _MAKES_OPPOSITES):
        return known
    opposite = f"--{name.removeprefix('--no-')}" if name.startswith("--no-") else f"--no-{name.removeprefix('--')}"
    return index.declared("option", opposite)


def _is_ours(index: Index, command: tuple[str, ...]) -> bool:
    if command[0] == "-m":
        return index.is_own(command[1].partition(".")[0])
    entry = index.script(command[0])
    return bool(entry) and index.is_own(entry.partition(":")[0].partition(".")[0])


def _is_command_known(claim: Claim, index: Index) -> bool:
    """Where the project declares commands, the words behind the program's name are some of them."""
    if not index.all_declared("command"):
        return True
    words = claim.bases[2 if claim.bases[0] == "-m" else 1 :]
    return bool(index.declared("command", words[0])) if words else "behind-word" not in claim.hints


def _destination(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


def _is_slip(wrong: str, right: str) -> bool:
    return is_slip(_destination(wrong), _destination(right))


def _plain(option: str) -> str:
    return _destination(option).replace("_", "").casefold()


def _is_known_word(index: Index, option: str) -> bool:
    """A name in the code from which an option may be made."""
    name = _destination(option)
    return any(index.has_word(n) or index.stands_elsewhere(n) for n in (name, name.removeprefix("no_"), name.upper()))


def judge_target(claim: Claim, document: Document) -> Verdict:
    """A target of make, just, tox, nox, npm or Poe."""
    index, name, runner = document.index, claim.subject, claim.bases[0]
    if claim.role is not Role.CURRENT or _UNSURE.intersection(claim.hints):
        return unknown("the text does not speak of now")
    targets = index.targets(runner)
    if not targets:
        return unknown("the project has no targets of this kind, or not all are known")
    if _is_target(claim, targets) or (runner == "make" and index.has_path(name)):
        return holds()
    spelled = {target.replace("-", "_"): target for target in sorted(targets)}
    written, digits = name.replace("-", "_"), re.sub(r"\D", "", name)
    spelled = {other: target for other, target in spelled.items() if re.sub(r"\D", "", other) == digits}
    near = [spelled[other] for other in ([written] if written in spelled else alike(written, spelled))]
    if not _is_about_project(claim, document, targets) and not any(is_slip(name, other) for other in near):
        return unknown("another project's commands may be meant")
    return broken(
        claim, document, DriftType.CLI_OPTION, f"{runner} has no target `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""), replacements=near[:1], confidence=0.92,
    )  # fmt: skip


def _is_target(claim: Claim, targets: frozenset[str]) -> bool:
    """For tox and nox, ``py311-django5`` and ``tests-3.11`` are made of what the file says and of versions."""
    if claim.subject in targets or claim.bases[0] not in {"tox", "nox"}:
        return claim.subject in targets
    return all(part in targets or _FACTOR.fullmatch(part) for part in claim.subject.split("-"))


def _is_about_project(claim: Claim, document: Document, targets: frozenset[str]) -> bool:
    others = [c for c in document.claims_of("target") if c.bases == claim.bases and c.subject != claim.subject]
    return any(_is_target(c, targets) for c in others)


def judge_environment(claim: Claim, document: Document) -> Verdict:
    """An environment variable that the text sets: does the project read it?"""
    index, name = document.index, claim.subject
    if claim.role is not Role.CURRENT or _UNSURE.intersection(claim.hints):
        return unknown("the text does not speak of now")
    if index.declared("environment", name):
        return holds()
    if not index.scan_done():
        return unknown("the first scan is running")
    if index.has_word(name) or index.stands_elsewhere(name):
        return unknown("the word stands in the code")
    rows = {one.name: (path, one) for path, one in index.all_declared("environment")}
    prefix = name.partition("_")[0] + "_"
    kin = [other for other in rows if other.startswith(prefix) and other != prefix]
    if len(kin) < _COMMON or not _is_prefix_ours(index, prefix):
        return unknown("another program's variable may be meant")
    if any(index.has_word(part) for part in _made_of(name)):
        return unknown("its name may be put together")
    near = [n.upper() for n in alike(name.lower(), [other.lower() for other in kin])]
    return broken(
        claim, document, DriftType.ENVIRONMENT_VARIABLE, f"nothing reads the environment variable `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=Found(rows[near[0]][0], None) if near else None, replacements=near[:1], confidence=0.92,
    )  # fmt: skip


def _is_prefix_ours(index: Index, prefix: str) -> bool:
    """The prefix is the name of the project's package or command, as is the habit."""
    plain = prefix.strip("_").lower()
    return any(top.replace("_", "").startswith(plain) for top in index.layout.tops) or bool(index.script(plain))


def _made_of(name: str) -> list[str]:
    """Words of which code could make the name: ``f"{PREFIX}_{field.upper()}"``."""
    parts = name.split("_")
    rests = ["_".join(parts[i:]) for i in range(1, len(parts))]
    heads = ["_".join(parts[:i]) + "_" for i in range(1, len(parts))]
    return [*(rest.lower() for rest in rests), *rests, *heads]
