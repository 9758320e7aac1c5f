"""``vt-lsp fix`` as a user has it: real processes, real files, real git."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "vt_lsp/schemas/fix.schema.json").read_text())
CODE = """\
LIMIT = 250


class Book:
    def place(self, order: str, validate_only: bool = False) -> int: ...
"""
SPEC = """\
# Größe 📦

`Book` in `book.py` takes at most `LIMIT = 100` orders.

```python
class Book:
    def place(self, order: str, dry_run: bool = False) -> int: ...
```

Then `Book.reopen()` opens\tone.
"""
FIXED = SPEC.replace("100", "250").replace("dry_run", "validate_only")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "docs").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (root / "book.py").write_text(CODE)
    (root / "docs/design.md").write_bytes(SPEC.encode())
    return root


def git(root: Path, *args: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *args], cwd=root, capture_output=True, text=True, check=True).stdout


def committed(root: Path) -> Path:
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All of it")
    return root


def fix(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vt_lsp", "fix", *args]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


def read(root: Path) -> bytes:
    return (root / "docs/design.md").read_bytes()


def test_safe_ways_out_are_taken_and_the_rest_is_told(shop: Path) -> None:
    done = fix(committed(shop))
    assert done.returncode == 1, "something is left"
    assert read(shop).decode() == FIXED
    assert "docs/design.md:3: constant-value: Change the spec to `250`" in done.stdout
    assert "docs/design.md:10: left: missing-member" in done.stdout
    assert "2 drifts realigned in 1 file, 1 drift left" in done.stdout
    assert git(shop, "status", "--short") == " M docs/design.md\n"


def test_twice_is_harmless_and_nothing_left_is_zero(shop: Path) -> None:
    (shop / "docs/design.md").write_text(SPEC.partition("Then")[0])
    assert fix(committed(shop)).returncode == 0
    once = read(shop)
    again = fix(shop, "--allow-dirty")
    assert (again.returncode, read(shop)) == (0, once)
    assert "nothing to realign" in again.stdout


def test_a_diff_that_git_can_apply(shop: Path) -> None:
    done = fix(committed(shop), "--diff")
    assert done.returncode == 1
    assert read(shop).decode() == SPEC, "nothing is written"
    subprocess.run(["git", "apply", "-"], cwd=shop, input=done.stdout, text=True, check=True)
    assert read(shop).decode() == FIXED


@pytest.mark.parametrize("state", ["no git", "untracked", "changed", "staged"])
def test_what_no_commit_has_is_not_changed_unless_told(shop: Path, state: str) -> None:
    if state != "no git":
        (shop / ".gitignore").write_text("docs\n" if state == "untracked" else "")
        committed(shop)
    if state in {"changed", "staged"}:
        with (shop / "docs/design.md").open("a") as file:
            file.write("More.\n")
    if state == "staged":
        git(shop, "add", "-A")
    before = read(shop)
    if state == "untracked":
        (shop / ".gitignore").unlink()
    done = fix(shop)
    assert done.returncode == 2
    assert "docs/design.md" in done.stderr
    assert "--allow-dirty" in done.stderr
    assert read(shop) == before
    assert fix(shop, "--allow-dirty").returncode == 1
    assert b"validate_only" in read(shop)


@pytest.mark.parametrize(
    "bytes_of",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: text.encode() + "Ein Gru\xdf.\n".encode("latin-1"),
        lambda text: text.replace("\n", "\r\n", 2).encode(),
    ],
    ids=["crlf", "bom", "latin-1", "mixed"],
)
def test_all_other_bytes_stay(shop: Path, bytes_of: Any) -> None:
    (shop / "docs/design.md").write_bytes(bytes_of(SPEC))
    (shop / "docs/design.md").chmod(0o640)
    fix(committed(shop))
    assert read(shop) == bytes_of(FIXED)
    assert (shop / "docs/design.md").stat().st_mode & 0o777 == 0o640


def test_line_ends_that_git_converts_are_no_change(shop: Path) -> None:
    (shop / ".gitattributes").write_text("*.md text\n")
    (shop / "docs/design.md").write_bytes(SPEC.replace("\n", "\r\n").encode())
    assert fix(committed(shop)).returncode == 1
    assert read(shop) == FIXED.replace("\n", "\r\n").encode()


def test_read_only_files_and_links_that_lead_out_are_told(shop: Path, tmp_path: Path) -> None:
    committed(shop)
    (shop / "docs/design.md").chmod(0o444)
    done = fix(shop)
    assert done.returncode == 1
    assert "not changed: docs/design.md is read-only" in done.stderr
    assert read(shop).decode() == SPEC
    (shop / "docs/design.md").chmod(0o644)
    outside = (shop / "docs/design.md").rename(tmp_path / "outside.md")
    (shop / "docs/design.md").symlink_to(outside)
    done = fix(shop, "--allow-dirty")
    assert outside.read_text() == SPEC
    assert done.returncode in (0, 1), done.stderr


def test_a_link_inside_of_the_project_stays_a_link(shop: Path) -> None:
    (shop / "docs/design.md").rename(shop / "docs/real.md")
    (shop / "docs/design.md").symlink_to("real.md")
    fix(committed(shop), "--allow-dirty")
    assert (shop / "docs/design.md").is_symlink()
    assert (shop / "docs/real.md").read_text() in {SPEC, FIXED}


def test_only_what_was_asked_for(shop: Path) -> None:
    (shop / "README.md").write_text("At most `LIMIT = 100` orders.\n")
    committed(shop)
    assert fix(shop, "README.md").returncode == 0
    assert (shop / "README.md").read_text() == "At most `LIMIT = 250` orders.\n"
    assert read(shop).decode() == SPEC
    fix(shop, "docs", "--ignore", "constant-value")
    assert read(shop).decode() == SPEC.replace("dry_run", "validate_only")
    assert fix(shop, "--target", "code", "docs").returncode == 1


def test_for_programs(shop: Path) -> None:
    done = fix(committed(shop), "--format", "json", "--diff")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["files"] == ["docs/design.md"]
    assert not document["written"]
    assert len(document["applied"]) == 2
    assert [one["drift_type"] for one in document["left"]] == ["missing-member"]
    document = json.loads(fix(shop, "--format", "json").stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["written"]
    assert "+" in document["diff"]


@pytest.mark.parametrize("arguments", [["nowhere.md"], ["--target", "both"], ["--root", "nowhere"]])
def test_wrong_usage(shop: Path, arguments: list[str]) -> None:
    done = fix(shop, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("vt-lsp")
    assert done.stderr.count("\n") == 1
