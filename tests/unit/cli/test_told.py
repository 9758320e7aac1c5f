"""What the command line tells instead of staying silently green."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.test_cli import checked, clean, example, git, own_cache, vt_lsp

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["clean", "example", "own_cache"]  # fixtures

TWICE = "# Shop\n\nIn `Cart.drop()` or so.\n\nBut `Cart.drop()` is `Cart.drop()`, and `Cart.add(item)` too.\n"


@pytest.fixture
def twice(clean: Path) -> Path:
    (clean / "README.md").write_text(TWICE)
    return clean


# ------------------------------------------------------------------------------------------------------------- repeats


def test_what_is_said_twice_is_one_entry_in_text_and_stays_apart_in_json(twice: Path) -> None:
    assert [drift["spec"]["line"] for drift in checked(cwd=twice)["drifts"]] == [3, 5, 5]
    out = vt_lsp("check", cwd=twice).stdout
    assert out.count("vt-lsp explain") == 1
    assert "README.md:3:" in out
    assert "\n  also at line 5\n" in out


def test_each_of_the_printed_commands_explains(twice: Path) -> None:
    for drift in checked(cwd=twice)["drifts"]:
        whole = vt_lsp("explain", drift["fingerprint"], cwd=twice)
        assert whole.returncode == 1, whole.stderr
        assert f"README.md:{drift['spec']['line']}:" in whole.stdout
        assert ("also at lines 3, 5\n" if drift["spec"]["line"] == 5 else "also at line 5\n") in whole.stdout
    begin = vt_lsp("explain", drift["fingerprint"][:12], cwd=twice)
    assert "README.md:3:" in begin.stdout, begin.stderr


# ----------------------------------------------------------------------------------------------------- nothing checked


def test_a_project_without_documents_is_green_and_says_so(clean: Path) -> None:
    (clean / "README.md").unlink()
    done = vt_lsp("check", cwd=clean)
    assert (done.returncode, done.stderr) == (0, f"vt-lsp: no documents below {clean}: nothing was checked\n")


def test_what_is_below_the_severity_is_counted(example: Path) -> None:
    count = len(checked(cwd=example)["drifts"])
    out = vt_lsp("check", "--min-severity", "error", cwd=example).stdout
    assert f"no drift at or above error ({count} below)" in out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", ""), "PATH is empty"),
        (("check", "pyproject.toml"), "neither a document (Markdown), nor Python, nor a folder: pyproject.toml"),
        (("check", "x" * 300), "no such file or folder"),
        (("check", "--root", ""), "--root: not a folder"),
        (("check", "--since", "HEAD"), "--since: not a git repository"),
    ],
)
def test_a_wrong_usage_is_named(clean: Path, args: tuple[str, ...], words: str) -> None:
    done = vt_lsp(*args, cwd=clean)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_revision_that_does_not_exist_is_another_matter(clean: Path) -> None:
    git(clean, "init", "-q")
    assert "git knows no revision nope" in vt_lsp("check", "--since", "nope", cwd=clean).stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs rights that the system takes away")
@pytest.mark.parametrize("args", [("--root", "closed"), ("closed",), ("closed/in",)])
def test_what_cannot_be_read_is_wrong_usage(clean: Path, args: tuple[str, ...]) -> None:
    (clean / "closed/in").mkdir(parents=True)
    (clean / "closed").chmod(0)
    try:
        done = vt_lsp("check", *args, cwd=clean)
    finally:
        (clean / "closed").chmod(0o700)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


# ------------------------------------------------------------------------------------------------------------ settings


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("vt-lsp.toml", "ignore = 3 4\n", "vt-lsp: vt-lsp.toml: "),
        ("vt-lsp.toml", "ignore = 3\n", "vt-lsp: vt-lsp.toml: setting `ignore` must be a list of strings"),
        ("vt-lsp.toml", 'ignore = ["missing-fil"]\n', "did you mean `missing-file`?"),
        ("pyproject.toml", "= 3\n", "(at line 1, column 1)"),
    ],
)
def test_settings_that_cannot_be_used_are_wrong_usage(clean: Path, name: str, content: str, words: str) -> None:
    (clean / name).write_text(content)
    for command in (("check",), ("explain", "0123456789")):
        done = vt_lsp(*command, cwd=clean)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
    doctor = vt_lsp("doctor", cwd=clean)
    assert doctor.returncode == 0
    assert f"settings    {name};" in doctor.stdout


def test_an_unknown_key_is_only_a_warning(clean: Path) -> None:
    (clean / "vt-lsp.toml").write_text('exlude = []\nlogFile = "x"\n')
    done = vt_lsp("check", cwd=clean)
    assert done.returncode == 0
    assert "vt-lsp.toml: unknown setting `exlude`; did you mean `exclude`?\n" in done.stderr
    assert "a project cannot set it" in done.stderr


def test_doctor_names_the_file_that_counts(clean: Path) -> None:
    assert "settings    none (defaults); set: nothing" in vt_lsp("doctor", cwd=clean).stdout
    (clean / "pyproject.toml").write_text("[tool.vt-lsp]\nhistory = false\n")
    assert "settings    pyproject.toml; set: history" in vt_lsp("doctor", cwd=clean).stdout
    (clean / "vt-lsp.toml").touch()
    assert "settings    vt-lsp.toml; set: nothing" in vt_lsp("doctor", cwd=clean).stdout


# -------------------------------------------------------------------------------------------------------- suppressions


def test_a_misspelt_type_in_a_suppression_is_told(twice: Path) -> None:
    comment = "<!-- vt-lsp: ignore[missing-membr] no -->\n\n"
    (twice / "README.md").write_text(TWICE.replace("In `", f"{comment}In `"))
    done = vt_lsp("check", cwd=twice)
    assert done.returncode == 1
    assert done.stderr == (
        "vt-lsp: README.md:5: the suppression here names an unknown drift type `missing-membr`;"
        " did you mean `missing-member`?\n"
    )


def test_a_misspelt_type_in_a_comment_of_the_code_is_told(clean: Path) -> None:
    """Wherever the comment stands, and only where it is one; a name that is no name at all is none either."""
    (clean / "odd.py").write_text(
        "TEXT = '# vt-lsp: ignore[in-a-string]'\n"
        "def f(): ...  # vt-lsp: ignore[missing-membr, broken-link] why\n"
        "\n"
        "# vt-lsp: ignore[missing.member]\n"
        "def g(): ...\n"
        "# vt-lsp: ignore\n"
        "def h(): ...\n"
    )
    (clean / "broken.py").write_text("# vt-lsp: ignore[no-type]\ndef (:\n")
    told = [line for line in vt_lsp("check", cwd=clean).stderr.splitlines() if "suppression" in line]
    sentence = "the suppression here names an unknown drift type"
    assert told == [
        f"vt-lsp: broken.py:1: {sentence} `no-type`",
        f"vt-lsp: odd.py:2: {sentence} `missing-membr`; did you mean `missing-member`?",
        f"vt-lsp: odd.py:4: {sentence} `missing.member`; did you mean `missing-member`?",
    ]
