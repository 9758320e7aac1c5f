"""What the tests of the server over its protocol have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sample

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The sample project."""
    return sample.make(tmp_path / "shop")
