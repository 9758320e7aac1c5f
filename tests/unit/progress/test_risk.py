from __future__ import annotations

from datetime import date

from vt_lsp.models import Task
from vt_lsp.progress.changes import BurnUp, Change
from vt_lsp.progress.features import DAY
from vt_lsp.progress.forecast import forecast
from vt_lsp.progress.risk import Risk, level_of, risks

NAMES = [f"T{n:03d}" for n in range(20)]


def task(place: int, status: str = "open", depends: tuple[str, ...] = ()) -> Task:
    return Task(NAMES[place], "do it", status, 10 * place, 10 * place + 5, depends=depends)


def found(
    tasks: list[Task],
    *changes: Change,
    day: float,
    due: date | None = None,
    doubtful: dict[int, str] | None = None,
) -> dict[str, Risk]:
    history = BurnUp((Change(0, added=tuple(range(len(tasks)))), *changes), tuple(range(len(tasks))))
    told = forecast(history.changes, day * DAY, due)
    return {risk.kind: risk for risk in risks(tasks, history, told, doubtful or {}, day * DAY)}


def ticks(count: int) -> list[Change]:
    return [Change(int((n + 1) * DAY), ticked=(n,)) for n in range(count)]


def some_done(count: int) -> list[Task]:
    return [task(n, "done" if n < count else "open") for n in range(20)]


def test_a_list_that_moves_has_no_risk() -> None:
    assert found(some_done(10), *ticks(10), day=11) == {}


def test_a_list_without_ticks_for_long_is_stalled() -> None:
    assert found(some_done(10), *ticks(10), day=40)["stalled"].level == "medium"
    assert found(some_done(10), *ticks(10), day=100)["stalled"].text == "no tick for 90 days"
    assert found(some_done(0), day=30)["no-activity"].level == "medium"


def test_a_finished_list_is_never_stalled() -> None:
    assert found(some_done(20), *ticks(20), day=400) == {}


def test_a_list_that_grows_faster_than_it_is_ticked() -> None:
    tasks = some_done(3)
    history = BurnUp(
        (Change(0, added=tuple(range(8))), *ticks(3), Change(int(20 * DAY), added=tuple(range(8, 20)))),
        tuple(range(20)),
    )
    told = forecast(history.changes, 21 * DAY)
    kinds = {risk.kind: risk.text for risk in risks(tasks, history, told, {}, 21 * DAY)}
    assert kinds["growth"] == "12 tasks more than 28 days ago, 3 ticks since"


def test_a_date_that_passed_or_will_hardly_be_met() -> None:
    assert found(some_done(10), *ticks(10), day=11, due=date(1970, 1, 5))["overdue"].text.startswith(
        "due 1970-01-05, 7 days"
    )
    assert "likely" in found(some_done(10), *ticks(10), day=11, due=date(1970, 1, 14))["due"].text


def test_dependencies() -> None:
    tasks = [task(0), task(1, "done", ("T000",)), *(task(n, "open", ("T002",)) for n in range(3, 6)), task(2)]
    kinds = [(risk.kind, risk.text) for risk in risks(tasks, BurnUp(), forecast((), 0.0), {}, 0.0)]
    assert ("blocked", "ticked, but depends on T000, which is open") in kinds
    assert ("blocked", "3 open tasks wait for it") in kinds


def test_a_tick_that_the_code_denies_is_a_high_risk() -> None:
    risk = found(some_done(10), *ticks(10), day=11, doubtful={3: "`a.py` is not there"})["not-done"]
    assert (risk.level, risk.task) == ("high", 3)


def test_an_old_task_that_the_later_ones_have_overtaken() -> None:
    tasks = [task(0), *(task(n, "done") for n in range(1, 5)), *(task(n) for n in range(5, 20))]
    late = [Change(int((30 + n) * DAY), ticked=(n,)) for n in range(1, 5)]
    risk = found(tasks, *late, day=36)["old-task"]
    assert (risk.task, risk.text) == (0, "open for 36 days, while 4 tasks below it were ticked")


def test_the_level_of_a_list_is_that_of_its_worst_risk() -> None:
    low, medium, high = (Risk("due", level, "t", "a") for level in ("low", "medium", "high"))
    assert level_of([]) == "none"
    assert level_of([low, low]) == "low"
    assert level_of([low, medium]) == "medium"
    assert level_of([medium] * 3) == level_of([low, high]) == "high"
