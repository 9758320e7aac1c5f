from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.continuous_eval.resources import Budget, on_battery

if TYPE_CHECKING:
    from pathlib import Path


class Machine:
    """A clock, and an account of CPU time."""

    def __init__(self) -> None:
        self.now = self.used = 0.0

    def run(self, budget: Budget, changes: int, every: float, cost: float) -> tuple[int, float]:
        """Changes in equal steps of time; each evaluation takes ``cost``. Gives their number, and the longest wait."""
        evaluations, waiting_since, longest = 0, -1.0, 0.0
        for _ in range(changes):
            self.now += every
            waiting_since = self.now if waiting_since < 0 else waiting_since
            if budget.wait() <= 0:
                longest = max(longest, self.now - waiting_since)
                waiting_since = -1.0
                self.used += cost
                evaluations += 1
        return evaluations, longest


def test_a_burst_after_rest_is_answered_at_once() -> None:
    machine = Machine()
    budget = Budget(5, lambda: machine.now, lambda: machine.used)
    assert machine.run(budget, 20, 0.05, 0.1) == (20, 0.0)


@pytest.mark.parametrize("percent", [1, 5, 20])
def test_what_goes_on_for_long_is_batched_to_the_budget(percent: int) -> None:
    machine = Machine()
    budget = Budget(percent, lambda: machine.now, lambda: machine.used)
    evaluations, longest = machine.run(budget, 20 * 3600, 0.05, 0.06)  # 20 changes a second, for an hour
    assert evaluations > 100
    assert 100 * machine.used / machine.now <= percent * 1.05
    assert longest <= 8.1


def test_no_change_waits_so_long_that_it_counts_as_lost() -> None:
    machine = Machine()
    budget = Budget(1, lambda: machine.now, lambda: machine.used)
    _, longest = machine.run(budget, 2000, 1.0, 5.0)  # evaluations that the budget could never pay
    assert longest <= 9.0


def test_over_the_budget_it_gives_way_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr("os.setpriority", lambda _which, _who, priority: given.append(priority))
    machine = Machine()
    budget = Budget(5, lambda: machine.now, lambda: machine.used)
    assert not budget.give_way()
    machine.used = 100.0
    budget.wait()
    assert budget.give_way()
    assert not budget.give_way()
    assert len(given) == 1


def supply(folder: Path, name: str, **values: str) -> None:
    (folder / name).mkdir(parents=True)
    for key, value in values.items():
        (folder / name / key).write_text(value + "\n")


def test_power_is_what_the_kernel_says(tmp_path: Path) -> None:
    assert not on_battery(tmp_path / "nothing")
    supply(tmp_path, "hidpp_battery_0", type="Battery", scope="Device", status="Discharging")
    assert not on_battery(tmp_path)  # of a mouse
    supply(tmp_path, "BAT0", type="Battery", status="Discharging")
    assert on_battery(tmp_path)
    supply(tmp_path, "AC", type="Mains", online="1")
    assert not on_battery(tmp_path)
    (tmp_path / "AC/online").write_text("0\n")
    assert on_battery(tmp_path)
    (tmp_path / "BAT0/status").write_text("Full\n")
    assert not on_battery(tmp_path)
