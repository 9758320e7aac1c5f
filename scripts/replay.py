"""Replay real commits through the monitor's evaluations and the rules, and list the alerts that they raise.

usage: replay.py REPOSITORY FOLDER [--count N] [--until REV] [--fresh N]

REPOSITORY is a git repository (a bare mirror will do), FOLDER a new folder for a checkout of it. The commits are the
last N of the first parent of REV, in order, at the times when they were committed. One line of JSON for each alert goes
to the standard output, with the commit that raised it and the words that it speaks of, to be read by hand; the counts
go to the standard error. Every --fresh commits a new engine reads everything: its drifts must be those of the
evaluation, and each of them was there at the start, raised one alert, or fell under a rule that is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vt_lsp.continuous_eval.alert_input import observation
from vt_lsp.continuous_eval.alert_state import Policy, Ticked
from vt_lsp.continuous_eval.alert_store import AlertStore, Filter
from vt_lsp.continuous_eval.alert_system import wake_at
from vt_lsp.continuous_eval.monitor import Monitor
from vt_lsp.engine import Engine
from vt_lsp.models import AlertType
from vt_lsp.settings import Settings
from vt_lsp.workspace.changes import of_interest, read_all, read_new

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.alert_state import Step

HISTORY_SECONDS = 5.0


def git(root: Path, *words: str) -> str:
    """What git says."""
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 - git


@dataclass
class Tally:
    """What came of the events, and where the alerts came from."""

    windows: int = 0
    events: Counter[str] = field(default_factory=Counter)
    fell: Counter[str] = field(default_factory=Counter)
    raised_at: dict[str, str] = field(default_factory=dict)  # id of an alert -> commit
    words: dict[str, str] = field(default_factory=dict)  # the same -> the line of the document
    named: dict[str, set[str]] = field(default_factory=dict)  # subject -> the alerts, or the rules it fell under


class Replay:
    """One run."""

    def __init__(self, root: Path, kept: Path) -> None:
        self.root = root
        self.now = datetime(2000, 1, 1, tzinfo=UTC)
        self.monitor = Monitor(root, Settings(), directory=kept, clock=self._clock)
        self.monitor.start()
        self.engine = Engine(root, Settings(), kept / "cache")
        self.store = AlertStore(kept)
        self.policy = Policy()
        self.tally = Tally()
        self.baseline: set[str] = set()

    def _clock(self) -> float:
        return self.now.timestamp()

    def start(self, commit: str) -> None:
        """The first look: what is there is no news."""
        self._to(commit)
        self.engine.scan()
        self._evaluate(commit)
        self.baseline = {drift.fingerprint for drift in self.engine.drifts()}

    def go(self, old: str, new: str) -> None:
        """Check a commit out and evaluate."""
        self._to(new)
        changed = set(git(self.root, "diff", "--name-only", "--no-renames", "-z", old, new).split("\0")) - {""}
        engine, listing = self.engine, self.engine.listing
        assert listing is not None
        engine.ask_past_again()
        read, has_news = read_all(self.root, of_interest(changed, listing), listing)
        for path, data in read.items():
            engine.update(path, data, overlay=False)
        if has_news or engine.needs_listing:
            for path, data in read_new(self.root, engine.set_listing(engine.discover())).items():
                engine.update(path, data, overlay=False)
        engine.check()
        engine.look_back(HISTORY_SECONDS)
        self._evaluate(new)

    def _to(self, commit: str) -> None:
        git(self.root, "checkout", "-q", "--force", commit)
        at = datetime.fromtimestamp(int(git(self.root, "log", "-1", "--format=%ct", commit)), UTC)
        until = max(at, self.now + timedelta(seconds=1))
        while self.now.year > 2000 and (due := wake_at(self.store.state(), self.policy, self.now)) and due < until:
            self.now = max(due, self.now + timedelta(seconds=1))
            self._count(self.store.step(Ticked(), self.now, self.policy), "")
        self.now = until

    def _evaluate(self, commit: str) -> None:
        evaluation = self.monitor.evaluate(self.engine, "files")
        found = observation(evaluation, self.engine.text)
        self._count(self.store.observe(found, self.now, self.policy), commit)

    def _count(self, done: Step, commit: str) -> None:
        tally = self.tally
        tally.windows += sum(one.channel == "window" for one in done.notifications)
        for event, rule in done.fell:
            tally.events[str(event.type)] += 1
            tally.fell[rule] += 1
            if event.type is not AlertType.DRIFT_RESOLVED:
                tally.named.setdefault(event.subject, set()).add(rule)
        for alert in done.turned:
            if alert.state == "open" and alert.id not in tally.raised_at:
                tally.raised_at[alert.id] = commit
                path, line = alert.context.get("path", ""), int(alert.context.get("line", "1"))
                lines = (self.engine.text(path) or b"").decode("utf-8", "replace").split("\n")
                tally.words[alert.id] = lines[line - 1].strip()[:200] if path and line <= len(lines) else ""

    def fresh(self) -> int:
        """How many drifts of a new engine are not those of this one, or have no alert and no rule; 0 is right."""
        with tempfile.TemporaryDirectory() as cache:
            engine = Engine(self.root, Settings(), Path(cache))
            try:
                engine.scan()
                new = {drift.fingerprint for drift in engine.drifts()}
            finally:
                engine.dispose()
        mine = {drift.fingerprint for drift in self.engine.drifts()}
        known = self.store.known().drifts  # a drift that moved keeps the name that it had first
        names = {one: known[one].subject if one in known else one for one in new}
        unnamed = {one for one in names.values() if one not in self.baseline and not self.tally.named.get(one)}
        if new != mine or unnamed:
            sys.stderr.write(
                f"differs: {len(new - mine)} more, {len(mine - new)} less, {len(unnamed)} without a rule\n"
            )
        return len(new ^ mine) + len(unnamed)

    def rows(self) -> list[dict[str, Any]]:
        """All alerts, the oldest first."""
        _, alerts = self.store.find(Filter(limit=1_000_000))
        return [
            {
                "id": alert.id, "commit": self.tally.raised_at.get(alert.id, "")[:12], "type": str(alert.alert_type),
                "drift_type": alert.context.get("drift_type", ""), "severity": str(alert.severity), "rule": alert.rule,
                "place": f"{alert.context.get('path', '')}:{alert.context.get('line', '')}", "message": alert.message,
                "text": self.tally.words.get(alert.id, ""), "state": alert.state, "count": alert.count,
                "raised": alert.timestamp.isoformat(), "told": alert.told.isoformat() if alert.told else None,
                "resolved": alert.resolved.isoformat() if alert.resolved else None,
            }
            for alert in reversed(alerts)
        ]  # fmt: skip


def main(argv: list[str]) -> int:
    """Replay, list, count; 1 if an evaluation was not that of a fresh start."""
    parser = argparse.ArgumentParser()
    parser.add_argument("repository")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--until", default="HEAD")
    parser.add_argument("--fresh", type=int, default=50)
    options = parser.parse_args(argv)
    subprocess.run(["git", "clone", "-q", "--no-checkout", options.repository, str(options.folder)], check=True)  # noqa: S603, S607 - git
    listed = git(options.folder, "rev-list", "--first-parent", f"--max-count={options.count + 1}", options.until)
    commits = listed.split()[::-1]
    wrong = 0
    with tempfile.TemporaryDirectory() as kept:
        replay = Replay(options.folder.resolve(), Path(kept))
        with closing(replay.store):
            replay.start(commits[0])
            for number, (old, new) in enumerate(pairwise(commits), start=1):
                replay.go(old, new)
                if number % options.fresh == 0:
                    sys.stderr.write(f"{number} of {len(commits) - 1}: {len(replay.tally.raised_at)} alerts\n")
                    wrong += replay.fresh()
            found = replay.rows()
        replay.monitor.close()
        replay.engine.dispose()
    sys.stdout.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
    tally = replay.tally
    sys.stderr.write(
        f"{len(commits) - 1} commits; {len(replay.baseline)} drifts at the start; events {dict(tally.events)};"
        f" fell under {dict(tally.fell)}; {len(found)} alerts"
        f" {dict(Counter(row['drift_type'] or row['type'] for row in found))}; {tally.windows} windows\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
