"""Every `:Vt…` command, its completion, and what it says where there is nothing to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

from tests.editors.neovim.driver import wait_for

if TYPE_CHECKING:
    from tests.editors.neovim.conftest import Start
    from tests.editors.neovim.driver import Neovim

COMMANDS = [
    *("VtAccept", "VtAlerts", "VtAsk", "VtCheck", "VtCompliance", "VtConflicts", "VtDecide", "VtDecisions"),
    *("VtDiff", "VtDrifts", "VtForecast", "VtGoto", "VtLog", "VtOutcome", "VtReconcile", "VtReport", "VtRequirement"),
    *("VtRestart", "VtSpecs", "VtStatus", "VtTimeline"),
]


@pytest.fixture
def design(nvim: Neovim, root: Path) -> int:
    buffer = nvim.edit(root / "docs/design.md")
    nvim.settle()
    return buffer


LENSES = "vim.lsp.config('vt_lsp', { on_attach = function(_, bufnr) require('vt_lsp').lenses(bufnr) end })"


def quickfix(nvim: Neovim) -> list[dict[str, Any]]:
    """The entries of the quickfix list with the path below the project."""
    return list(
        nvim.lua(
            "local root = ...; return vim.tbl_map(function(item) return { path = vim.fs.relpath(root,"
            " vim.api.nvim_buf_get_name(item.bufnr)), line = item.lnum, column = item.col, text = item.text,"
            " type = item.type, loaded = vim.api.nvim_buf_is_loaded(item.bufnr) } end, vim.fn.getqflist())",
            nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].root_dir"),
        )
    )


def title(nvim: Neovim) -> str:
    """What the frame of the floating window says."""
    return str(nvim.lua("return vim.trim(vim.api.nvim_win_get_config(float()).title[1][1])"))


def test_check_tells_what_it_found(nvim: Neovim, root: Path, design: int) -> None:
    assert design
    (root / "docs/more.md").write_text("# More\n\nSee `OrderBook.undo()`.\n", encoding="utf-8")
    nvim.command("VtCheck")
    assert nvim.wait("notes[1] and notes[1].text") == "vt-lsp: 11 drifts, 82% of the claims hold"


@pytest.mark.usefixtures("design")
def test_a_check_can_be_stopped(nvim: Neovim) -> None:
    nvim.command("VtCheck | VtCheck!")
    assert nvim.notes() == ["vt-lsp: the check was stopped"]
    nvim.command("VtStatus")  # the server goes on
    assert nvim.float()
    assert nvim.notes() == ["vt-lsp: the check was stopped"]


@pytest.mark.usefixtures("design")
def test_status_is_a_page(nvim: Neovim) -> None:
    nvim.command("VtStatus")
    text = "\n".join(nvim.float())
    assert "10 drifts" in text
    assert "0.1.0" in text
    assert title(nvim).startswith("vt-lsp")


@pytest.mark.usefixtures("design")
def test_alerts_are_a_page_and_can_be_acted_on(nvim: Neovim, root: Path, tmp_path: Path) -> None:
    wait_for(lambda: list(tmp_path.rglob("alerts.sqlite")), "the first evaluation")
    nvim.command("VtAlerts")
    assert "Nothing waits for you." in "\n".join(nvim.float())
    nvim.command("close")
    book = root / "src/ordersvc/book.py"
    book.write_text(f'{book.read_text()}\n\ndef pay(order):\n    """Pay.\n\n    Args:\n        odrer: It.\n    """\n')

    def alerts() -> list[Any]:
        ask = "return vim.lsp.get_clients({ name = 'vt_lsp' })[1]:request_sync('workspace/executeCommand', "
        return list(nvim.lua(ask + "{ command = 'vt-lsp.showAlerts', arguments = {} }, 5000).result.alerts"))

    wait_for(alerts, "an alert")
    nvim.command("VtAlerts")
    assert "`odrer`" in "\n".join(nvim.float())
    nvim.command("close")
    nvim.command(f"VtAlerts acknowledge {alerts()[0]['id']}")
    assert nvim.wait("notes[1] and notes[1].text").endswith("no open alert")


@pytest.mark.usefixtures("design")
def test_compliance_of_the_project_a_spec_a_section(nvim: Neovim) -> None:
    for command, said, has, has_not in [
        ("VtCompliance", "Compliance", "51 of 61 claims hold", "✗"),
        ("VtCompliance README.md", "README.md", "docs/runbook.md", "MAX_OPEN_ORDERS"),
        ("VtCompliance %", "docs/design.md", "✗ design.md:41 `MAX_OPEN_ORDERS` is `250`, not `100`", "runbook"),
        ("39VtCompliance", "docs/design.md: The order book", "MAX_OPEN_ORDERS", "storage.py"),
    ]:
        nvim.command(command)
        text = "\n".join(nvim.float())
        assert has in text
        assert has_not not in text
        assert title(nvim) == said
        nvim.keys("q")
        assert nvim.lua("return float()") is None


def test_compliance_of_a_symbol(nvim: Neovim, root: Path) -> None:
    nvim.edit(root / "src/ordersvc/book.py")
    nvim.settle()
    nvim.put_cursor("place(self")
    nvim.command(".VtCompliance")
    text = "\n".join(nvim.float())
    assert "no parameter `dry_run`" in text
    assert "reopen" not in text


@pytest.mark.usefixtures("design")
def test_diff_of_the_drift_at_the_cursor(nvim: Neovim) -> None:
    nvim.put_cursor("100` are open")
    nvim.command("VtDiff")
    lines = nvim.float()
    assert "- MAX_OPEN_ORDERS = 100" in lines
    assert "+ MAX_OPEN_ORDERS = 250" in lines
    assert nvim.lua("return asked") == []


@pytest.mark.usefixtures("design")
def test_diff_elsewhere_lets_the_user_choose_among_all(nvim: Neovim) -> None:
    nvim.put_cursor("# Design")
    nvim.lua("answers = { 1 }")
    nvim.command("VtDiff")
    assert any("broken-link" in line for line in nvim.float())
    (question,) = nvim.lua("return asked")
    assert len(question["items"]) == 10
    assert question["items"][0].startswith("README.md:4  ")


@pytest.mark.usefixtures("design")
def test_diff_that_is_not_chosen_shows_nothing(nvim: Neovim) -> None:
    nvim.put_cursor("# Design")
    nvim.command("VtDiff")
    nvim.wait("#asked == 1")
    assert nvim.lua("return float()") is None
    assert nvim.notes() == []


def test_drifts_are_a_quickfix_list_also_of_files_that_are_not_loaded(nvim: Neovim, root: Path, design: int) -> None:
    nvim.command("VtDrifts")
    nvim.wait("vim.fn.getqflist({ winid = 0 }).winid ~= 0")
    items = quickfix(nvim)
    assert [(item["path"], item["line"]) for item in items] == sorted((item["path"], item["line"]) for item in items)
    assert len(items) == 10
    (link,) = (item for item in items if item["path"] == "README.md")
    assert not link["loaded"]
    assert (link["line"], link["column"], link["type"]) == (4, 70, "W")
    assert link["text"] == "The link's target `docs/runbook.md` does not exist [broken-link]"
    in_design = [(item["line"], item["text"].rpartition("[")[2][:-1]) for item in items if item is not link]
    assert sorted(in_design) == nvim.codes(design)
    nvim.command("cfirst")
    assert nvim.place() == ("README.md", 4, (root / "README.md").read_text(encoding="utf-8").splitlines()[3])


@pytest.mark.usefixtures("design")
def test_drifts_of_some_paths_and_types(nvim: Neovim) -> None:
    of_design = "tree-entry type-mismatch enum-member constant-value signature-mismatch missing-member example-call"
    of_design += " base-class parameter-default"
    for words, expected in [
        ("README.md", "broken-link"),
        ("docs", of_design),
        ("./docs/ constant-value", "constant-value"),
        ("constant-value tree-entry", "tree-entry constant-value"),
        ("src/ordersvc/config.py", "parameter-default"),
        ("README.md docs/ base-class broken-link", "broken-link base-class"),
    ]:
        nvim.command(f"VtDrifts {words}")
        nvim.wait("vim.fn.getqflist({ title = 0 }).title == ...", f"vt-lsp drifts {words}")
        assert [item["text"].rpartition("[")[2][:-1] for item in quickfix(nvim)] == expected.split(), words


@pytest.mark.usefixtures("design")
def test_no_drift_of_a_kind_closes_the_list(nvim: Neovim) -> None:
    nvim.command("VtDrifts")
    nvim.wait("vim.fn.getqflist({ winid = 0 }).winid ~= 0")
    nvim.command("VtDrifts docs/elsewhere")
    assert nvim.wait("notes[1] and notes[1].text") == "vt-lsp: none of 10 drifts is of these"
    assert nvim.lua("return vim.fn.getqflist({ winid = 0 }).winid") == 0


def test_the_forecast_is_a_page(nvim: Neovim, root: Path, design: int) -> None:
    assert design
    (root / "TASKS.md").write_text("# Plan\n\n" + "- [ ] Make a part\n" * 9, encoding="utf-8")
    nvim.command("VtCheck")
    nvim.wait("notes[1]")
    nvim.command("VtForecast")
    assert "0 of 9 tasks done" in "\n".join(nvim.float())
    assert title(nvim) == "Forecast"


@pytest.mark.usefixtures("design")
def test_the_report_is_opened_in_the_browser(nvim: Neovim) -> None:
    nvim.lua("vim.ui.open = function(uri) opened = uri end")
    nvim.command("VtReport")
    uri = str(nvim.wait("opened"))
    assert uri.startswith("file://")
    assert "</html>" in Path(url2pathname(urlsplit(uri).path)).read_text("utf-8")


@pytest.mark.usefixtures("design")
def test_completion(nvim: Neovim) -> None:
    for line, expected in [
        ("Vt", COMMANDS),
        ("VtCompliance ", ["README.md", "docs/design.md"]),
        ("VtCompliance d", ["docs/design.md"]),
        ("VtDrifts con", ["constant-value"]),
        ("VtDrifts constant-value do", ["docs/", "docs/design.md"]),
        ("VtDrifts src/ordersvc/b", ["src/ordersvc/book.py"]),
        ("VtLog ", ["client", "server"]),
    ]:
        assert nvim.lua("return vim.fn.getcompletion(..., 'cmdline')", line) == expected


def test_without_a_client_a_command_says_what_to_do(nvim: Neovim) -> None:
    commands = [name for name in COMMANDS if name not in {"VtLog", "VtRestart"}]
    for command in commands:
        nvim.command(command)
    assert nvim.notes() == ["vt-lsp: no file is attached: open a Markdown or Python file"] * len(commands)
    nvim.lua("notes = {}; vim.lsp.enable('vt_lsp', false)")
    for command in [*commands, "VtRestart"]:
        nvim.command(command)
    assert nvim.notes() == ["vt-lsp: not enabled. Put vim.lsp.enable('vt_lsp') into init.lua"] * (len(commands) + 1)
    assert nvim.lua("return vim.fn.getcompletion('VtDrifts ', 'cmdline')") == []


def test_commands_work_from_any_window(nvim: Neovim, design: int) -> None:
    assert design
    nvim.command("help | VtDrifts")
    nvim.wait("vim.fn.getqflist({ winid = 0 }).winid ~= 0")
    nvim.command("VtStatus")
    assert nvim.float()


@pytest.mark.usefixtures("design")
def test_restart_shows_the_drift_again(nvim: Neovim) -> None:
    before, old = nvim.codes(), nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].id")
    nvim.command("VtRestart")
    nvim.wait("(vim.lsp.get_clients({ name = 'vt_lsp' })[1] or { id = ... }).id ~= ...", old)
    nvim.settle()
    wait_for(lambda: nvim.codes() == before, "the same drift")
    assert nvim.notes() == []


def test_logs_can_be_opened(nvim: Neovim, root: Path) -> None:
    nvim.command("VtLog")
    assert nvim.notes()[0].startswith("vt-lsp: nothing was logged yet in ")
    nvim.lua("vim.lsp.log.set_level('debug')")
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.command("VtLog client")
    assert nvim.place()[0] == "lsp.log"
    assert not nvim.lua("return vim.bo.modifiable")
    path = nvim.lua("return require('vt_lsp.server').log_path()")
    assert path.endswith("/nvim/vt-lsp.log")


def test_lenses_count_and_show_the_claims(start: Start, root: Path) -> None:
    nvim = start(LENSES)
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.wait("#vim.lsp.codelens.get(0) > 3")
    titles = {
        lens["range"]["start"]["line"] + 1: lens["command"]["title"]
        for lens in nvim.lua("return vim.lsp.codelens.get(0)")
    }
    assert titles[1] == "33/42 claims hold in this document"
    assert titles[39] == "12/16 claims hold"
    nvim.lua("vim.api.nvim_win_set_cursor(0, { 39, 0 }); vim.lsp.codelens.run()")
    lines = nvim.float()
    assert any("MAX_OPEN_ORDERS" in line for line in lines)
    assert not any("storage.py" in line for line in lines)
    row = next(number for number, line in enumerate(lines, 1) if "reopen" in line)
    nvim.lua("vim.api.nvim_win_set_cursor(0, { ..., 0 })", row)
    nvim.keys("<CR>")
    assert nvim.place()[1] == 50
    assert nvim.lua("return float()") is None
    nvim.put_cursor("100` are open")
    nvim.keys("ct`250<Esc>")
    nvim.wait("vim.lsp.codelens.get(0)[1].command.title:find('^34/42')")


def test_lenses_of_code_lead_to_the_specs(start: Start, root: Path) -> None:
    nvim = start(LENSES)
    nvim.edit(root / "src/ordersvc/book.py")
    nvim.settle()
    nvim.wait("#vim.lsp.codelens.get(0) > 2")
    nvim.lua("vim.api.nvim_win_set_cursor(0, { 12, 0 }); vim.lsp.codelens.run()")
    lines = nvim.float()
    row = next(number for number, line in enumerate(lines, 1) if "MAX_OPEN_ORDERS" in line and "✗" in line)
    nvim.lua("vim.api.nvim_win_set_cursor(0, { ..., 0 })", row)
    nvim.keys("<CR>")
    assert nvim.place()[:2] == ("design.md", 41)
