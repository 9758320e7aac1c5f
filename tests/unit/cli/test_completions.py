"""``vt-lsp completions``: the shell knows all commands, also those that are built late."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from vt_lsp.cli.completions import whole_parser
from vt_lsp.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
spec=$(complete -p vt-lsp); function=${spec#*-F }; "${function%% *}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completions", shell]) == 0
    path = folder / f"vt-lsp.{shell}"
    path.write_text(capsys.readouterr().out, "utf-8")
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes_commands_options_and_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = script("bash", tmp_path, capsys)

    def completed(*words: str) -> set[str]:
        done = subprocess.run(
            ["bash", "-c", ASK, "bash", path, "vt-lsp", *words], capture_output=True, text=True, check=True
        )
        return set(done.stdout.split())

    assert {"check", "decisions", "mcp"} <= completed("")
    assert completed("prec") == {"precedents"}
    assert {"add", "supersede", "timeline"} <= completed("decisions", "")
    assert completed("alerts", "res") == {"resolve"}
    assert completed("check", "--format", "s") == {"sarif"}
    assert "--allow-writes" in completed("mcp", "--")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_script_knows_all_commands_and_is_valid(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = script(shell, tmp_path, capsys)
    text = path.read_text("utf-8")
    (commands,) = [action for action in whole_parser()._actions if isinstance(action.choices, dict)]
    assert isinstance(commands.choices, dict)
    assert all(name in text for name in commands.choices)
    assert "reconcile" in text
    if shutil.which(shell) is not None:
        subprocess.run([shell, "-n", path], check=True, capture_output=True)


def test_a_shell_that_is_not_known_is_a_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["completions", "tcsh"])
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err
