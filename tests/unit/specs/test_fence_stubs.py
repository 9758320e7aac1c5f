"""Stubs in Python fences: what the code should have, told from example code; and broken fences."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.specs.python_fence import MAX_BYTES, read_fence
from vt_lsp.specs.scope import FenceFacts, FenceScope

if TYPE_CHECKING:
    from vt_lsp.models import Claim

STUBS = ("class", "field", "function", "enum-member", "constant")


def read(text: str, imports: dict[str, str] | None = None) -> tuple[bytes, FenceFacts]:
    text = dedent(text).lstrip("\n")
    return text.encode(), read_fence(text, FenceScope(imports=imports or {}), lambda offset: offset)


def stubs(text: str) -> list[Claim]:
    return [claim for claim in read(text)[1].claims if claim.kind in STUBS]


def hints(text: str) -> dict[str, tuple[str, ...]]:
    return {claim.subject: claim.hints for claim in stubs(text)}


def test_a_dataclass() -> None:
    text = """
        @dataclass
        class DriftReport(Base, m.Other):
            file_path: Path
            tags: list[str] = field(default_factory=list)
            LIMIT = 3
            @property
            def size(self) -> int: ...
            async def load(self, force: bool = False) -> "DriftReport": ...
    """
    data, facts = read(text)
    found = [
        (c.kind, c.owner, c.subject, c.signature, c.annotation, c.expected, c.bases, c.hints) for c in facts.claims
    ]
    stub = ("stub",)
    assert found == [
        ("class", "", "DriftReport", "", "", "", ("Base", "m.Other"), stub),
        ("field", "DriftReport", "file_path", "", "Path", "", (), stub),
        ("field", "DriftReport", "tags", "", "list[str]", "field(default_factory=list)", (), stub),
        ("constant", "DriftReport", "LIMIT", "", "", "3", (), stub),
        ("field", "DriftReport", "size", "", "int", "", (), ("stub", "property")),
        ("function", "", "DriftReport.load", "(self, force: bool = False)", '"DriftReport"', "", (), ("stub", "async")),
    ]
    assert [data[c.start : c.end].decode() for c in facts.claims] == [
        "DriftReport", "file_path", "tags", "LIMIT", "size", "load",
    ]  # fmt: skip


def test_an_enum_and_constants() -> None:
    text = """
        class Color(Enum):
            RED = "red"
            BLUE = auto()
        MAX_SIZE: Final = 10
        lower = 3
    """
    found = [(c.kind, c.owner, c.subject, c.annotation, c.expected) for c in stubs(text)]
    assert found == [
        ("class", "", "Color", "", ""),
        ("enum-member", "Color", "RED", "", '"red"'),
        ("enum-member", "Color", "BLUE", "", "auto()"),
        ("constant", "", "MAX_SIZE", "Final", "10"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "...",
        "pass",
        '"""Say."""',
        "raise NotImplementedError",
        "return None",
        '"""Say."""\n    ...',
        "# later\n    pass",
    ],
)
def test_empty_bodies_are_stubs(body: str) -> None:
    assert hints(f"def place(order: Order) -> None:\n    {body}\n") == {"place": ("stub",)}


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("class MyModel: ...", "MyModel", "placeholder"),
        ("class YourApp: ...", "YourApp", "placeholder"),
        ("def test_it(): ...", "test_it", "placeholder"),
        ("def foo(): ...", "foo", "placeholder"),
        ("from textual.app import App\nclass Clock(App): ...", "Clock", "imported"),
        ("import textual.app as t\nclass Clock(t.App): ...", "Clock", "imported"),
        ("@app.get('/')\ndef index(): ...", "index", "imported"),
        ("from pytest import fixture\n@fixture\ndef server(): ...", "server", "imported"),
        ("class Order: ...\nORDER = Order()", "Order", "called"),
        ("import m\ndef handler(request): ...\nclient = m.Client(handler)", "handler", "called"),
        ("class Sub1: ...", "Sub1", "placeholder"),
        ("class Order: ...\nwith open(): pass", "Order", "script"),
        ("def place(a):\n    b = a + 1\n    return b", "place", "body"),
        (
            "class Shop:\n    def sell(self):\n        self.x()\n    def buy(self): ...\n    def c(self): x = 1",
            "Shop",
            "body",
        ),
    ],
)
def test_example_code(text: str, name: str, reason: str) -> None:
    found = hints(text)[name]
    assert found[0] == "example"
    assert reason in found


@pytest.mark.parametrize(
    "text",
    [
        "from dataclasses import dataclass\n@dataclass\nclass Order: ...",
        "from pydantic import BaseModel\nclass Order(BaseModel):\n    id: int",
        "from shop.models import Item\nclass Order:\n    item: Item",
        "class Order:\n    @classmethod\n    def make(cls): ...\n    @x.setter\n    def y(self, z): ...",
        "class Order:\n    def a(self): ...\n    def b(self): x = 1",
        "class Order: ...\nORDERS: list[Order] = []",
        "class Order: ...\nclass Book:\n    orders: list[Order] = field(default_factory=Order)",
        "class Mypy: ...\nclass Order: ...",
        "if TYPE_CHECKING:\n    from x import y\nclass Order: ...",
    ],
)
def test_near_misses_stay_stubs(text: str) -> None:
    assert all(found[0] == "stub" for found in hints(text).values())
    assert hints(text)


def test_where_bases_come_from() -> None:
    text = (
        "from pydantic import BaseModel\nfrom enum import Enum\nclass Order(BaseModel): ...\nclass Color(Enum): ...\n"
    )
    assert hints(text) == {"Order": ("stub", "from:pydantic"), "Color": ("stub",)}


class TestSignaturesAlone:
    @pytest.mark.parametrize(
        ("text", "subject", "signature", "returns"),
        [
            ("def place(a, b=1) -> int", "place", "(a, b=1)", "int"),
            ("def place(a, b=1)", "place", "(a, b=1)", ""),
            ("async def place(\n  a,\n  b={'(': 1},\n) -> set[int]", "place", "(\n  a,\n  b={'(': 1},\n)", "set[int]"),
            ("place(a, *, b=None)", "place", "(a, *, b=None)", ""),
            ("place(a, /)", "place", "(a, /)", ""),
            ("Book.place(a: int) -> Order", "Book.place", "(a: int)", "Order"),
            ("def Book.place(self, a)", "Book.place", "(self, a)", ""),
            ("def Book.place(self, a):\n    ...", "Book.place", "(self, a)", ""),
            (".place(a, *, b)", "place", "(a, *, b)", ""),
        ],
    )  # fmt: skip
    def test_functions(self, text: str, subject: str, signature: str, returns: str) -> None:
        data, facts = read(text)
        [claim] = facts.claims
        assert (claim.kind, claim.subject, claim.signature, claim.annotation) == (
            "function",
            subject,
            signature,
            returns,
        )
        assert "signature-only" in claim.hints
        assert data[claim.start : claim.end] == b"place"

    def test_a_method_outside_its_class(self) -> None:
        assert hints("async def .close(self, force)") == {"close": ("stub", "signature-only", "async", "method")}
        assert hints("def close(self): ...") == {"close": ("stub", "method")}

    def test_classes(self) -> None:
        data, facts = read("class Book(Base)\nclass Shelf\n")
        assert [(c.subject, c.bases, data[c.start : c.end]) for c in facts.claims] == [
            ("Book", ("Base",), b"Book"),
            ("Shelf", (), b"Shelf"),
        ]

    @pytest.mark.parametrize(
        "text", ["place(a, b=None)", "place(a)", "place", "x = place(a, *, b)", "place(a: b", "if (a, *, b)"]
    )
    def test_calls_are_no_signatures(self, text: str) -> None:
        assert stubs(text) == []

    def test_several_with_offsets_after_what_was_put_in(self) -> None:
        data, facts = read("def one(a) -> int\n\ndef two(b)\n\nthree(c, *, d)\n\ndef four(e): ...\n")
        assert [data[c.start : c.end] for c in facts.claims] == [b"one", b"two", b"three", b"four"]

    def test_an_imported_name_is_called(self) -> None:
        assert read("place(a, *, b)", {"place": "shop.place"})[1].claims == ()


class TestBrokenFences:
    def test_a_broken_statement_hides_no_other(self) -> None:
        text = """
            x = m.f(...
            import httpx
            class Book:
                a: int
                def broken(self, a:
                b: str
            httpx.get(1)
            Book(]
        """
        found = [(c.kind, c.owner, c.subject) for c in read(text)[1].claims]
        assert found == [
            ("import", "", "httpx"),
            ("class", "", "Book"),
            ("field", "Book", "a"),
            ("field", "Book", "b"),
            ("call", "", "httpx.get"),
        ]

    def test_other_languages_say_nothing(self) -> None:
        assert read("SELECT a.b FROM c WHERE d = 1;\nif x { y(); }\n└── src/\n")[1].claims == ()

    @pytest.mark.parametrize("text", ["", "\n", "\0", "\ud800", "x" * (MAX_BYTES + 1), "\udcff = m.\udcfe("])
    def test_odd_input(self, text: str) -> None:
        assert read_fence(text, FenceScope(), lambda offset: offset).claims == ()

    @pytest.mark.parametrize(
        "text",
        [
            "(" * 20_000,
            "a." * 20_000,
            "a(\n" * 15_000,
            "# bad\n" * 9_000,
            "x:" * 30_000,
            "if x:\n " * 9_000,
            "a = " * 9_000,
        ],
    )
    def test_no_depth_and_no_length_hurts(self, text: str) -> None:
        assert isinstance(read_fence(text, FenceScope(), lambda offset: offset), FenceFacts)


FRAGMENTS = [
    ">>> ", "... ", "def ", "class ", "async ", "with ", "as ", "x", "y.z", "(", ")", "[", "]", ":", "\n", "    ",
    "=", "import ", "from ", ".", "*", ",", '"', "'", "#", "# wrong", "é", "->", "@", "lambda ", "for ", "in ", "if ",
    "else:", "try:", "except ", "match ", "case ", "super()", "self", "Foo", "\r\n", "\t", "{", "}", 'f"{', "\x0c",
    "�", "await ", "global ", "...",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join) | st.text())
def test_spans_stay_inside_whatever_comes(text: str) -> None:
    length = len(text.encode("utf-8", "surrogateescape"))
    facts = read_fence(text, FenceScope(), lambda offset: offset)
    assert all(0 <= claim.start < claim.end <= length for claim in facts.claims)
    starts = [claim.start for claim in facts.claims]
    assert starts == sorted(starts)
