"""Invariant 5: after any sequence of edits the reports equal those of a fresh start.

A small project is edited at random, in the editor and on disk; files come, go and move. After each step all verdicts
and drifts of the engine that lived through the edits are compared with those of an engine that starts on the result.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vt_lsp.engine import Engine
from vt_lsp.models import Commit, Place
from vt_lsp.settings import Settings
from vt_lsp.workspace.history import PastDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

# More by hand: VT_LSP_EXAMPLES=2000 pytest tests/unit/test_incremental_equals_full.py
EXAMPLES = int(os.environ.get("VT_LSP_EXAMPLES", "50"))
# Git knows nothing of these folders, and asking it takes longer than the rest.
SETTINGS = Settings(history=False)
PAST = {"OldBook": PastDefinition("shop/book.py", 3, Commit("a" * 40, "2020-01-02", "Rename"))}

PROJECT = {
    "shop/__init__.py": """
from .book import Book
from .orders import place_order

from . import util
""",
    "shop/base.py": """
class Base:
    def save(self, path: str, force: bool = False) -> None: ...
""",
    "shop/book.py": """
from dataclasses import dataclass, field

from .base import Base

LIMIT = 10


@dataclass
class Book(Base):
    title: str
    pages: int = 0
    tags: list[str] = field(default_factory=list)

    def lend(self, days: int = 14) -> bool:
        return days < LIMIT
""",
    "shop/orders.py": """
from enum import Enum

from .book import Book


class State(Enum):
    OPEN = 'open'
    PAID = 'paid'


def place_order(book: Book, count: int = 1, *, dry_run: bool = False) -> State:
    return State.OPEN
""",
    "shop/config.py": "TIMEOUT = 30\nRETRIES = 3\n\ndef release_statement(): ...\n",
    "shop/cli.py": """
import argparse
import os

LEVEL = os.environ["SHOP_LEVEL"], os.environ["SHOP_INK"]
parser = argparse.ArgumentParser()
parser.add_argument("--dry-run")
""",
    "shop/web.py": """
from fastapi import FastAPI

from shop.api import router

app = FastAPI()
app.include_router(router, prefix="/api")


@app.get("/books")
def list_books(): ...
""",
    "shop/api.py": """
from fastapi import APIRouter

router = APIRouter(prefix="/orders")


@router.get("/{order_id}")
def read_order(order_id: int): ...


@router.post("/")
def place(): ...
""",
    "docs/http.md": """# HTTP

- `GET /books` and `GET /api/orders/{id}`
- `PUT /api/orders` and `GET /api/orders/{id}/lines`
- `GET /api/order/{id}`

It requires Python 3.9+ and needs fastapi >= 0.1.
""",
    "contracts/openapi.yaml": """openapi: 3.0.0
paths:
  /books:
    get: {}
    delete: {}
  /api/orders:
    post: {}
""",
    "Makefile": "test:\n\tpytest\n",
    "docs/cli.md": """# Command line

Run `make test` and `make check`, then `shop --dry-run --dryrun --loud` with `--dry_run`.

```bash
SHOP_LEVEL=1 SHOP_LEVLE=2 python -m shop --quiet
```
""",
    "shop/util/__init__.py": "from .text import *\n",
    "shop/util/text.py": """
def shorten(text: str, width: int = 80) -> str:
    '''Shorten.

    Args:
        text: the text.
        width: of it. Defaults to 80.
        mark: what stands at its end.
    '''
    return text[:width]
""",
    "tests/test_book.py": """
from shop import Book

def test_book():
    assert Book('x').lend()
""",
    "README.md": """# Shop

See [the guide](docs/guide.md#lending-books) and `shop/book.py`. `shop.place_order` places, `Book.lend` lends;
`shop.util.shorten` shortens. The module `shop.config` holds `TIMEOUT`. `Book.retitle` and `place_ordre` are wrong,
and so are `release_statemnet` and `HttpClient`.

An `OldBook` was here. Now it is a `Book`.

```python
from shop import Book, place_order

book = Book('t', pages=3)
book.lend(days=3)
place_order(book, dry_run=True)
```
""",
    "docs/guide.md": """# Guide

## Lending books

`lend()` takes `days`. `TIMEOUT` defaults to `30`.

```python
from shop.util import shorten

shorten('x', width=3)
```

## Layout

```text
shop/
├── book.py
├── orders.py
├── stock.py
└── util/
    └── text.py
```
""",
    "docs/design.md": """# Design

## Data model

```python
@dataclass
class Book(Base):
    title: str
    pages: int = 0
    isbn: str = ''

class State(Enum):
    OPEN = 'open'
    LATE = 'late'

def place_order(book: Book, count: int = 2) -> State: ...
```

## `Base`

| Parameter | Default |
| --- | --- |
| `force` | `False` |

- `save(path, force=True)` writes.
""",
    "specs/001-lend/spec.md": """# Feature Specification: Lend

**Status**: Draft

### User Story 1 - Lend a book

- **FR-001**: Books MUST be lent
- **FR-002**: Lent books MUST come back
""",
    "specs/001-lend/tasks.md": """# Tasks

- [x] T001 [US1] Create Book class in shop/book.py (FR-001)
- [x] T002 [US1] Implement `place_order()` and State in shop/orders.py (FR-002)
- [ ] T003 [US1] Create `Shelf` in shop/stock.py (FR-003)
- [x] T004 Write tests in tests/test_book.py, tests/test_base.py
""",
    "specs/001-lend/data-model.md": "# Data model\n\n`Book.retitle` and `shop/shelf.py`\n",
    "openspec/specs/lend/spec.md": "# Lend\n\n### Requirement: Books are lent\n\nBooks SHALL be lent.\n",
    "openspec/changes/more/specs/lend/spec.md": "## MODIFIED Requirements\n\n### Requirement: Books are sent\n",
    "docs/adr/0001-files.md": "# 1. Files\n\n## Status\n\nAccepted\n\n## Decision\n\nUse httpx instead of requests.\n",
    "docs/adr/0002-rows.md": "# 2. Rows\n\nStatus: accepted\n\nSupersedes ADR-0001, ADR-0007\n\n## Decision\n\nRows.\n",
    "docs/adr/0003-lists.md": "# 3. Lists\n\n## Status\n\nSuperseded by ADR-0002\n",
    "docs/layers.md": "# Layers\n\nAs ADR-0002 and ADR-0004 say, `shop.util` must not import `shop.book`.\n\n"
    "`shop.orders` may only import `shop.util`. `store` must not import `requests`.\n",
    ".importlinter": "[importlinter:contract:1]\ntype = layers\nlayers =\n  shop.orders\n  shop.book\n  shop.base\n",
    "AGENTS.md": "# Agents\n\nRun `make test`; see `shop/book.py`.\n",
    ".cursor/rules/code.mdc": "---\nglobs: shop/util/**, gone/**/*.py\n---\n\n`Book.lend` lends.\n",
    "openspec/changes/more/tasks.md": "## 1. More\n\n- [x] 1.1 Change `shop/orders.py`\n",
}

# Each is made, and undone where it was made before.
MUTATIONS = [
    ("shop/book.py", "class Book(", "class Volume("),
    ("shop/book.py", "def lend(", "def lend_out("),
    ("shop/book.py", "days: int = 14", "days: int = 14, force: bool = False"),
    ("shop/book.py", "pages: int = 0", "pages: int | None = None"),
    ("shop/book.py", "    title: str\n", "    title: str\n    isbn: str = ''\n"),
    ("shop/book.py", "    def lend", "    def __getattr__(self, name): ...\n\n    def lend"),
    ("shop/book.py", "class Book(Base):", "class Book(Base:"),
    ("shop/book.py", "from .base import Base", "from elsewhere import Base"),
    ("shop/book.py", "from .base import Base", "# a line more\nfrom .base import Base"),
    ("shop/book.py", "LIMIT = 10", "LIMIT = 10\nretitle = None"),
    ("shop/base.py", "class Base:", "class Base(Root):"),
    ("shop/base.py", "def save(self, path", "def save(self, target"),
    ("shop/base.py", "class Base:", "class Base(metaclass=Meta):"),
    ("shop/base.py", "class Base:\n", "class Base:\n    def retitle(self): ...\n"),
    ("shop/orders.py", "def place_order(", "def place_ordre("),
    ("shop/config.py", "def release_statement", "from elsewhere import release_statemnet\n\ndef release_statement"),
    ("shop/config.py", "RETRIES = 3", "RETRIES = 3\n\nclass HTTPClient: ..."),
    ("shop/config.py", "def release_statement", "def release_a_statement"),
    ("docs/guide.md", "shorten('x', width=3)", "release_statemnet = shorten('x', width=3)"),
    ("shop/util/text.py", "def shorten", "def release_statements(): ...\n\n\ndef shorten"),
    ("shop/orders.py", "count: int = 1", "count: int = 2"),
    ("shop/orders.py", ", *, dry_run: bool = False", ", **options"),
    ("shop/orders.py", "    PAID = 'paid'\n", "    PAID = 'paid'\n    LATE = 'late'\n"),
    ("shop/orders.py", "def place_order", "@decorated\ndef place_order"),
    ("shop/orders.py", "from .book import Book\n", "from .book import Book as B\n"),
    ("shop/__init__.py", "from .book import Book\n", "from .book import *\n"),
    ("shop/__init__.py", "from .book import Book\n", "from elsewhere import *\n"),
    ("shop/__init__.py", "from . import util\n", "def __getattr__(name): ...\n"),
    ("shop/__init__.py", "from .orders import place_order\n", "from .orders import (\n"),
    ("shop/config.py", "TIMEOUT = 30", "TIMEOUT = 60"),
    ("shop/config.py", "TIMEOUT = 30", "TIME_OUT = 30"),
    ("shop/config.py", "RETRIES = 3", "RETRIES = 3\nif x:\n    TIMEOUT = 5"),
    ("shop/util/text.py", "def shorten(", "def _shorten("),
    ("shop/util/text.py", "width: int", "size: int"),
    ("shop/web.py", 'prefix="/api"', 'prefix="/v2"'),
    ("shop/web.py", 'prefix="/api"', "prefix=PREFIX"),
    ("shop/web.py", "from shop.api import router", "from elsewhere import router"),
    ("shop/web.py", "from shop.api", "from .api"),
    ("shop/web.py", "app = FastAPI()", "# a line more\n\napp = FastAPI()"),
    ("shop/api.py", 'prefix="/orders"', 'prefix="/order"'),
    ("shop/api.py", 'get("/{order_id}")', 'put("/{order_id}/lines")'),
    ("shop/api.py", "def read_order", "def show_order"),
    ("shop/api.py", "router = API", "# ü\nrouter = API"),
    ("docs/http.md", "`GET /books` and", "`GET /books`,"),
    ("docs/http.md", "3.9+", "3.12+"),
    ("docs/http.md", "# HTTP", "# HTTP\n\n`GET /films` and `GET /films/{id}`, `GET /films/new`"),
    ("contracts/openapi.yaml", "delete: {}", "patch: {}"),
    ("contracts/openapi.yaml", "get: {}", "get: {"),
    ("contracts/openapi.yaml", "openapi: 3", "openapi: 2"),
    ("shop/cli.py", '"--dry-run"', '"--dryrun"'),
    ("shop/cli.py", "SHOP_LEVEL", "SHOP_LEVLE"),
    ("shop/cli.py", "add_argument", "parse_known_args(quiet=1).add_argument"),
    ("docs/cli.md", "make check", "make tset"),
    ("shop/util/text.py", "int = 80", "int = 72"),
    ("shop/util/text.py", "        mark: what", "        marks: what"),
    ("shop/util/text.py", "    Args:", "    Keys:"),
    ("shop/util/text.py", "def shorten", "__all__ = []\n\ndef shorten"),
    ("shop/util/__init__.py", "from .text import *", "from .text import shorten as shorten"),
    ("tests/test_book.py", "def test_book", "class Book: ...\n\nplace_ordre = None\ndef test_book"),
    ("tests/test_book.py", "from shop import Book", "from elsewhere import Book"),
    ("README.md", "`Book.retitle`", "`Book.title`"),
    ("README.md", "was here. Now", "stands here." + " Many words." * 20 + " Now"),
    ("README.md", "# Shop\n", "# Shop ✅ größer\n\nMore, and a [link](docs/design.md#data-model).\n"),
    ("README.md", "from shop import Book,", "from elsewhere import Book\nfrom shop import"),
    ("README.md", "`place_ordre`", "`Baze` and `Book`, `lend`"),
    ("README.md", "```python\n", "```python\nclass Volume: ...\n"),
    ("docs/guide.md", "## Lending books", "## Lending a book"),
    ("docs/guide.md", "## Lending books", "## `Book`"),
    ("docs/guide.md", "├── stock.py", "├── config.py"),
    ("docs/guide.md", "# Guide", "# Guide\n\nThe `place_ordre` function, `Volumes`."),
    ("docs/guide.md", "## Layout", "## Changelog"),
    ("docs/design.md", "# Design", "# Implementation plan"),
    ("docs/design.md", "    isbn: str = ''\n", "    tags: List[str]\n"),
    ("docs/design.md", "## `Base`", "## `Book`"),
    ("docs/design.md", "## `Base`", "<!-- vt-lsp: ignore -->\n\n## `Base`"),
    ("specs/001-lend/spec.md", "Draft", "Implemented"),
    ("specs/001-lend/spec.md", "**FR-002**", "**FR-003**"),
    ("specs/001-lend/spec.md", "Story 1", "Story 2"),
    ("specs/001-lend/tasks.md", "[ ] T003", "[x] T003"),
    ("specs/001-lend/tasks.md", "[x] T004", "[ ] T004"),
    ("specs/001-lend/tasks.md", "[x] T002", "[x] T002 Move `shop/shelf.py`;"),
    ("specs/001-lend/tasks.md", "# Tasks", "# Tasks\n\nFirst `shop/shelf.py`.\n\n- [x] T000 Write shop/base.py"),
    ("openspec/specs/lend/spec.md", "are lent", "are sent"),
    ("openspec/changes/more/specs/lend/spec.md", "MODIFIED", "ADDED"),
    ("openspec/changes/more/tasks.md", "[x]", "[ ]"),
    ("docs/adr/0001-files.md", "Accepted", "Superseded by [2](0002-rows.md)"),
    ("docs/adr/0002-rows.md", "accepted", "proposed"),
    ("docs/adr/0002-rows.md", "# 2. Rows", "# 2. Rows\n\nSupersedes [3](0003-lists.md)"),
    ("docs/layers.md", "ADR-0004", "ADR-3"),
    ("docs/layers.md", "must not import `shop.book`", "must not import `shop.base`"),
    (".importlinter", "  shop.orders\n", "  shop.base\n  shop.orders\n"),
    (".cursor/rules/code.mdc", "gone/**/*.py", "shop/orders.py"),
    ("shop/config.py", "TIMEOUT = 30", "# ADR-0009\nimport requests\nTIMEOUT = 30"),
    ("shop/base.py", "class Base:", "from shop import orders\n\nclass Base:"),
    ("shop/util/text.py", "def shorten", "if TYPE_CHECKING:\n    from ..book import Book\n\ndef shorten"),
    ("shop/util/text.py", "def shorten", "from shop.book import Book\n\ndef shorten"),
]  # fmt: skip

# From, to: moved where the first is there, else back. An empty side stands for a file that comes or goes.
MOVES = [
    ("shop/util/text.py", "shop/util/words.py"),
    ("shop/config.py", "shop/settings.py"),
    ("shop/__init__.py", ""),
    ("shop/util/__init__.py", ""),
    ("shop/base.py", "lib/base.py"),
    ("docs/guide.md", "guide.md"),
    ("docs/design.md", ""),
    ("specs/001-lend/tasks.md", ""),
    ("openspec/specs/lend/spec.md", "openspec/specs/borrow/spec.md"),
    ("shop/api.py", "shop/routes.py"),
    ("contracts/openapi.yaml", "docs/openapi.yaml"),
    ("", "shop/shelf.py"),
    ("", "openspec/changes/other/specs/lend/spec.md"),
    ("", "shop/stock.py"),
    ("", "store/__init__.py"),
    ("", "shop/pyproject.toml"),
    ("", "shop/run.sh"),
    ("", ".gitignore"),
    ("", "docs/more.md"),
    ("", "pyproject.toml"),
    ("Makefile", "lib/Makefile"),
    ("docs/adr/0001-files.md", "docs/adr/0002-files.md"),
    ("docs/adr/0003-lists.md", ""),
    (".importlinter", ""),
    ("", "docs/adr/0004-more.md"),
    ("", "shop/util/more.py"),
]  # fmt: skip
NEW = {
    "shop/stock.py": "class Book:\n    def retitle(self): ...\n\nTIMEOUT = 5\n",
    "docs/adr/0004-more.md": "# 4. More\n\nStatus: accepted\n\nSupersedes 0003\n",
    "shop/util/more.py": "import shop.book\n",
    "shop/shelf.py": "class Shelf: ...\n",
    "openspec/changes/other/specs/lend/spec.md": "## ADDED Requirements\n\n### Requirement: Books are sent\n",
    "store/__init__.py": "def place_ordre(): ...\n",
    "shop/pyproject.toml": "[project]\nname = 'shop'\n",
    "pyproject.toml": """
[project]
requires-python = '>=3.11'
dependencies = ['fastapi>=0.2']
scripts = { shop = 'shop.cli:main' }
""",
    "shop/run.sh": "place_ordre --retitle\n",
    ".gitignore": "stock.py\n",
    "docs/more.md": "# More\n\n`place_ordre` and `Book.retitle`.\n\n```python\nclass Base: ...\n```\n",
}

STEP = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, len(MUTATIONS) - 1)),
    st.tuples(st.just("write"), st.integers(0, len(MUTATIONS) - 1)),
    st.tuples(st.just("close"), st.just(0)),
    st.tuples(st.just("save"), st.just(0)),
    st.tuples(st.just("move"), st.integers(0, len(MOVES) - 1)),
)


class World:
    """A project on disk, what lies open in an editor, and the engine that follows both."""

    def __init__(self, home: Path, cache: Path) -> None:
        self.home, self.cache = home, cache
        self.root = home / "project"
        self.disk: dict[str, str] = {}
        self.open: dict[str, str] = {}
        for path, text in PROJECT.items():
            self.put(path, text)
        self.engine = Engine(self.root, SETTINGS, cache)
        start(self.engine)

    def put(self, path: str, text: str) -> None:
        write(self.root, path, text)
        self.disk[path] = text

    def step(self, kind: str, number: int) -> None:
        if kind == "move":
            self.move(*MOVES[number])
        elif kind in ("close", "save"):
            for path in list(self.open):
                self.close(path, self.open[path] if kind == "save" else self.disk[path])
        else:
            self.mutate(kind, *MUTATIONS[number])
        self.settle()

    def mutate(self, kind: str, path: str, old: str, new: str) -> None:
        if path not in self.disk:
            return
        text = self.open.get(path, self.disk[path]) if kind == "edit" else self.disk[path]
        text = text.replace(new, old, 1) if new in text else text.replace(old, new, 1)
        if kind == "edit":
            self.open[path] = text
        else:
            self.put(path, text)
        self.engine.update(path, text.encode(), overlay=kind == "edit")

    def close(self, path: str, text: str) -> None:
        del self.open[path]
        self.put(path, text)
        self.engine.close(path)

    def move(self, old: str, new: str) -> None:
        if new in self.disk or (not new and old not in self.disk):
            old, new = new, old
        text = self.disk.get(old, NEW.get(new, PROJECT.get(new, "")))
        if old in self.open:
            self.close(old, self.disk[old])
        if old:
            (self.root / old).unlink()
            del self.disk[old]
            self.engine.update(old, None, overlay=False)
        if new:
            self.put(new, text)
            self.engine.update(new, text.encode(), overlay=False)

    def settle(self) -> None:
        if self.engine.needs_listing:
            for path in self.engine.set_listing(self.engine.discover()):
                self.engine.update(path, (self.root / path).read_bytes(), overlay=False)
        self.engine.check()

    def fresh(self) -> Engine:
        """An engine that starts on what counts now."""
        root = self.home / "again"
        shutil.rmtree(root, ignore_errors=True)
        for path, text in (self.disk | self.open).items():
            write(root, path, text)
        engine = Engine(root, SETTINGS, self.cache)
        start(engine)
        return engine


def start(engine: Engine) -> None:
    engine.scan()
    engine.learn_past(PAST)
    engine.check()


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8", newline="")


def seen(engine: Engine) -> Iterator[object]:
    """All that an engine says; places are those of the drifts, since the ones in verdicts are looked up when shown."""
    yield from engine.drifts()
    yield replace(engine.summary(), not_analysed=())
    for path in sorted(engine.index.specs):
        for claim, verdict in engine.verdicts(path):
            report = verdict.report and replace(verdict.report, spec=Place(path, 0, 0), code=None)
            yield path, claim, replace(verdict, report=report)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 100, database=None,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])  # fmt: skip
@given(steps=st.lists(STEP, min_size=1, max_size=12))
def test_incremental_equals_full(steps: list[tuple[str, int]], cache: Path) -> None:
    with tempfile.TemporaryDirectory() as home:
        world = World(Path(home), cache)
        try:
            for kind, number in steps:
                world.step(kind, number)
                fresh = world.fresh()
                try:
                    assert list(seen(world.engine)) == list(seen(fresh))
                finally:
                    fresh.dispose()
        finally:
            world.engine.dispose()


APP = "```python\nfrom shop import Shop\napp = Shop()\n```\n"
ASKED = {
    "a longer name comes": (
        {
            "shop/site.py": "class Site:\n    static_url_path = ''\n",
            "docs/a.md": "The `static_url` argument changes it.\n",
        },
        ("shop/site.py", "class Site:\n    static_url_path = ''\n    static_url_prefix = ''\n"),
    ),
    "a longer name goes": (
        {
            "shop/site.py": "class Site:\n    static_url_path = ''\n    static_url_prefix = ''\n",
            "docs/a.md": "The `static_url` argument changes it.\n",
        },
        ("shop/site.py", "class Site:\n    static_url_path = ''\n"),
    ),
    "a habit ends": (
        {
            "shop/__init__.py": "class Shop:\n    def add_rule(self):\n        ...\n\nclass Stand:\n    ...\n",
            **{f"docs/{n}.md": APP for n in range(3)},
            "docs/use.md": "```python\napp.add_rules()\n```\n",
        },
        ("docs/1.md", APP.replace("Shop", "Stand")),
    ),
    "a directive describes it no more": (
        {
            "docs/api.rst": "API\n===\n\n.. module:: shop\n\n.. class:: Options\n",
            "docs/use.rst": "Use\n===\n\nSee :class:`shop.Options`.\n",
        },
        ("docs/api.rst", "API\n===\n\nNothing.\n"),
    ),
    "the code asks for it": (
        {"shop/part.py": "class Part:\n    ...\n", "docs/use.rst": "Use\n===\n\n:meth:`shop.part.Part.on_stop`\n"},
        ("shop/part.py", "class Part:\n    ...\n\ndef stop(part):\n    hasattr(part, 'on_stop')\n"),
    ),
}


@pytest.mark.parametrize("case", ASKED)
def test_what_a_rule_asked_of_other_files_is_asked_again(case: str, tmp_path: Path, cache: Path) -> None:
    files, (path, text) = ASKED[case]
    root = tmp_path / "project"
    for name, content in {"shop/__init__.py": "", **files}.items():
        write(root, name, content)
    engine = Engine(root, SETTINGS, cache)
    engine.scan()
    before = list(seen(engine))
    write(root, path, text)
    engine.update(path, text.encode(), overlay=False)
    engine.check()
    fresh = Engine(root, SETTINGS, cache)
    fresh.scan()
    assert before != list(seen(fresh)), "the edit matters"
    assert list(seen(engine)) == list(seen(fresh))
    fresh.dispose()
    engine.dispose()
