from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import DriftReport

EXAMPLE = Path(__file__).parents[3] / "examples" / "ordersvc"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """The example project, scanned; its root is a copy."""
    root = shutil.copytree(EXAMPLE, tmp_path / "ordersvc")
    made = Engine(root, Settings(history=False), tmp_path / "cache")
    made.scan()
    yield made
    made.dispose()


@pytest.fixture
def drift(engine: Engine) -> DriftReport:
    """`OrderBook.place` has no parameter `dry_run`."""
    return next(one for one in engine.drifts() if one.drift_type == "signature-mismatch")
