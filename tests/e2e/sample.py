"""A small project with known drift, for the end-to-end tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BOOK = '''\
"""The order book."""

MAX_OPEN = 250


class OrderBook:
    """Open orders."""

    def place(self, order: str, validate_only: bool = False) -> int:
        return len(order)

    def cancel(self, order_id: str) -> None: ...


def helper(value: int = 3) -> int:
    return value
'''
SPEC = """\
# Design

See `src/shop/book.py`.

## The book

`OrderBook` keeps orders; `OrderBook.cancel(order_id)` removes one. At most `MAX_OPEN = 100` are open.

```python
class OrderBook:
    def place(self, order: str, dry_run: bool = False) -> int: ...
```

## Helpers

Crème 😀 first, then `OrderBook.reopen()` and `helper`.
"""
DRIFT = [(7, "constant-value"), (11, "signature-mismatch"), (16, "missing-member")]


def add_modules(root: Path, count: int, *, functions: int, packages: int = 20) -> Path:
    """Write many modules beside the sample, so that it takes a while to read; gives ``root``."""
    body = "".join(f"def f{n}(a: int, b: str = 'x') -> None:\n    '''word{n}'''\n\n" for n in range(functions))
    for n in range(count):
        path = root / f"pkg{n % packages}" / f"m{n}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body.replace("word", f"w{n}_"))
    return root


def make(root: Path) -> Path:
    """Write the project below ``root``; gives ``root``."""
    files = {
        "src/shop/__init__.py": "",
        "src/shop/book.py": BOOK,
        "docs/design.md": SPEC,
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n',
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
