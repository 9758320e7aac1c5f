"""The monitor of one workspace folder: what is due, what an evaluation found, how the monitor itself is.

It owns no engine and no thread: the server's loop drives it (``server/monitoring.py``), or the thread of
:mod:`vt_lsp.continuous_eval.background`. Whatever goes wrong is a trouble: told once when it comes, once when it goes.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from vt_lsp.continuous_eval.evaluation import Evaluation, Health, Trouble, compare, figures, tell
from vt_lsp.continuous_eval.recorder import Recorder
from vt_lsp.continuous_eval.resources import Budget
from vt_lsp.workspace.store import state_directory

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from vt_lsp.continuous_eval.evaluation import Figures, Seen, State, Trigger
    from vt_lsp.continuous_eval.surroundings import Found
    from vt_lsp.engine import Engine
    from vt_lsp.settings import Settings
    from vt_lsp.workspace.watcher import Watcher

log = logging.getLogger(__name__)

IN_TIME: Final = 10.0  # seconds that an evaluation may be late and still counts as delivered
PROMPT: Final = 1.0  # seconds that count as no lateness at all
SWEEP_SECONDS: Final = 5.0  # between two looks at all files, where they cannot be watched
BACK_OFF: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)  # seconds before what failed is tried again

Listener = Callable[[Evaluation], None]

# Which troubles mean that nothing is evaluated, and which that something is late or not remembered.
_FAILING: Final = frozenset({"evaluation", "folder"})


@dataclass(slots=True)
class Retry:
    """When to try again what failed: sooner at first, and every minute in the end."""

    failures: int = 0
    at: float = 0.0

    def failed(self, now: float) -> None:
        """It went wrong once more."""
        self.at = now + BACK_OFF[min(self.failures, len(BACK_OFF) - 1)]
        self.failures += 1

    def succeeded(self) -> None:
        """It went well."""
        self.failures, self.at = 0, 0.0


class Monitor:
    """One thread owns a monitor; only :meth:`flush` may be called from another."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        kind: str = "monitor",
        directory: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``kind`` is server or monitor; ``directory`` replaces the folder's state directory."""
        self.root = root
        self.settings = settings
        self.budget = Budget(max(1, settings.monitor_cpu))
        self.recorder = Recorder(directory or state_directory(root), kind, clock)
        self.coverage = "watching"
        self.is_paused = False
        self.last: Evaluation | None = None
        self._clock = clock
        self._listeners: list[Listener] = []
        self._troubles: dict[str, Trouble] = {}
        self._due: float | None = None
        self._known: Mapping[str, Seen] | None = None
        self._figures: Figures | None = None
        self._told: Health | None = None
        self._restarts = 0  # of the watcher
        self._is_sweep_wanted = False

    def start(self) -> None:
        """Remember what stood when the last monitor ended; blocking."""
        self._known, self._figures = self.recorder.load()
        self.budget.start()

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` of each evaluation from now on, on the thread that owns the engine."""
        self._listeners.append(listener)

    # ------------------------------------------------------------------------------------------------------ what is due

    @property
    def is_due(self) -> bool:
        """An evaluation is due, or will be when the files are quiet."""
        return self._due is not None

    @property
    def lateness(self) -> float:
        """Seconds since an evaluation is due; 0.0 where none is."""
        return max(0.0, self._clock() - self._due) if self._due is not None else 0.0

    def notice(self) -> None:
        """Something changed: an evaluation is due as soon as the files are quiet."""
        if self._due is None and not self.is_paused and "folder" not in self._troubles:
            self._due = self._clock() + self.settings.monitor_quiet / 1000

    @property
    def sweep_seconds(self) -> float | None:
        """How often all files are looked at; None while they are not."""
        interval = self.settings.monitor_interval or None
        if self.is_paused or not self.settings.monitor_enabled:
            return None
        if self._is_sweep_wanted:
            return 0.0
        if self.coverage == "sweeping":
            return min(SWEEP_SECONDS, interval or SWEEP_SECONDS)
        return interval

    def look_after(self, found: Found, watcher: Watcher | None) -> None:
        """Draw the consequences from what was found around the folder, and from how its watcher is."""
        if found.is_away:
            self.trouble("folder", f"the folder is not there: {self.root}")
            self._due = None  # nothing can be evaluated, so nothing is due
            return
        self.healed("folder")
        self._is_sweep_wanted = False
        self.is_paused = found.is_on_battery and self.settings.monitor_on_battery == "pause"
        if self.is_paused:
            self._due = None
        if watcher is None:
            return
        if watcher.restarts != self._restarts:
            self._restarts = watcher.restarts
            self._is_sweep_wanted = True  # what happened meanwhile was not told
            self.trouble("watcher", "file watching died and was started again")
        elif watcher.healthy:
            self.healed("watcher")
        else:
            self.trouble("watcher", watcher.status or "file watching ended; it is started again")
        self.coverage = "watching" if watcher.healthy else "sweeping"

    def use(self, settings: Settings) -> None:
        """The settings are others now."""
        if settings.monitor_cpu != self.settings.monitor_cpu:
            self.budget = Budget(max(1, settings.monitor_cpu))
        self.settings = settings

    # ------------------------------------------------------------------------------------------------------ evaluations

    def evaluate(self, engine: Engine, trigger: Trigger, unsaved: Collection[str] = ()) -> Evaluation:
        """Look at what the engine knows now, remember it, and tell the listeners."""
        began = time.perf_counter()
        drifts = tuple(engine.drifts())
        found = figures(drifts, engine.claims())
        now = self._clock()
        changes = compare(self._known, drifts, unsaved, now)
        evaluation = Evaluation(
            root=self.root,
            number=self.last.number + 1 if self.last is not None else 1,
            trigger=trigger,
            due=now if self._due is None else self._due,
            time=now,
            duration=time.perf_counter() - began,
            drifts=drifts,
            since={name: seen.since for name, seen in changes.known.items()},
            appeared=changes.appeared,
            resolved=changes.resolved,
            figures=found,
            previous=self._figures,
            health=self.health(),
            is_baseline=self._known is None,
            unsaved=frozenset(unsaved),
        )
        self._known, self._figures = changes.known, found
        self._account(now)
        self.recorder.note(evaluation, changes.known)
        self._tell(evaluation)
        return evaluation

    def tell_health(self) -> None:
        """Tell the listeners if the monitor is better or worse than they know; nothing else is looked at."""
        health = self.health()
        if self.last is None or self._told is None or _same(health, self._told):
            return
        now = self._clock()
        self._tell(
            replace(
                self.last,
                number=self.last.number + 1,
                trigger="health",
                due=now,
                time=now,
                duration=0.0,
                appeared=(),
                resolved=(),
                previous=self.last.figures,
                health=health,
                is_baseline=False,
            )
        )

    def _tell(self, evaluation: Evaluation) -> None:
        self.last, self._told = evaluation, evaluation.health
        failed = tell(self._listeners, evaluation)
        if failed:
            error = failed[0]
            self.trouble("listener", f"an evaluation could not be handed on: {type(error).__name__}: {error}", error)
        else:
            self.healed("listener")

    def _account(self, now: float) -> None:
        """Was it in time? What is overdue for long counts as missed again every ten seconds."""
        run = self.recorder.run
        made = {"evaluations": run.evaluations + 1}
        if self._due is not None:
            late = max(0.0, now - self._due)
            missed = int(late // IN_TIME)
            made["due"] = run.due + max(1, missed)
            if missed:
                made["missed"] = run.missed + missed
            else:
                made["delivered"] = run.delivered + 1
                made["late"] = run.late + (late > PROMPT)
        self._due = None
        self.recorder.beat(**made)

    # ----------------------------------------------------------------------------------------------------------- health

    def health(self) -> Health:
        """How the monitor is now."""
        troubles = tuple(self._troubles.values())
        state: State = "ok"
        if any(one.kind in _FAILING for one in troubles):
            state = "failing"
        elif self.is_paused:
            state = "paused"
        elif troubles:
            state = "limited"
        coverage = "away" if "folder" in self._troubles else self.coverage
        return Health(state, troubles, coverage, self._told.cpu_percent if self._told else 0.0)  # type: ignore[arg-type]

    def trouble(self, kind: str, text: str, error: Exception | None = None) -> None:
        """Something is wrong; it is logged once for each kind, with the error's trace, until that has healed."""
        known = self._troubles.get(kind)
        if known is None:
            log.warning("%s", text, exc_info=error)
        if known is None or known.text != text:
            self._troubles[kind] = Trouble(kind, text, known.since if known else self._clock())

    def healed(self, kind: str) -> None:
        """This kind of trouble is over."""
        if (known := self._troubles.pop(kind, None)) is not None:
            log.info("over after %.0f s: %s", self._clock() - known.since, known.text)

    def has_trouble(self, kind: str) -> bool:
        """Whether there is this kind of trouble now."""
        return kind in self._troubles

    def beat(self) -> None:
        """A sign of life, for `vt-lsp monitor --status`; :meth:`flush` writes it."""
        health = replace(self.health(), cpu_percent=self.budget.percent)
        self.recorder.beat(health=msgspec.json.encode(health).decode())

    def flush(self) -> str:
        """Write what waits; what is wrong, or "". Blocking, for any thread. Give it to :meth:`flushed`."""
        return self.recorder.flush()

    def flushed(self, problem: str) -> None:
        """The answer of :meth:`flush`."""
        if problem:
            self.trouble("history", problem)
        else:
            self.healed("history")

    def close(self) -> None:
        """The end; blocking."""
        self.recorder.close()


def _same(one: Health, other: Health) -> bool:
    return replace(one, cpu_percent=0.0) == replace(other, cpu_percent=0.0)
