"""The accelerated failure time model: a log-normal time to a target, fitted on lists of public repositories.

``prior.json`` holds what ``scripts/forecast.py fit`` made of ``scripts/task-lists.jsonl``. For each target there are
two regressions. ``finish`` knows the lists that never got there (censored); its residuals are not normal, so their
measured distribution (Kaplan-Meier, on owners that a fit had not seen) takes the place of the normal one. ``pace`` was
fitted on the targets that were reached within a year: when it will be, if it will be.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from functools import cache
from importlib.resources import files
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.progress.features import Target

WITHIN: Final = 365.0  # days: what "if it keeps moving" means
SOONEST: Final = 1.0  # day: all within it is "today"
_LONGEST: Final = 12.0  # log-days, beyond every calendar
_BEYOND: Final = 20.0  # where the measured distribution ends without having reached a share
_NARROWEST, _WIDEST = -2.0, 3.0  # log of a spread
_NORMAL = NormalDist()


class Regression(msgspec.Struct, frozen=True):
    """A linear model of the log of days, over standardised features, and one of the log of its own spread."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    spread_weights: tuple[float, ...]
    spread_intercept: float

    def mean(self, vector: Sequence[float]) -> float:
        """The mean of log-days."""
        return self.intercept + sum(self.parts(vector))

    def spread(self, vector: Sequence[float]) -> float:
        """The standard deviation of log-days."""
        rows = zip(vector, self.means, self.scales, self.spread_weights, strict=True)
        log_spread = self.spread_intercept + sum(weight * (value - mean) / scale for value, mean, scale, weight in rows)
        return math.exp(max(_NARROWEST, min(_WIDEST, log_spread)))

    def parts(self, vector: Sequence[float]) -> tuple[float, ...]:
        """What each feature adds to the mean of log-days, against a list as they are on average."""
        rows = zip(vector, self.means, self.scales, self.weights, strict=True)
        return tuple(weight * (value - mean) / scale for value, mean, scale, weight in rows)


class TargetModel(msgspec.Struct, frozen=True):
    """Both regressions for one target, and the quantiles of the residuals of ``finish`` (null: never reached)."""

    finish: Regression
    residuals: tuple[float | None, ...]  # for the shares i / (n + 1)
    pace: Regression

    def probability(self, vector: Sequence[float], days: float) -> float:
        """That the target is reached within ``days``."""
        if days < SOONEST:
            return 0.0
        return self._share((math.log(days) - self.finish.mean(vector)) / self.finish.spread(vector))

    def quantile(self, vector: Sequence[float], share: float) -> float:
        """Days within which the target is reached with the probability ``share``; very many where it may never be."""
        table = [_BEYOND if z is None else z for z in self.residuals]
        place = share * (len(table) + 1) - 1
        low = max(0, min(len(table) - 2, math.floor(place)))
        z = table[low] + max(0.0, min(1.0, place - low)) * (table[low + 1] - table[low])
        return max(SOONEST, math.exp(min(_LONGEST, self.finish.mean(vector) + self.finish.spread(vector) * z)))

    def range_if_moving(self, vector: Sequence[float], share: float) -> tuple[float, float]:
        """Days between which the target is reached with the probability ``share``, given that it is within a year."""
        mean, half = self.pace.mean(vector), _NORMAL.inv_cdf(0.5 + share / 2) * self.pace.spread(vector)
        low, high = (min(WITHIN, max(SOONEST, math.exp(mean + side * half))) for side in (-1, 1))
        return low, high

    def _share(self, z: float) -> float:
        table = [known for known in self.residuals if known is not None]
        step = 1 / (len(self.residuals) + 1)
        place = bisect_left(table, z)
        if place == 0:
            return step * math.exp(z - table[0])  # beyond what was measured: ever less, and never nothing
        if place == len(table):
            return place * step
        between = (z - table[place - 1]) / max(table[place] - table[place - 1], 1e-9)
        return (place + between) * step


class Prior(msgspec.Struct, frozen=True):
    """The fitted models, and of how many lists, owners and moments."""

    targets: dict[str, TargetModel]
    lists: int
    owners: int
    moments: int

    def of(self, target: Target) -> TargetModel:
        """The model of one target."""
        return self.targets[target]


@cache
def shipped() -> Prior:
    """The prior that comes with the package."""
    return msgspec.json.decode((files("vt_lsp.progress") / "prior.json").read_bytes(), type=Prior)
