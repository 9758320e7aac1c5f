"""Fit the prior of the forecasts, and measure it.

usage: forecast.py import TASK_LISTS   write scripts/task-lists.jsonl from a development set
       forecast.py fit                 write vt_lsp/progress/prior.json from scripts/task-lists.jsonl
       forecast.py measure DATA        write the figures in docs/accuracy.md

scripts/task-lists.jsonl has one list a line: the times and kinds of its changes, no texts. DATA is the folder of the
development set with its task-lists.jsonl and backtest.py: moments, outcomes and scores are those of backtest.py, the
forecasts those of vt-lsp, each with a prior that was fitted without the lists of the same owner.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from scripts.marked import fill
from vt_lsp.progress.changes import Change
from vt_lsp.progress.features import DAY, TARGETS, Standing, Target, standing
from vt_lsp.progress.model import SOONEST, WITHIN, Prior, Regression, TargetModel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parent.parent
LISTS = ROOT / "scripts" / "task-lists.jsonl"
PRIOR = ROOT / "vt_lsp" / "progress" / "prior.json"
PAGE = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- forecasts: made by scripts/forecast.py -->", "<!-- end of forecasts -->"

OFFSETS: Final = (1, 2, 3, 5, 7, 10, 14, 21, 28, 45, 60, 90, 120, 180)  # days after the first tick
QUANTILES: Final = tuple(i / 100 for i in range(1, 100))  # of the residuals
FOLDS: Final = 6


class Penalty(NamedTuple):
    """How much the weights of a regression are held down: those of the days, and those of the spread."""

    days: float
    spread: float


FINISH, PACE = Penalty(0.5, 1e6), Penalty(0.15, 1.5)  # one spread for all; one for each list
# Repositories that belong together are one owner, so that none is measured with a prior that knew it.
SAME_OWNER = {"kubernetes-sigs": "kubernetes", "tulir": "mautrix", "foundry-rs": "gakonst"}
LETTERS: Final = {"next": "A", "listed": "B", "done": "C"}  # what backtest.py calls them


class TaskList(msgspec.Struct, frozen=True):
    """One list of the development set; ``end`` is the last time at which it was looked at."""

    repo: str
    path: str
    end: int
    changes: tuple[Change, ...]

    @property
    def owner(self) -> str:
        """Whose it is."""
        name = self.repo.split("/")[0]
        return SAME_OWNER.get(name, name)


@dataclass(frozen=True, slots=True)
class Moment:
    """A list at one time, and for each target the days until it was reached; ``missed`` where it never was."""

    repo: str
    path: str
    owner: str
    kind: str
    now: float
    standing: Standing
    days: dict[Target, float]
    missed: dict[Target, bool]


# ------------------------------------------------------------------------------------------------------ development set


def import_lists(source: Path) -> None:
    """Write LISTS: what the fit needs, and no more."""
    encoder = msgspec.json.Encoder()
    with source.open(encoding="utf-8") as rows, LISTS.open("wb") as file:
        for row in map(json.loads, rows):
            changes = tuple(changes_of(row["events"]))
            file.write(encoder.encode(TaskList(row["repo"], row["path"], row["obs_end"], changes)) + b"\n")


def changes_of(events: Iterable[dict[str, Any]]) -> Iterator[Change]:
    """Single events, those of one time put together."""
    times: dict[int, list[dict[str, Any]]] = {}
    for event in events:
        times.setdefault(event["t"], []).append(event)
    for at, found in times.items():
        added, ticked, unticked, removed = (
            tuple(e["id"] for e in found if e["kind"] == kind) for kind in ("add", "tick", "untick", "remove")
        )
        yield Change(at, added, ticked, unticked, removed, by_agent=any(e.get("ai") for e in found))


def moments(one: TaskList) -> Iterator[Moment]:
    """A list at each commit with ticks, when a quarter, half and three quarters were first ticked, and on OFFSETS."""
    later = [change for change in one.changes[1:] if change.ticked]
    if not later:
        return
    times = [("tick", float(change.at)) for change in later]
    times += [("share", at) for at in crossings(one.changes)]
    times += [("day", at) for days in OFFSETS if (at := later[0].at + days * DAY) <= one.end]
    for kind, now in times:
        stands = standing(one.changes, now)
        if stands is None or stands.total < 8 or stands.open < 2 or stands.commits < 2:
            continue
        reached = outcomes(one.changes, now, stands)
        end = max(one.end, one.changes[-1].at)
        days = {t: max(SOONEST, ((end if at is None else at) - now) / DAY) for t, at in reached.items()}
        yield Moment(
            one.repo, one.path, one.owner, kind, now, stands, days, {t: at is None for t, at in reached.items()}
        )


def crossings(changes: Sequence[Change]) -> Iterator[float]:
    """When at least a quarter, half and three quarters of a list were ticked for the first time after its start."""
    waiting = [0.25, 0.5, 0.75]
    for change in changes:
        stands = standing(changes, change.at)
        while stands is not None and stands.total >= 8 and waiting and stands.done >= waiting[0] * stands.total:
            waiting.pop(0)
            if change.at > changes[0].at:
                yield change.at


def all_moments(lists: Iterable[TaskList]) -> list[Moment]:
    """Those of all lists; a section that is all there is of its document counts once."""
    found: dict[tuple[object, ...], Moment] = {}
    for one in lists:
        for m in moments(one):
            found.setdefault((m.repo, m.path, m.kind, int(m.now), m.standing.total, m.standing.done), m)
    return list(found.values())


def outcomes(changes: Sequence[Change], now: float, stands: Standing) -> dict[Target, float | None]:
    """When each target was reached after ``now``."""
    state: dict[int, bool] = {}
    listed: set[int] = set()
    net = 0
    reached: dict[Target, float | None] = dict.fromkeys(TARGETS)
    for change in changes:
        is_later = change.at > now
        if is_later and not net and not listed:
            listed = {n for n, done in state.items() if not done}
        state.update(dict.fromkeys(change.added, False))
        state.update(dict.fromkeys(change.ticked, True))
        state.update(dict.fromkeys(change.unticked, False))
        for n in change.removed:
            state.pop(n, None)
        if not is_later:
            continue
        net += len(change.ticked) - len(change.unticked)
        closed = sum(state.get(n, True) for n in listed)
        held = {
            "next": net >= stands.left("next"),
            "listed": closed >= stands.left("listed"),
            "done": bool(state) and sum(state.values()) >= 0.9 * len(state),
        }
        for target in TARGETS:
            if reached[target] is None and held[target]:
                reached[target] = change.at
    return reached


# ------------------------------------------------------------------------------------------------------------------ fit


def fit(known: Sequence[Moment], lists: int) -> Prior:
    """The prior of these moments."""
    targets = {str(target): fit_target(known, target) for target in TARGETS}
    return Prior(targets, lists=lists, owners=len({m.owner for m in known}), moments=len(known))


def fit_target(known: Sequence[Moment], target: Target) -> TargetModel:
    """Both regressions, with the residuals of the first and the spread of the second as unseen owners have them."""
    unseen, residuals = unseen_residuals(known, target, FINISH)
    table = kaplan_meier(residuals, np.array([m.missed[target] for m in unseen]), weights(unseen))
    reached = [m for m in known if not m.missed[target] and m.days[target] <= WITHIN]
    pace = regression(reached, target, PACE)
    new, off = unseen_residuals(reached, target, PACE)
    half = kaplan_meier(np.abs(off), np.zeros(len(new), dtype=bool), weights(new))[QUANTILES.index(0.8)]
    wider = pace.spread_intercept + math.log(half / float(norm.ppf(0.9)))
    return TargetModel(
        rounded(regression(known, target, FINISH)),
        tuple(None if math.isinf(z) else round(z, 5) for z in table),
        rounded(msgspec.structs.replace(pace, spread_intercept=wider)),
    )


def unseen_residuals(known: Sequence[Moment], target: Target, penalty: Penalty) -> tuple[list[Moment], Floats]:
    """Each moment with its standardised residual, from a fit that knew no list of the same owner."""
    owners = sorted({m.owner for m in known})
    residuals: list[Floats] = []
    unseen: list[Moment] = []
    for fold in (owners[i::FOLDS] for i in range(FOLDS)):
        inside = [m for m in known if m.owner not in fold]
        outside = [m for m in known if m.owner in fold]
        if inside and outside:
            model = regression(inside, target, penalty)
            vectors = [m.standing.vector(target) for m in outside]
            means, spreads = (np.array([of(vector) for vector in vectors]) for of in (model.mean, model.spread))
            residuals.append((np.log([m.days[target] for m in outside]) - means) / spreads)
            unseen += outside
    return unseen, np.concatenate(residuals)


def regression(known: Sequence[Moment], target: Target, penalty: Penalty) -> Regression:
    """The most likely log-normal model of censored times, with a ridge; all within a day is no more than that."""
    raw = np.array([m.standing.vector(target) for m in known])
    log_days = np.log([m.days[target] for m in known])
    missed = np.array([m.missed[target] for m in known])
    at_once = log_days <= math.log(SOONEST) + 1e-4
    means, scales = raw.mean(0), raw.std(0) + 1e-9
    x, count = (raw - means) / scales, raw.shape[1]
    w = weights(known)
    w = w * 10 * math.sqrt(len(known)) / w.sum()

    def cost(b: Floats) -> tuple[float, Floats]:
        weights_, spreads = b[1 : count + 1], b[count + 2 :]
        log_spread = np.clip(b[count + 1] + x @ spreads, -2, 3)
        z = (log_days - b[0] - x @ weights_) / np.exp(log_spread)
        density, after, before = norm.logpdf(z), norm.logsf(z), norm.logcdf(z)
        likely = np.where(missed, after, np.where(at_once, before, density - log_spread))
        slope = np.where(missed, np.exp(density - after), np.where(at_once, -np.exp(density - before), z))
        by_spread = w * np.where(missed | at_once, slope * z, z * z - 1)
        by_mean = w * slope / np.exp(log_spread)
        gradient = -np.concatenate([[by_mean.sum()], x.T @ by_mean, [by_spread.sum()], x.T @ by_spread])
        gradient[1 : count + 1] += 2 * penalty.days * weights_
        gradient[count + 2 :] += 2 * penalty.spread * spreads
        ridge = penalty.days * (weights_**2).sum() + penalty.spread * (spreads**2).sum()
        return float(ridge - (w * likely).sum()), gradient

    start = np.zeros(2 * count + 2)
    start[0], start[count + 1] = log_days.mean(), math.log(log_days.std() + 0.1)
    b = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    of_days, of_spread = tuple(b[1 : count + 1]), tuple(b[count + 2 :])
    return Regression(tuple(means), tuple(scales), of_days, float(b[0]), of_spread, float(b[count + 1]))


def weights(known: Sequence[Moment]) -> Floats:
    """A repository weighs as much as the square root of its moments."""
    counts = Counter(m.repo for m in known)
    return np.array([counts[m.repo] ** -0.5 for m in known])


def kaplan_meier(values: Floats, missed: NDArray[np.bool_], w: Floats) -> list[float]:
    """The quantiles of values of which some are only known to be larger; infinite where none is known."""
    order = np.lexsort((missed, values))
    values, missed, w = values[order], missed[order], w[order]
    at_risk = w[::-1].cumsum()[::-1]
    reached = 1 - np.cumprod(np.where(missed, 1.0, 1 - w / at_risk))
    places = np.searchsorted(reached, np.array(QUANTILES) - 1e-9)
    return [float(values[place]) if place < len(values) else math.inf for place in places]


def rounded(model: Regression) -> Regression:
    """The same with as many digits as mean something: another machine's last digit changes nothing."""
    parts = (model.means, model.scales, model.weights, model.spread_weights)
    means, scales, of_days, of_spread = (tuple(round(float(v), 5) for v in part) for part in parts)
    intercepts = round(model.intercept, 5), round(model.spread_intercept, 5)
    return Regression(means, scales, of_days, intercepts[0], of_spread, intercepts[1])


def load_lists() -> list[TaskList]:
    """The development set."""
    return [msgspec.json.decode(line, type=TaskList) for line in LISTS.read_bytes().splitlines()]


# -------------------------------------------------------------------------------------------------------------- measure


def measure(data: Path) -> Iterator[str]:
    """The figures, as lines of Markdown."""
    backtest = load_backtest(data / "backtest.py")
    rows = backtest.load(data / "task-lists.jsonl", strict=False)
    strict = [o for row in rows if row["strict"] for o in backtest.origins(row)]
    calendar = [o for row in rows for o in backtest.origins(row, fracs=(), offsets=OFFSETS)]
    samples = {"strict": backtest.dedupe(strict), "calendar": backtest.dedupe(calendar)}
    lists = load_lists()
    known = all_moments(lists)
    priors = {
        owner: fit([m for m in known if m.owner != owner], len(lists)) for owner in sorted({one.owner for one in lists})
    }
    yield (
        f"{len(lists)} lists of {len({one.owner for one in lists})} owners; {len(samples['strict'])} moments of lists "
        f"with ticks on four days or more (strict), {len(samples['calendar'])} on fixed days after the first tick."
    )
    yield ""
    yield (
        "| moments | target | reached | pinball loss | of Monte Carlo | ratio | 30 days: Brier skill | "
        "of Monte Carlo | calibration error | 80 % range if reached within a year: covers | width |"
    )
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, sample in samples.items():
        for target in TARGETS:
            yield row_of(backtest, name, target, sample, priors)


def row_of(backtest: ModuleType, name: str, target: Target, sample: list[Any], priors: dict[str, Prior]) -> str:
    """One row of the table."""
    letter = LETTERS[target]
    quantiles, chances, lows, highs = [], [], [], []
    for origin in sample:
        stands = standing(tuple(changes_of(origin["u"]["events"])), origin["t"])
        assert stands is not None
        model, vector = priors[origin["owner"]].of(target), stands.vector(target)
        quantiles.append([model.quantile(vector, share) for share in backtest.QS])
        chances.append(model.probability(vector, 30))
        low, high = model.range_if_moving(vector, 0.8)
        lows.append(low)
        highs.append(high)
    monte_carlo = np.array([backtest.m_mc(o, letter) for o in sample])
    ours = backtest.score(sample, letter, np.array(quantiles))["pinball"]
    theirs = backtest.score(sample, letter, monte_carlo)["pinball"]
    brier = backtest.brier(sample, letter, np.array(chances), 30)
    brier_theirs = backtest.brier(sample, letter, backtest.prob_from_q(monte_carlo, 30), 30)
    days = np.array([o["Y"][letter] for o in sample])
    reached = np.array([not o["cens"][letter] and o["Y"][letter] <= WITHIN for o in sample])
    counts = Counter(o["repo"] for o, is_reached in zip(sample, reached, strict=True) if is_reached)
    w = np.array([1 / counts[o["repo"]] if r else 0.0 for o, r in zip(sample, reached, strict=True)])
    w /= w.sum()
    firsts, lasts = np.array(lows), np.array(highs)
    covered = float((w * ((days >= firsts - 1e-9) & (days <= lasts + 1e-9))).sum())
    width = math.exp(float((w * np.log(lasts / firsts)).sum()))
    return (
        f"| {name} | {target} | {int(reached.sum())}/{len(sample)} | {ours:.3f} | {theirs:.3f} | {ours / theirs:.2f} | "
        f"{1 - brier['brier'] / brier['ref']:+.2f} | {1 - brier_theirs['brier'] / brier_theirs['ref']:+.2f} | "
        f"{brier['ece']:.3f} | {covered:.0%} | {width:.1f} x |"
    )


def load_backtest(path: Path) -> ModuleType:
    """The module that scores, which is no part of this project."""
    found = importlib.util.spec_from_file_location("backtest", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def main() -> int:
    """Do what the first argument says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("import").add_argument("source", type=Path)
    commands.add_parser("fit")
    commands.add_parser("measure").add_argument("data", type=Path)
    options = parser.parse_args()
    if options.command == "import":
        import_lists(options.source)
    elif options.command == "fit":
        lists = load_lists()
        prior = fit(all_moments(lists), len(lists))
        PRIOR.write_bytes(msgspec.json.format(msgspec.json.encode(prior), indent=1) + b"\n")
    else:
        figures = "\n".join(measure(options.data))
        fill(PAGE, BEGIN, END, f"\n\n{figures}\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
