"""The pages that vt-lsp writes, in a real Chromium: what a user sees is what the data says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.editors.browser import made

HERE = Path(__file__).parent
EDITORS = os.environ.get("VT_EDITORS")
LIMIT = 300  # seconds; a bound for a hanging browser
pytestmark = pytest.mark.skipif(not EDITORS, reason="VT_EDITORS names no folder with the editors")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("home")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    state = {"XDG_STATE_HOME": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}
    return kept | state


@pytest.fixture(scope="session")
def project(home: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = made.make(tmp_path_factory.mktemp("work") / "ordersvc")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", home["XDG_STATE_HOME"])
        made.remember(root)
        made.measure(root)
    raise_alert(home, root)
    return root


def raise_alert(home: dict[str, str], root: Path) -> None:
    """Let a monitor look, break what a document says, and let it look again."""
    command = [sys.executable, "-m", "vt_lsp", "monitor", "--once", "--root", str(root)]
    subprocess.run(command, env=home, check=False, capture_output=True)
    book = root / "src/ordersvc/book.py"
    text = book.read_text("utf-8")
    book.write_text(text.replace("def cancel(", "def withdraw("), "utf-8")
    subprocess.run(command, env=home, check=False, capture_output=True)
    book.write_text(text, "utf-8")
    subprocess.run(command, env=home, check=False, capture_output=True)


def vt_lsp(home: dict[str, str], *args: object) -> str:
    command = [sys.executable, "-m", "vt_lsp", *map(str, args)]
    return subprocess.run(command, env=home, check=True, capture_output=True, text=True).stdout


def look(page: Path, scenario: str, shots: Path) -> dict[str, Any]:
    """What a browser shows of a page; pictures of it go to ``shots``."""
    command = [f"{EDITORS}/node/bin/node", str(HERE / "page.mjs"), str(page), str(HERE / scenario), str(shots)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LIMIT)
    assert ended.returncode == 0, ended.stderr
    seen: dict[str, Any] = json.loads(ended.stdout)
    return seen


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ.get("VT_SHOTS") or tmp_path_factory.mktemp("shots"))


@pytest.fixture(scope="session")
def report(project: Path, home: dict[str, str], shots: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The data of the report, and what the browser shows."""
    page = project.parent / "report.html"
    data = json.loads(vt_lsp(home, "report", "--root", project, "--format", "json"))
    vt_lsp(home, "report", "--root", project, "--output", page)
    return data, look(page, "report.mjs", shots)


def value_at(data: Any, path: str) -> Any:
    for part in path.split("."):
        if part == "length":
            return len(data)
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def test_each_figure_on_the_page_is_that_of_the_data(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    data, seen = report
    assert len(seen["figures"]) >= 20
    for path, shown in seen["figures"].items():
        value = value_at(data, path)
        if "within" in path or "by_due" in path:
            assert shown == ("under 1 %" if value < 0.01 else "over 99 %" if value > 0.99 else f"{value * 100:.0f} %")
        elif isinstance(value, float):
            assert shown == f"{int(value * 1000) / 10:g} %", path
        else:
            assert shown == str(value), path
    assert data["summary"]["broken"] == len(data["drifts"]) == seen["cleared"]


def test_the_page_is_quiet_and_asks_nobody(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, seen = report
    assert seen["errors"] == []
    assert seen["requests"] == []


def test_a_section_without_data_says_so(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    data, seen = report
    assert dict(seen["absent"]) == data["absent"]
    assert data["absent"].keys() == {"claude"}
    assert len(seen["headings"]) == 8


def test_the_past_is_there(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    data, seen = report
    assert len(data["trend"]) > 70
    assert any(label.startswith("Trend. From ") for label in seen["charts"])
    assert len(data["alerts"]) == len(seen["alerts"]) > 0
    assert all(one["message"].replace("`", "") in row for one, row in zip(data["alerts"], seen["alerts"], strict=True))
    (design,) = (one for one in data["documents"] if one["path"] == "docs/design.md")
    assert design["before"] is not None


def test_both_colour_schemes_reach_the_charts_and_the_button_turns_them(
    report: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    _, seen = report
    assert (seen["light"]["theme"], seen["dark"]["theme"], seen["toggled"]["theme"]) == ("light", "dark", "light")
    assert seen["light"] == seen["toggled"] != seen["dark"]
    for scheme in ("light", "dark"):
        assert seen[scheme]["chart"] == seen[scheme]["fore"] != seen[scheme]["back"]


def test_on_paper_there_is_nothing_to_click(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, seen = report
    assert seen["printed"] == {"header": "none", "#filters": "none", "#overview": "block"}
    assert seen["pdf"] > 10_000


def test_keyboard_and_screen_reader(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, seen = report
    assert seen["firstStop"] == "Skip to the report"
    assert seen["slash"] == "text"
    assert seen["unnamed"] == 0
    assert len(seen["charts"]) >= 4
    assert all(len(label) > 20 for label in seen["charts"])
    assert (seen["sort"], seen["sorted"]) == ("ascending", sorted(seen["sorted"]))


def test_search_and_filters(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    data, seen = report
    assert seen["rows"] == [one["details"].replace("`", "") for one in data["drifts"] if "dry_run" in json.dumps(one)]
    assert seen["found"].startswith("1 drift,")
    kind, rows = seen["byType"]
    assert rows == [kind] * sum(one["type"] == kind for one in data["drifts"])


def test_nothing_is_wider_than_the_window(report: tuple[dict[str, Any], dict[str, Any]]) -> None:
    _, seen = report
    assert seen["wider"] <= 0
    assert seen["narrow"] <= 0


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \" ' `${alert(3)}` <!-- \u2028 \u202e"


def test_what_people_wrote_is_text(tmp_path: Path, home: dict[str, str]) -> None:
    root = tmp_path / "<img src=x onerror=alert(4)>"
    root.mkdir()
    boxes = "".join(f"- [ ] {HOSTILE} {n}\n" for n in range(10))
    (root / "TASKS.md").write_text(f"# {HOSTILE}\n\nSee `src/gone.py` and [{HOSTILE}](gone.md).\n\n{boxes}", "utf-8")
    (root / "src").mkdir()
    (root / "src/app.py").write_text("x = 1\n", "utf-8")
    args = ("decisions", "add", HOSTILE, "--title", HOSTILE, "--rationale", HOSTILE, "--root", root)
    vt_lsp(home, *args)
    vt_lsp(home, "report", "--root", root, "--output", tmp_path / "report.html")
    seen = look(tmp_path / "report.html", "hostile.mjs", tmp_path / "shots")
    assert seen["errors"] == []
    assert seen["requests"] == []
    assert seen["images"] == 0
    assert seen["scripts"] == 4
    assert seen["name"] == root.name
    assert "alert(1)" in seen["list"]
    assert "</script><script>alert(1)</script>" in seen["decision"]


def timeline(home: dict[str, str], folder: Path, count: int, shots: Path) -> dict[str, Any]:
    root = folder / f"with-{count}"
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", home["XDG_STATE_HOME"])
        made.remember(root, count)
    page = folder / f"timeline-{count}.html"
    vt_lsp(home, "decisions", "timeline", "--root", root, "--output", page)
    return look(page, "timeline.mjs", shots)


def test_the_timeline_of_decisions(tmp_path: Path, home: dict[str, str], shots: Path) -> None:
    seen = timeline(home, tmp_path, 300, shots)
    assert (seen["errors"], seen["requests"]) == ([], [])
    assert seen["count"] == "300 of 300"
    assert seen["lanes"] == ["architecture", "dependency", "interface", "performance"]
    assert len(seen["links"]) == 33
    assert all(" supersedes " in link for link in seen["links"])
    pairs = combinations(seen["dots"], 2)
    near = [abs(x1 - x2) < 12 and abs(y1 - y2) < 12 for (x1, y1), (x2, y2) in pairs]
    assert not any(near), "no dot lies on another one"
    assert seen["zoomed"] > 1.5 * seen["before"]
    assert seen["fitted"] == seen["before"]
    assert seen["scrolled"] > 0
    assert seen["laneIsShown"]
    assert (seen["first"], seen["second"]) == ("One process", "SQLite for the book")
    assert seen["targetIsShown"]
    assert seen["filtered"] == "67 of 300"
    assert seen["lane"] == ["architecture"]


def test_a_timeline_without_decisions(tmp_path: Path, home: dict[str, str], shots: Path) -> None:
    seen = timeline(home, tmp_path, 0, shots / "empty")
    assert (seen["errors"], seen["count"]) == ([], "0 of 0")
