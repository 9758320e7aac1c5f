"""What a change of a definition touches: the sure ones, and those that are only called the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.workspace.impact import Impact, as_words, impact
from vt_lsp.workspace.index import Index
from vt_lsp.workspace.reading import facts_of

if TYPE_CHECKING:
    from vt_lsp.models import Place

FILES = {
    "shop/__init__.py": "from .book import Book, helper\n\n__all__ = ['Book', 'helper']\n",
    "shop/book.py": '''\
__all__ = ["Book", "helper"]


def helper(value=3):
    """helper() in words."""
    return value  # helper


class Base:
    def cancel(self, number): ...


class Book(Base):
    def place(self, order):
        return self.place(order) or helper()

    def cancel(self, number):
        super().cancel(number)


class Special(Book):
    def place(self, order):
        return super().place(order)
''',
    "shop/user.py": """\
import shop.book
from shop import Book, helper as other
from shop.book import helper


def use(book: Book, thing, helper=None):
    book.place(1)
    thing.place(2)
    helper()


def more():
    from shop.book import helper

    mine = Book()
    mine.place(helper())
    shop.book.helper(value=helper)
    "helper"


def local():
    helper = 3
    return helper


class Own:
    def place(self): ...

    def use(self):
        self.place()
""",
    "elsewhere.py": "def helper(): ...\n\n\nhelper()\nx.place()\n",
    "tests/test_book.py": "from shop import helper\n\n\ndef test_it():\n    assert helper() == 3\n",
}


@pytest.fixture
def index() -> Index:
    index = Index()
    index.set_files(FILES, FILES)
    for path, text in FILES.items():
        index.set_code(path, facts_of(path, text.encode()))  # type: ignore[arg-type]  # code alone
    index.is_complete = True
    return index


def found(index: Index, path: str, name: str) -> Impact:
    return impact(index, (path, name), lambda path: FILES[path].encode())


def lines(places: tuple[Place, ...]) -> list[tuple[str, int]]:
    return [(place.path, FILES[place.path].encode().count(b"\n", 0, place.start) + 1) for place in places]


def test_a_function_by_its_imports_and_scopes(index: Index) -> None:
    seen = found(index, "shop/book.py", "helper")
    assert sorted(lines(seen.callers)) == [("shop/book.py", 15), ("shop/user.py", 16), ("shop/user.py", 17)]
    assert sorted(lines(seen.uses)) == [
        ("shop/__init__.py", 1),
        ("shop/__init__.py", 3),
        ("shop/book.py", 1),
        ("shop/user.py", 2),
        ("shop/user.py", 3),
        ("shop/user.py", 13),
        ("shop/user.py", 17),
    ]
    assert lines(seen.tests) == [("tests/test_book.py", 1), ("tests/test_book.py", 5)] or len(seen.tests) == 2
    assert seen.unsure == ()
    assert seen.is_whole


def test_a_method_by_types_and_bases(index: Index) -> None:
    seen = found(index, "shop/book.py", "Book.place")
    assert sorted(lines(seen.callers)) == [
        ("shop/book.py", 15),
        ("shop/book.py", 23),
        ("shop/user.py", 7),
        ("shop/user.py", 16),
    ]
    assert lines(seen.overrides) == [("shop/book.py", 22)]
    assert sorted(lines(seen.unsure)) == [("elsewhere.py", 5), ("shop/user.py", 8)]
    assert as_words(seen) == "4 callers, 1 override"


def test_what_a_base_has_is_another_definition(index: Index) -> None:
    assert lines(found(index, "shop/book.py", "Book.cancel").callers) == []
    assert lines(found(index, "shop/book.py", "Base.cancel").callers) == [("shop/book.py", 18)]
    assert lines(found(index, "shop/book.py", "Base.cancel").overrides) == [("shop/book.py", 17)]


def test_a_field_by_the_keywords_of_its_class() -> None:
    files = {
        "a.py": "from dataclasses import dataclass\n\n\n@dataclass\nclass Order:\n    price: int = 1\n",
        "b.py": "from a import Order\n\nOrder(price=2).price\nother(price=3)\n",
    }
    index = Index()
    index.set_files(files, files)
    for path, text in files.items():
        index.set_code(path, facts_of(path, text.encode()))  # type: ignore[arg-type]  # code alone
    index.is_complete = True
    seen = impact(index, ("a.py", "Order.price"), lambda path: files[path].encode())
    assert [(place.path, place.start) for place in seen.sure] == [("b.py", 27), ("b.py", 36)]


def test_text_in_any_state_is_looked_through(index: Index) -> None:
    broken = {**FILES, "shop/user.py": "def (((\nhelper(\n\x00" + "(" * 5000}
    seen = impact(index, ("shop/book.py", "helper"), lambda path: broken[path].encode())
    assert {place.path for place in seen.callers} >= {"shop/book.py"}
    assert impact(index, ("shop/book.py", "helper"), lambda _path: None) == Impact()
