"""A file that nobody can read says nothing: what it defines is not gone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def git(root: Path, *args: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(root), *identity, *args], check=True, capture_output=True)


def test_names_of_an_unreadable_file_are_not_gone(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").write_text("")
    (root / "shop" / "basket.py").write_text("class ShoppingBasket: ...\n")
    (root / "README.md").write_text("# Shop\n\nA `ShoppingBasket` keeps what one buys.\n")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    (root / "shop" / "basket.py").write_bytes(b"\0" * 100)  # root may read everything: a binary is what nobody reads
    engine = Engine(root, Settings(), tmp_path / "cache")
    try:
        engine.scan()
        assert [item.path for item in engine.summary().not_analysed] == ["shop/basket.py"]
        assert engine.drifts() == []
    finally:
        engine.dispose()
