"""The requests behind the trees of the editors: which specs there are, what they claim, and all drifts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json, RpcError, line_position

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample.make(tmp_path / "shop #1")


def covered(text: str, where: Json, encoding: str = "utf-16") -> str:
    """The words of a range that lies in one line."""
    line: str = text.split("\n")[where["start"]["line"]]
    assert where["end"]["line"] == where["start"]["line"]
    if encoding == "utf-32":
        return line[where["start"]["character"] : where["end"]["character"]]
    width = {"utf-8": 1, "utf-16": 2}[encoding]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le"}[encoding]
    return line.encode(codec)[width * where["start"]["character"] : width * where["end"]["character"]].decode(codec)


def everywhere(tree: Json) -> list[Json]:
    """All claims of a tree of sections."""
    return [*tree["claims"], *(claim for section in tree["sections"] for claim in everywhere(section))]


def test_the_specs_of_a_folder_are_counted(root: Path) -> None:
    (root / "docs/empty.md").write_text("# Nothing\n\nto see here.\n")
    (root / "README.md").write_text("# Shop\n\nSee `src/shop/book.py`.\n")
    with Editor(root) as editor:
        status = editor.settle()
        (folder,) = editor.request("vt-lsp/specs", {})["folders"]
        design = {"holds": 5, "broken": 3, "unknown": 0, "compliance": 0.625}
        assert folder["specs"] == [
            {
                "uri": (root / "README.md").as_uri(),
                "path": "README.md",
                "holds": 1,
                "broken": 0,
                "unknown": 0,
                "compliance": 1.0,
            },
            {"uri": (root / "docs/design.md").as_uri(), "path": "docs/design.md", **design},
        ]
        assert (folder["uri"], folder["name"], folder["state"]) == (root.as_uri(), root.name, "ready")
        assert (folder["holds"], folder["broken"], folder["unknown"]) == (6, 3, 0)
        assert folder["compliance"] == status["compliance"]
        assert editor.request("vt-lsp/specs") == editor.request("vt-lsp/specs", {"later": 1})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_claims_of_a_spec_stand_below_their_headings(root: Path, encoding: str) -> None:
    with Editor(root, encoding=encoding) as editor:
        editor.settle()
        uri = (root / "docs/design.md").as_uri()
        tree = editor.request("vt-lsp/claims", {"uri": uri})
        assert tree["uri"] == uri
        assert tree["claims"] == []
        (design,) = tree["sections"]
        assert (design["title"], design["level"]) == ("Design", 1)
        assert (design["holds"], design["broken"], design["unknown"]) == (5, 3, 0)
        assert [claim["text"] for claim in design["claims"]] == ["src/shop/book.py"]
        book, helpers = design["sections"]
        assert covered(sample.SPEC, book["range"], encoding) == "## The book"
        assert (helpers["title"], helpers["holds"], helpers["broken"]) == ("Helpers", 1, 1)
        broken = {claim["type"]: claim for claim in everywhere(tree) if claim["state"] == "broken"}
        assert sorted((c["range"]["start"]["line"] + 1, kind) for kind, c in broken.items()) == sample.DRIFT
        reopen = broken["missing-member"]
        assert reopen["range"]["start"] == line_position(sample.SPEC, "OrderBook.reopen", encoding)
        assert covered(sample.SPEC, reopen["range"], encoding) == "OrderBook.reopen"
        assert reopen["message"]
        assert reopen["severity"] == "warning"
        assert reopen["role"] == "current"
        place = broken["signature-mismatch"]
        assert place["text"] == "def place(self, order: str, dry_run: bool = False) -> int: ..."
        assert place["target"]["uri"] == (root / "src/shop/book.py").as_uri()
        assert covered(sample.BOOK, place["target"]["range"], encoding) == "place"
        assert editor.command("showDiff", place["fingerprint"])["fingerprint"] == place["fingerprint"]


def test_claims_before_the_first_heading_and_sections_without_any(root: Path) -> None:
    spec = root / "docs/design.md"
    text = "`OrderBook` first.\n\n## Empty\n\nWords.\n\n### Deep\n\n`helper` here.\n\n# Last\n\nNothing.\n"
    spec.write_text(text)
    with Editor(root) as editor:
        editor.settle()
        tree = editor.request("vt-lsp/claims", {"uri": spec.as_uri()})
        assert [claim["text"] for claim in tree["claims"]] == ["OrderBook"]
        assert [section["title"] for section in tree["sections"]] == ["Empty"]
        assert tree["sections"][0]["claims"] == []
        assert [section["title"] for section in tree["sections"][0]["sections"]] == ["Deep"]


def test_claims_follow_the_text_in_the_editor(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        editor.change(spec, sample.SPEC.replace("OrderBook.reopen", "OrderBook.cancel"))
        tree = editor.request("vt-lsp/claims", {"uri": spec.as_uri()})
        assert [section["broken"] for section in tree["sections"]] == [2]


def test_what_was_suppressed_says_nothing(root: Path) -> None:
    with Editor(root, options={"ignore": ["constant-value"]}) as editor:
        editor.settle()
        (folder,) = editor.request("vt-lsp/specs", {})["folders"]
        assert (folder["holds"], folder["broken"], folder["unknown"]) == (5, 2, 1)
        tree = editor.request("vt-lsp/claims", {"uri": (root / "docs/design.md").as_uri()})
        quiet = next(claim for claim in everywhere(tree) if claim["kind"] == "constant")
        assert (quiet["state"], quiet["type"], quiet["fingerprint"], quiet["message"]) == ("unknown", None, None, "")


def test_equal_drifts_in_a_section_keep_their_own_fingerprints(root: Path) -> None:
    spec = root / "docs/design.md"
    spec.write_text("# Design\n\n`OrderBook.reopen()` first,\n\nthen `OrderBook.reopen()` again.\n")
    with Editor(root) as editor:
        editor.settle()
        drifts = editor.request("vt-lsp/drifts", {})["drifts"]
        tree = editor.request("vt-lsp/claims", {"uri": spec.as_uri()})
        assert len({drift["fingerprint"] for drift in drifts}) == len(drifts) == 2
        assert [(claim["fingerprint"], claim["range"]) for claim in everywhere(tree)] == [
            (drift["fingerprint"], drift["range"]) for drift in drifts
        ]


def test_all_drifts_are_those_that_are_shown(root: Path) -> None:
    (root / "A.md").write_text("# First\n\nCall `OrderBook.vanish()`.\n")
    with Editor(root) as editor:
        editor.settle()
        drifts = editor.request("vt-lsp/drifts", {})["drifts"]
        assert [drift["path"] for drift in drifts] == ["A.md", *["docs/design.md"] * 3]
        shown = [
            (uri, item["range"], item["code"], item["data"])
            for uri, items in editor.diagnostics.items()
            for item in items
            if uri.endswith(".md")
        ]
        assert sorted(shown, key=repr) == sorted(
            ((one["uri"], one["range"], one["type"], one["fingerprint"]) for one in drifts), key=repr
        )
        code = {one["type"]: one["code"] for one in drifts}["signature-mismatch"]
        assert code["path"] == "src/shop/book.py"
        assert covered(sample.BOOK, code["range"]) == "place"


def test_answers_before_and_while_the_folder_is_read(root: Path) -> None:
    with Editor(root) as editor:
        (folder,) = editor.request("vt-lsp/specs", {})["folders"]
        assert folder["state"] in {"starting", "scanning", "ready"}
        assert "drifts" in editor.request("vt-lsp/drifts", {})
        assert "sections" in editor.request("vt-lsp/claims", {"uri": (root / "docs/design.md").as_uri()})


@pytest.mark.parametrize("uri", ["file:///nowhere/x.md", "untitled:Untitled-1", "", "x", "file://%00", "http://[::1"])
def test_a_document_of_which_nothing_is_known_claims_nothing(root: Path, uri: str) -> None:
    with Editor(root) as editor:
        editor.settle()
        assert editor.request("vt-lsp/claims", {"uri": uri}) == {"uri": uri, "claims": [], "sections": []}
        code = (root / "src/shop/book.py").as_uri()
        assert editor.request("vt-lsp/claims", {"uri": code}) == {"uri": code, "claims": [], "sections": []}


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("vt-lsp/claims", None),
        ("vt-lsp/claims", {}),
        ("vt-lsp/claims", {"uri": 3}),
        ("vt-lsp/claims", {"uri": None}),
        ("vt-lsp/claims", {"uri": {"class": 1, "": 2}}),
        ("vt-lsp/claims", ["file:///x"]),
        ("vt-lsp/claims", "file:///x"),
        ("vt-lsp/specs", [1]),
        ("vt-lsp/specs", 7),
        ("vt-lsp/drifts", "all"),
        ("vt-lsp/drifts", True),
    ],
)
def test_malformed_parameters_are_refused(tmp_path: Path, method: str, params: Any) -> None:
    with Editor(tmp_path) as editor:
        with pytest.raises(RpcError) as error:
            editor.request(method, params)
        assert error.value.code == -32602
        assert editor.settle()["health"] == "ok"
        assert editor.notifications("window/showMessage") == []


def test_folders_in_folders_are_not_counted_twice(tmp_path: Path) -> None:
    outer = sample.make(tmp_path / "outer")
    inner = sample.make(outer / "packages/inner")
    with Editor(outer, inner) as editor:
        editor.settle()
        folders = editor.request("vt-lsp/specs", {})["folders"]
        assert [(folder["uri"], [spec["path"] for spec in folder["specs"]]) for folder in folders] == [
            (outer.as_uri(), ["docs/design.md"]),
            (inner.as_uri(), ["docs/design.md"]),
        ]
        drifts = editor.request("vt-lsp/drifts", {})["drifts"]
        assert len({(drift["uri"], drift["fingerprint"]) for drift in drifts}) == len(drifts)
