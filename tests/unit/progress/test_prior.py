"""The prior in the package is what its script makes of the lists beside it."""

from __future__ import annotations

import pytest

from scripts.forecast import all_moments, fit, load_lists
from vt_lsp.progress.features import TARGETS, standing
from vt_lsp.progress.model import shipped


@pytest.mark.slow
def test_the_shipped_prior_is_what_the_script_fits() -> None:
    lists = load_lists()
    moments = all_moments(lists)
    fitted = fit(moments, len(lists))
    assert (fitted.lists, fitted.owners, fitted.moments) == (shipped().lists, shipped().owners, shipped().moments)
    for moment in moments[::50]:
        for target in TARGETS:
            vector = moment.standing.vector(target)
            old, new = shipped().of(target), fitted.of(target)
            assert new.probability(vector, 30) == pytest.approx(old.probability(vector, 30), abs=0.02)
            assert new.range_if_moving(vector, 0.8) == pytest.approx(old.range_if_moving(vector, 0.8), rel=0.05)


def test_the_lists_hold_no_texts_and_are_in_order() -> None:
    for one in load_lists():
        times = [change.at for change in one.changes]
        assert times == sorted(times)
        assert standing(one.changes, times[-1]) is not None
