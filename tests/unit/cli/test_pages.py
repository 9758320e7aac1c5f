"""The example on each page of ``docs/drift`` is a project, in the form of tests/scenarios: page and tool agree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scenarios.test_scenarios import lay_out, parse
from vt_lsp.cli.formats.text import header
from vt_lsp.cli.result import CheckResult, Texts
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

PAGES = sorted((Path(__file__).resolve().parents[3] / "docs/drift").glob("*.md"))
_SAID = re.compile(r"^````text said\n(.*?)^````$", re.MULTILINE | re.DOTALL)


def said(root: Path, cache: Path) -> list[str]:
    engine = Engine(root, Settings(), cache)
    try:
        engine.scan()
        drifts = tuple(engine.drifts())
        result = CheckResult(root, None, 0, engine.summary(), drifts, Texts(engine.text))
        return [header(drift, result).plain for drift in drifts]
    finally:
        engine.dispose()


def example_of(page: Path, tmp_path: Path) -> tuple[str, Path]:
    """The text of a page, and its example laid out as a project."""
    text, root = page.read_text("utf-8"), tmp_path / "project"
    root.mkdir()
    lay_out(parse(text), root)
    return text, root


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_example_of_a_page_gives_what_the_page_says(page: Path, tmp_path: Path) -> None:
    text, root = example_of(page, tmp_path)
    (expected,) = _SAID.findall(text)
    assert said(root, tmp_path / "cache") == expected.splitlines()
    assert f"[{page.stem}] " in expected


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_suppression_of_a_page_silences_its_example(page: Path, tmp_path: Path) -> None:
    text, root = example_of(page, tmp_path)
    if page.stem == "docstring-parameter":
        (comment,) = re.findall(r"^# vt-lsp: ignore\[[\w-]+\] why .*$", text, re.MULTILINE)
        code = root / "src/ordersvc/book.py"
        code.write_text(f"{code.read_text('utf-8').rstrip()}  {comment}\n", "utf-8")
        assert said(root, tmp_path / "cache") == []
        return
    if page.stem == "openapi-operation":
        (comment,) = re.findall(r"# vt-lsp: ignore\[[\w-]+\] why .*$", text, re.MULTILINE)
        contract = root / "contracts/openapi.yaml"
        lines = contract.read_text("utf-8").splitlines()
        lines[5] += f"  {comment}"
        contract.write_text("\n".join(lines), "utf-8")
        assert said(root, tmp_path / "cache") == []
        return
    (comment,) = re.findall(r"^<!-- vt-lsp: ignore\[[\w-]+\] why .*-->$", text, re.MULTILINE)
    (expected,) = _SAID.findall(text)
    place = re.search(r"\] (\S+?):\d+:", expected)
    assert place is not None
    document = root / place[1]
    lead, gap, last = document.read_text("utf-8").rpartition("\n\n|")  # a table below its lead-in, or all there is
    document.write_text(f"{lead}{gap[:2]}{comment}\n\n{gap[2:]}{last}", "utf-8")
    assert said(root, tmp_path / "cache") == []
