"""The history of figures, in a real SQLite file."""

from __future__ import annotations

import random
import sqlite3
from typing import TYPE_CHECKING

import pytest

from vt_lsp.continuous_eval.compliance import Count
from vt_lsp.continuous_eval.evaluation import Seen
from vt_lsp.continuous_eval.metrics_store import (
    DAY,
    FILE,
    HOUR,
    RESOLVED_SECONDS,
    MetricsStore,
    Point,
    Run,
    Uptime,
    difference,
    read_trend,
    read_uptime,
)

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0


def point(at: float, changed: dict[str, Count | None], total: Count = Count(1, 1, 0)) -> Point:  # noqa: B008 - frozen
    return Point(at, at, 1, total, {"missing-file": 1}, {"warning": 1}, changed)


def history(days: int) -> tuple[list[Point], list[tuple[float, dict[str, Count]]]]:
    """A point every ten minutes, in which one of twenty documents changes, comes or goes; and the states of then."""
    chance = random.Random(3)  # noqa: S311 - the same each time
    specs: dict[str, Count] = {}
    points, states = [], []
    for n in range(days * 24 * 6):
        at = NOW - days * DAY + 600 * n
        after = dict(specs)
        name = f"docs/{chance.randrange(20)}.md"
        if chance.random() < 0.1:
            after.pop(name, None)
        else:
            after[name] = Count(chance.randrange(50), chance.randrange(5), 1)
        points.append(point(at, difference(specs, after), Count(sum(c.holds for c in after.values()), 0, 0)))
        specs = after
        states.append((at, after))
    return points, states


def test_old_points_are_merged_and_the_state_of_each_day_stays(tmp_path: Path) -> None:
    points, states = history(100)
    store = MetricsStore(tmp_path)
    store.write(points, (), None)
    store.compact(NOW)
    store.compact(NOW)  # what is compact stays as it is
    kept = store.trend().points
    assert len([one for one in kept if one.end >= NOW - 2 * DAY]) == 288
    assert len([one for one in kept if NOW - 60 * DAY <= one.end < NOW - 2 * DAY]) == pytest.approx(58 * 24, abs=2)
    assert len([one for one in kept if one.end < NOW - 60 * DAY]) == pytest.approx(40, abs=2)
    assert sum(one.evaluations for one in kept) == len(points)
    at = dict(states)
    specs: dict[str, Count] = {}
    for one in kept:
        for path, count in one.changed.items():
            if count is None:
                specs.pop(path, None)
            else:
                specs[path] = count
        assert specs == at[one.end]
        assert one.total.holds == sum(count.holds for count in specs.values())
    known, figures = store.known()
    assert known == {}
    assert figures is not None
    assert figures.specs == specs
    store.close()


def test_a_trend_that_begins_later_begins_with_what_was_there(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path)
    store.write(
        [point(1.0, {"a.md": Count(1)}), point(2.0, {"b/c.md": Count(2)}), point(3.0, {"a.md": None})], (), None
    )
    trend = store.trend(2.5)
    assert trend.of_folder("") == [(2.0, Count(3)), (3.0, Count(2))]
    assert trend.of_folder("b") == [(2.0, Count(2))]
    assert trend.of_spec("a.md") == [(2.0, Count(1)), (3.0, Count())]
    store.close()


def test_drifts_are_kept_from_first_to_last_sight(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path)
    one, other = (Seen(name, "missing-file", "warning", "a.md", "gone", NOW - 100) for name in "ab")
    store.write([point(NOW, {})], [(one, None), (other, None)], None)
    store.write((), [(one, NOW - 40)], None)
    trend = store.trend()
    assert [seen.fingerprint for seen in trend.standing] == ["b"]
    assert [(found.seen.fingerprint, found.age) for found in trend.resolved] == [("a", 60.0)]
    assert trend.mean_time_to_realign() == 60.0
    assert trend.mean_time_to_realign(NOW) is None
    store.compact(NOW + RESOLVED_SECONDS + HOUR)
    assert store.trend().resolved == ()
    assert [seen.fingerprint for seen in store.trend().standing] == ["b"]
    store.close()


def test_availability_is_the_share_of_what_was_due() -> None:
    runs = (
        Run(1, 1.0, "monitor", 2.0, due=998, delivered=998),
        Run(2, 3.0, "server", 4.0, due=2, delivered=1, missed=1),
    )
    assert Uptime(runs).availability == 0.999
    assert Uptime().availability == 1.0


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    MetricsStore(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(sqlite3.OperationalError, match="newer"):
        MetricsStore(tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_another_program_s_file_is_none_of_ours(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE theirs(x)")
    with pytest.raises(sqlite3.DatabaseError):
        MetricsStore(tmp_path)


def test_nothing_recorded_is_an_empty_trend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "project").mkdir()
    assert read_trend(tmp_path / "project").points == ()
    assert read_uptime(tmp_path / "project").availability == 1.0
    assert not (tmp_path / "state").exists()


def test_the_file_is_the_user_s_alone(tmp_path: Path) -> None:
    MetricsStore(tmp_path / "state").close()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600
