"""The open documents: text kept in step with the editor.

pygls cuts lines at form feed, NEL and U+2028 too, which LSP does not, so that one form feed corrupts the text from the
first edit on; and it cuts the whole text again for each edit. Here a document is a list of lines of UTF-8 bytes, and an
edit touches the lines of its range only.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as lsp
from pygls.workspace import TextDocument, Workspace

from vt_lsp.server.uris import uri_key

if TYPE_CHECKING:
    from vt_lsp.text import Units

log = logging.getLogger(__name__)


def to_bytes(text: str) -> bytes:
    """UTF-8; a lone surrogate, which JSON can carry, becomes a question mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def split_lines(data: bytes) -> list[bytes]:
    """Lines with their ends; the last one has no end and may be empty, so there is at least one."""
    lines = data.splitlines(keepends=True)  # of bytes, unlike str, only at the three line ends
    if not lines or lines[-1].endswith((b"\n", b"\r")):
        lines.append(b"")
    return lines


def byte_column(line: bytes, column: int, units: Units) -> int:
    """The byte at a column of a line (with its end), clamped to the line's text."""
    text = line.rstrip(b"\r\n")
    if units == "utf-8" or text.isascii():
        return min(column, len(text))
    seen = size = 0
    for char in text.decode(errors="replace"):
        if seen >= column:
            break
        seen += 2 if units == "utf-16" and ord(char) > 0xFFFF else 1
        size += len(char.encode())
    return min(size, len(text))


def splice(lines: list[bytes], span: lsp.Range, new: bytes, units: Units) -> None:
    """Replace a range of ``lines`` in place; positions outside the text are clamped into it."""
    last = len(lines) - 1
    first_line, first = _clamp(lines, span.start, units)
    end_line, end = max(_clamp(lines, span.end, units), (first_line, first))
    fragment = lines[first_line][:first] + new + lines[end_line][end:]
    if first_line and lines[first_line - 1].endswith(b"\r"):  # a line feed right after it makes one line end of two
        first_line -= 1
        fragment = lines[first_line] + fragment
    fresh = split_lines(fragment)
    if end_line < last and fresh[-1] == b"":  # the fragment ends with a line end; the next line goes on
        fresh.pop()
    lines[first_line : end_line + 1] = fresh


def _clamp(lines: list[bytes], position: lsp.Position, units: Units) -> tuple[int, int]:
    line = position.line
    if line >= len(lines):
        return len(lines) - 1, len(lines[-1])
    return line, byte_column(lines[line], position.character, units)


class LspDocument(TextDocument):
    """One open document, from ``didOpen`` to ``didClose``.

    ``awaits_diagnostics`` until the client was sent a list since the opening: many clients forget what they showed of
    a document that they close, so what was sent before says nothing.
    """

    def __init__(self, uri: str, text: str, version: int | None, language_id: str | None, units: Units) -> None:
        super().__init__(uri, source="", version=version, language_id=language_id)
        self.awaits_diagnostics = True
        self._units = units
        self._bytes_lines = split_lines(to_bytes(text))

    @property
    def data(self) -> bytes:
        """The whole text as UTF-8."""
        return b"".join(self._bytes_lines)

    @property
    def source(self) -> str:
        """The whole text."""
        return self.data.decode(errors="replace")

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines with their ends, as LSP cuts them; the empty last line is left out, as in pygls."""
        return tuple(line.decode(errors="replace") for line in self._bytes_lines if line)

    def apply_change(self, change: lsp.TextDocumentContentChangeEvent) -> None:
        """Apply one edit of the editor."""
        if isinstance(change, lsp.TextDocumentContentChangePartial):
            splice(self._bytes_lines, change.range, to_bytes(change.text), self._units)
        else:
            self._bytes_lines = split_lines(to_bytes(change.text))


class LspWorkspace(Workspace):
    """The open documents of a session, found by any spelling of their URI."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> LspDocument:
        units = cast("Units", str(getattr(self.position_encoding, "value", self.position_encoding)))
        return LspDocument(doc_uri, source or "", version, language_id, units)

    def put_text_document(self, text_document: lsp.TextDocumentItem, notebook_uri: str | None = None) -> None:
        """Open a document."""
        del notebook_uri
        self._text_documents[uri_key(text_document.uri)] = self._create_text_document(
            text_document.uri, text_document.text, text_document.version, str(text_document.language_id)
        )

    def document(self, uri: str) -> LspDocument | None:
        """The open document, or None."""
        return cast("LspDocument | None", self._text_documents.get(uri_key(uri)))

    def get_text_document(self, doc_uri: str) -> TextDocument:
        """The open document, or an empty one: closed files are read by the engine, as bytes."""
        return self.document(doc_uri) or self._create_text_document(doc_uri)

    def remove_text_document(self, doc_uri: str) -> None:
        """Close a document."""
        self._text_documents.pop(uri_key(doc_uri), None)

    def update_text_document(self, text_doc: lsp.VersionedTextDocumentIdentifier, change: Any) -> None:  # noqa: ANN401
        """Apply one edit; an edit of a document that is not open is left aside."""
        document = self.document(text_doc.uri)
        if document is None:
            log.warning("an edit of a document that is not open: %s", text_doc.uri)
            return
        document.apply_change(change)
        document.version = text_doc.version
