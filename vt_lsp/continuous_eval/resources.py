"""What the monitor may take of the machine: CPU time on account, a lower priority, and nothing on battery."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

POWER_SUPPLIES: Final = Path("/sys/class/power_supply")

_SAVED: Final = 60.0  # seconds of idling that can be saved up, for a burst such as a change of branch
_LONGEST: Final = 8.0  # seconds that changes wait at most: later than 10 s counts as not delivered
_NICE: Final = 10  # how much a monitor over its budget gives way to others, as in nice(1)


def cpu_seconds() -> float:
    """CPU time of this process and of its children that have ended."""
    taken = os.times()
    return taken.user + taken.system + taken.children_user + taken.children_system


class Budget:
    """CPU time as money: it comes in at ``percent`` of the time that passes, and evaluations spend it.

    Who has overspent waits: what changes meanwhile is evaluated together. So bursts are answered at once, and what goes
    on for long is answered in batches that keep to the budget.
    """

    def __init__(
        self,
        percent: float,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = cpu_seconds,
    ) -> None:
        """``percent`` of one core; ``clock`` and ``used`` tell time and CPU time in seconds."""
        self._share = percent / 100
        self._clock, self._used = clock, used
        self.start()

    def start(self) -> None:
        """Forget what was used until now: a first scan is no evaluation."""
        self._looked, self._last_used = self._clock(), self._used()
        self._began, self._began_used = self._looked, self._last_used
        self._saved = _SAVED * self._share
        self._is_low = False

    def wait(self) -> float:
        """Seconds until the next evaluation may begin; 0.0 for at once."""
        now, used = self._clock(), self._used()
        self._saved += (now - self._looked) * self._share - (used - self._last_used)
        self._saved = min(self._saved, _SAVED * self._share)
        # A debt that no wait could pay is forgiven: lateness is what users see.
        self._saved = max(self._saved, -_LONGEST * self._share)
        self._looked, self._last_used = now, used
        return max(0.0, -self._saved / self._share)

    @property
    def percent(self) -> float:
        """The share of one core that was used since the last call of this or of :meth:`start`."""
        now, used = self._clock(), self._used()
        percent = 100 * (used - self._began_used) / max(now - self._began, 1e-9)
        self._began, self._began_used = now, used
        return round(percent, 2)

    def give_way(self) -> bool:
        """Once over the budget, the process takes a lower priority for good; True when it does so now."""
        if self._is_low or self._saved >= 0:
            return False
        self._is_low = True
        with suppress(OSError, AttributeError):  # not everywhere, not always allowed
            os.setpriority(os.PRIO_PROCESS, 0, min(19, os.getpriority(os.PRIO_PROCESS, 0) + _NICE))
        return True


def on_battery(supplies: Path = POWER_SUPPLIES) -> bool:
    """Whether the system says that it runs on battery; False where it says nothing.

    As in the kernel's Documentation/ABI/testing/sysfs-class-power: mains that are online decide, then a battery of the
    system (not of a mouse) that discharges.
    """
    discharges = False
    try:
        found = list(supplies.iterdir())
    except OSError:
        return False
    for supply in found:
        kind = _word(supply / "type")
        if kind in ("Mains", "USB") and _word(supply / "online") == "1":
            return False
        if kind == "Battery" and _word(supply / "scope") != "Device":
            discharges = discharges or _word(supply / "status") == "Discharging"
    return discharges


def _word(file: Path) -> str:
    try:
        return file.read_text("ascii", "replace").strip()
    except OSError:
        return ""
