"""What the editor can ask, end to end through pytest-lsp, with a client like Neovim and one like VS Code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import PATIENCE, line_position, server_command, server_env
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ACCEPT = "Accept: the code is right, because …"
CLIENTS = ["neovim@v0.11.0", "visual_studio_code@v1.65.2", "emacs@v29.1"]


class Project:
    """A client with the sample project open."""

    def __init__(self, client: LanguageClient, root: Path, encoding: object) -> None:
        self.client = client
        self.encoding = str(getattr(encoding, "value", encoding or "utf-16"))
        self.spec = root / "docs/design.md"
        self.code = root / "src/shop/book.py"
        self.root = root

    async def open(self) -> None:
        for path, language in ((self.spec, "markdown"), (self.code, "python")):
            item = lsp.TextDocumentItem(path.as_uri(), language, 1, path.read_text(encoding="utf-8"))
            self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        await self.settle()

    async def settle(self) -> Any:
        async with asyncio.timeout(PATIENCE):
            status = await self.command("vt-lsp.showStatus")
            while not status["quiescent"]:
                status = await self.command("vt-lsp.showStatus")
        return status

    async def command(self, name: str, *arguments: object) -> Any:
        params = lsp.ExecuteCommandParams(name, list(arguments))
        answer: Any = await self.client.workspace_execute_command_async(params)
        return answer._asdict() if hasattr(answer, "_asdict") else answer

    def at(self, path: Path, needle: str) -> lsp.Position:
        place = line_position(path.read_text(encoding="utf-8"), needle, self.encoding)
        return lsp.Position(place["line"], place["character"])

    def place(self, path: Path, needle: str) -> dict[str, Any]:
        return {"text_document": lsp.TextDocumentIdentifier(path.as_uri()), "position": self.at(path, needle)}

    def shown(self, path: Path) -> list[lsp.Diagnostic]:
        return list(self.client.diagnostics.get(path.as_uri(), []))


@pytest.fixture(params=CLIENTS)
async def project(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Project]:
    root = sample.make(tmp_path / "my shop #1")
    config = ClientServerConfig(server_command=server_command(), server_env=server_env(tmp_path / "home"))
    client = await config.start()
    assert isinstance(client, LanguageClient)
    for method in (lsp.CLIENT_REGISTER_CAPABILITY, lsp.WORKSPACE_CODE_LENS_REFRESH):
        client.feature(method)(lambda _params: None)
    folder = lsp.WorkspaceFolder(root.as_uri(), "shop")
    params = lsp.InitializeParams(capabilities=client_capabilities(request.param), workspace_folders=[folder])
    capabilities = (await client.initialize_session(params)).capabilities
    project = Project(client, root, capabilities.position_encoding)
    await project.open()
    yield project
    await client.shutdown_session()


def plain(value: Any) -> Any:
    """pygls' client makes named tuples of objects."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def lines(locations: Any) -> list[tuple[str, int]]:
    return sorted((item.uri.rpartition("/")[2], item.range.start.line + 1) for item in locations)


async def test_drift_is_shown_on_both_sides(project: Project) -> None:
    spec, code = project.shown(project.spec), project.shown(project.code)
    assert sorted((item.range.start.line + 1, item.code) for item in spec) == sample.DRIFT
    assert sorted((item.range.start.line + 1, item.code) for item in code) == [
        (3, "constant-value"),
        (6, "missing-member"),
        (9, "signature-mismatch"),
    ]
    for item in (*spec, *code):
        assert item.source == "vt-lsp"
        assert item.code_description is not None
        assert item.code_description.href.endswith(f"docs/drift/{item.code}.md")
        assert item.data
    assert {item.severity for item in spec} == {lsp.DiagnosticSeverity.Warning}
    assert {item.severity for item in code} == {lsp.DiagnosticSeverity.Information}
    assert all("docs/design.md:" in item.message for item in code)


async def test_each_side_points_to_the_other(project: Project) -> None:
    by_type = {item.code: item for item in project.shown(project.spec)}
    related = by_type["signature-mismatch"].related_information
    assert related is not None
    assert lines([related[0].location]) == [("book.py", 9)]
    back = {item.code: item for item in project.shown(project.code)}["signature-mismatch"].related_information
    assert back is not None
    assert lines([back[0].location]) == [("design.md", 11)]


async def test_columns_count_in_the_clients_units(project: Project) -> None:
    found = next(item for item in project.shown(project.spec) if item.code == "missing-member")
    assert found.range.start == project.at(project.spec, "OrderBook.reopen")


async def test_definition_of_a_claim(project: Project) -> None:
    async def go(needle: str) -> list[tuple[str, int]]:
        params = lsp.DefinitionParams(**project.place(project.spec, needle))
        found: Any = await project.client.text_document_definition_async(params)
        return lines(
            lsp.Location(item.target_uri, item.target_range) if isinstance(item, lsp.LocationLink) else item
            for item in found or []
        )

    assert await go("OrderBook.cancel") == [("book.py", 12)]
    assert await go("src/shop/book.py") == [("book.py", 1)]
    assert await go("MAX_OPEN") == [("book.py", 3)]
    assert await go("dry_run") == [("book.py", 9)], "where the squiggle is"
    assert await go("self, order") == [("book.py", 9)], "anywhere on a line that leads to one place"
    assert await go("Crème") == []


async def test_references_of_a_symbol_are_the_claims_on_it(project: Project) -> None:
    context = lsp.ReferenceContext(include_declaration=False)
    found = await project.client.text_document_references_async(
        lsp.ReferenceParams(**project.place(project.code, "def cancel"), context=context)
    )
    assert lines(found or []) == [("design.md", 7)]
    found = await project.client.text_document_references_async(
        lsp.ReferenceParams(**project.place(project.spec, "MAX_OPEN"), context=lsp.ReferenceContext(True))
    )
    assert lines(found or []) == [("book.py", 3), ("design.md", 7)]


async def hover(project: Project, path: Path, needle: str) -> str:
    answer = await project.client.text_document_hover_async(lsp.HoverParams(**project.place(path, needle)))
    assert answer is None or isinstance(answer.contents, lsp.MarkupContent)
    return answer.contents.value if answer is not None else ""  # type: ignore[union-attr]


async def test_hover_on_a_claim_shows_the_difference(project: Project) -> None:
    broken = await hover(project, project.spec, "MAX_OPEN")
    assert "constant-value" in broken
    assert "```diff\n- MAX_OPEN = 100\n+ MAX_OPEN = 250\n```" in broken
    assert "book.py:3" in broken
    assert (await hover(project, project.spec, "OrderBook.cancel")).startswith("✓ Holds.")
    assert await hover(project, project.spec, "Crème") == ""


async def test_hover_on_a_symbol_shows_who_governs_it(project: Project) -> None:
    text = await hover(project, project.code, "place(self")
    assert "docs/design.md:11" in text
    assert "✗" in text
    assert await hover(project, project.code, '"""The order book') == ""


async def test_symbols_are_the_headings(project: Project) -> None:
    identifier = lsp.TextDocumentIdentifier(project.spec.as_uri())
    found: Any = await project.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(identifier))
    assert [item.name for item in found] == ["Design"]
    assert [item.name for item in found[0].children] == ["The book", "Helpers"]
    assert all("hold" in item.detail for item in (found[0], *found[0].children))
    code = lsp.TextDocumentIdentifier(project.code.as_uri())
    assert await project.client.text_document_document_symbol_async(lsp.DocumentSymbolParams(code)) is None


async def test_links_open_what_is_there(project: Project) -> None:
    identifier = lsp.TextDocumentIdentifier(project.spec.as_uri())
    found = await project.client.text_document_document_link_async(lsp.DocumentLinkParams(identifier))
    assert [item.target for item in found or []] == [project.code.as_uri()]


async def test_lenses_count_claims(project: Project) -> None:
    async def lenses(path: Path) -> list[tuple[int, str]]:
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        found = await project.client.text_document_code_lens_async(lsp.CodeLensParams(identifier))
        return [(item.range.start.line + 1, item.command.title) for item in found or [] if item.command]

    spec = dict(await lenses(project.spec))
    status = await project.settle()
    folder = status["folders"][0]
    folder = folder._asdict() if hasattr(folder, "_asdict") else folder
    assert spec[1] == f"{folder['holds']}/{folder['holds'] + folder['broken']} claims hold in this document"
    assert set(spec) == {1, 5, 14}
    code = dict(await lenses(project.code))
    assert code[9] == "1 claim in 1 spec, 1 broken"
    assert code[12] == "1 claim in 1 spec"


async def test_lenses_carry_what_they_counted(project: Project) -> None:
    """A click gives the numbers of the lens, whether it stands on the document, a heading or a symbol."""
    for path in (project.spec, project.code):
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        found = await project.client.text_document_code_lens_async(lsp.CodeLensParams(identifier))
        for lens in found or []:
            assert lens.command is not None
            arguments = [plain(argument) for argument in lens.command.arguments or ()]
            answer = plain(await project.command(lens.command.command, *arguments))
            assert arguments[0] == path.as_uri()
            if path == project.code:
                assert arguments[1]["line"] == lens.range.start.line
                said = lens.command.title.split()
                assert int(said[0]) == len(answer["claims"])
                assert int(said[3]) == len({claim["uri"] for claim in answer["claims"]})
                assert ("broken" in said) == bool(answer["broken"])
            else:
                assert [one["line"] for one in arguments[1:]] == [lens.range.start.line][: len(arguments) - 1]
                decided = answer["holds"] + answer["broken"]
                assert lens.command.title.startswith(f"{answer['holds']}/{decided} claims hold")
            states = [claim["state"] for claim in answer["claims"]]
            assert states == sorted(states, key=["broken", "holds", "unknown"].index)
            assert states.count("broken") == answer["broken"]
            assert answer["title"]
            assert answer["markdown"].startswith("# ")


async def actions(project: Project, path: Path, kind: str) -> dict[str, lsp.CodeAction]:
    shown = next(item for item in project.shown(path) if item.code == kind)
    params = lsp.CodeActionParams(
        lsp.TextDocumentIdentifier(path.as_uri()), shown.range, lsp.CodeActionContext([shown])
    )
    found = await project.client.text_document_code_action_async(params)
    return {item.title: await whole(project, item) for item in found or [] if isinstance(item, lsp.CodeAction)}


async def whole(project: Project, action: lsp.CodeAction) -> lsp.CodeAction:
    """The action as it is when it is chosen: with its edit, for which it is asked now if it has none."""
    if action.edit is not None or action.command is not None:
        return action
    return await project.client.code_action_resolve_async(action)


async def test_quick_fixes_for_clients_that_send_less(project: Project) -> None:
    """Only the range, or diagnostics without their source and data: as Vim with ALE, and as a caret on the line."""
    shown = next(item for item in project.shown(project.spec) if item.code == "constant-value")
    poor = lsp.Diagnostic(shown.range, shown.message, code=shown.code)
    for context in ([], [poor]):
        params = lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(project.spec.as_uri()), shown.range, lsp.CodeActionContext(context)
        )
        found = await project.client.text_document_code_action_async(params)
        titles = [item.title for item in found or []]
        rest = [title for title in titles if not title.startswith("Ask Claude: ")]
        assert (rest[0], *rest[-2:]) == ("Change the spec to `250`", ACCEPT, "Ignore this drift here")
        assert titles[: len(rest)] == rest  # what a model would say comes last
    foreign = lsp.Diagnostic(shown.range, "unused import", source="other", code="constant-value")
    params = lsp.CodeActionParams(
        lsp.TextDocumentIdentifier(project.spec.as_uri()), shown.range, lsp.CodeActionContext([foreign])
    )
    assert not await project.client.text_document_code_action_async(params)


def changed(edit: lsp.WorkspaceEdit) -> list[lsp.TextDocumentEdit]:
    return [item for item in edit.document_changes or [] if isinstance(item, lsp.TextDocumentEdit)]


def edits(action: lsp.CodeAction) -> list[lsp.TextEdit]:
    assert action.edit is not None
    if action.edit.changes is not None:
        return [edit for group in action.edit.changes.values() for edit in group]
    documents: Any = action.edit.document_changes
    assert all(document.text_document.version is not None for document in documents)
    return [edit for document in documents for edit in document.edits]


def apply(text: str, edit: lsp.TextEdit) -> str:
    """For edits on lines of plain ASCII, where all units agree."""
    rows = text.split("\n")
    before = rows[: edit.range.start.line]
    after = rows[edit.range.end.line + 1 :]
    row = rows[edit.range.start.line][: edit.range.start.character]
    row += edit.new_text + rows[edit.range.end.line][edit.range.end.character :]
    return "\n".join([*before, row, *after])


async def change(project: Project, path: Path, text: str, version: int) -> None:
    identifier = lsp.VersionedTextDocumentIdentifier(uri=path.as_uri(), version=version)
    whole = lsp.TextDocumentContentChangeWholeDocument(text=text)
    project.client.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [whole]))
    await project.settle()


@pytest.mark.parametrize(
    ("kind", "title"),
    [("signature-mismatch", "Change the spec to `validate_only`"), ("constant-value", "Change the spec to `250`")],
)
async def test_the_spec_is_changed_by_a_quick_fix(project: Project, kind: str, title: str) -> None:
    found = (await actions(project, project.spec, kind))[title]
    text = apply(project.spec.read_text(encoding="utf-8"), edits(found)[0])
    await change(project, project.spec, text, 2)
    assert kind not in {item.code for item in project.shown(project.spec)}
    assert kind not in {item.code for item in project.shown(project.code)}
    assert len(project.shown(project.spec)) == 2


async def test_the_spec_is_changed_from_the_code_too(project: Project) -> None:
    from_spec = (await actions(project, project.spec, "constant-value"))["Change the spec to `250`"]
    from_code = (await actions(project, project.code, "constant-value"))["Change the spec to `250`"]
    assert from_code.edit == from_spec.edit
    assert project.spec.as_uri() in str(from_code.edit)
    project.client.text_document_did_close(
        lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(project.spec.as_uri()))
    )
    await project.settle()
    closed = (await actions(project, project.code, "constant-value"))["Change the spec to `250`"].edit
    assert closed is not None
    assert closed.changes or [item.text_document.version for item in changed(closed)] == [None]


async def test_a_docstring_is_shown_once_and_changed_by_a_quick_fix(project: Project) -> None:
    docstring = '    """Help.\n\n    Args:\n        valeu: what. Defaults to 4.\n    """\n    return value'
    code = sample.BOOK.replace("    return value", docstring)
    await change(project, project.code, code, 2)
    (shown,) = [item for item in project.shown(project.code) if item.code == "docstring-parameter"]
    assert shown.range.start == lsp.Position(18, 8)
    fix = (await actions(project, project.code, "docstring-parameter"))["Change the spec to `value`"]
    code = apply(code, edits(fix)[0])
    await change(project, project.code, code, 3)
    assert "docstring-parameter" not in {item.code for item in project.shown(project.code)}
    ignore = (await actions(project, project.code, "parameter-default"))["Ignore this drift here"]
    text = apply(code, edits(ignore)[0])
    assert "def helper(value: int = 3) -> int:  # vt-lsp: ignore[parameter-default]" in text


async def test_more_than_a_word_is_changed_by_a_quick_fix(project: Project) -> None:
    code = sample.BOOK.replace("value: int = 3", "value: str | None = None")
    await change(project, project.code, code, 2)
    spec = "# Design\n\nSee `src/shop/book.py`.\n\n```python\ndef helper(value: bytes = None) -> int: ...\n```\n"
    await change(project, project.spec, spec, 2)
    found = (await actions(project, project.spec, "type-mismatch"))["Change the spec to `str | None`"]
    assert apply(spec, edits(found)[0]) == spec.replace("bytes", "str | None")


async def test_only_a_sure_and_single_way_out_is_preferred(project: Project) -> None:
    await change(project, project.code, sample.BOOK.replace("def place", "def cancels"), 2)
    spec = "# Design\n\n`OrderBook.cancelz()` in `src/shop/book.py`; at most `MAX_OPEN = 100` are open.\n"
    await change(project, project.spec, spec, 2)
    sure = await actions(project, project.spec, "constant-value")
    assert [item.title for item in sure.values() if item.is_preferred] == ["Change the spec to `250`"]
    assert next(iter(sure)) == "Change the spec to `250`"
    guess = await actions(project, project.spec, "missing-member")
    assert {f"Change the spec to `OrderBook.{name}`" for name in ("cancel", "cancels")} <= guess.keys()
    assert not any(item.is_preferred for item in guess.values())


@pytest.mark.parametrize("kind", ["signature-mismatch", "constant-value"])
@pytest.mark.parametrize("side", ["spec", "code"])
async def test_a_drift_is_ignored_by_a_quick_fix_on_either_side(project: Project, kind: str, side: str) -> None:
    path = project.spec if side == "spec" else project.code
    found = (await actions(project, path, kind))["Ignore this drift here"]
    await change(project, path, apply(path.read_text(encoding="utf-8"), edits(found)[0]), 2)
    for shown in (project.shown(project.spec), project.shown(project.code)):
        assert kind not in {item.code for item in shown}
    assert len(project.shown(project.spec)) == 2


RST = """\
API
===

See :meth:`shop.book.OrderBook.reopen`.

.. note::

   Also ``shop.book.OrderBook.reopens()``.

.. code-block:: python

   from shop.book import Nothing
"""


@pytest.mark.parametrize("needle", ["reopen`", "reopens", "Nothing"])
async def test_a_drift_of_restructured_text_is_ignored_by_a_comment(project: Project, needle: str) -> None:
    path = project.root / "docs/api.rst"
    item = lsp.TextDocumentItem(path.as_uri(), "restructuredtext", 1, RST)
    project.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    await project.settle()
    line = next(number for number, text in enumerate(RST.splitlines()) if needle in text)
    (shown,) = [one for one in project.shown(path) if one.range.start.line == line]
    asked = lsp.CodeActionParams(lsp.TextDocumentIdentifier(path.as_uri()), shown.range, lsp.CodeActionContext([shown]))
    found = await project.client.text_document_code_action_async(asked)
    (ignore,) = [one for one in found or [] if one.title == "Ignore this drift here"]
    assert isinstance(ignore, lsp.CodeAction)
    await change(project, path, apply(RST, edits(ignore)[0]), 2)
    assert len(project.shown(path)) == 2
    assert needle.rstrip("`") not in {one.message.split("`")[3] for one in project.shown(path)}


async def test_commands(project: Project) -> None:
    compliance = await project.command("vt-lsp.showCompliance", project.spec.as_uri())
    assert compliance["broken"] == 3
    assert 0 < compliance["compliance"] < 1
    fingerprint = project.shown(project.spec)[0].data
    shown = await project.command("vt-lsp.showDiff", fingerprint)
    assert shown["written"]
    assert shown["markdown"].startswith("✗ **")
    assert (await project.command("vt-lsp.checkWorkspace"))["drifts"] == 3
    for name in ("checkWorkspace", "showStatus", "showCompliance"):
        page = await project.command(f"vt-lsp.{name}")
        assert "\n" not in page["title"]
        assert page["markdown"].startswith("# ")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("showCompliance", [3]),
        ("showCompliance", ["file:///x.md", 3]),
        ("showCompliance", ["file:///x.md", {"line": -1, "character": 0}]),
        ("showCompliance", ["file:///x.md", {"line": 1}]),
        ("showCompliance", ["file:///x.md", [1, 2]]),
        ("showDiff", []),
        ("showDiff", [{"fingerprint": "x"}]),
        ("showDiff", ["0" * 16]),
    ],
)
async def test_malformed_arguments_are_refused(project: Project, name: str, arguments: list[object]) -> None:
    with pytest.raises(JsonRpcException) as error:
        await project.command(f"vt-lsp.{name}", *arguments)
    assert error.value.code == -32602


async def test_positions_beyond_the_text_are_clamped(project: Project) -> None:
    far = {"line": 1 << 40, "character": 1 << 40}
    answer = await project.command("vt-lsp.showCompliance", project.spec.as_uri(), far)
    assert plain(answer)["title"].startswith("docs/design.md")
