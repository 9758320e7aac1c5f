"""The first three invariants of docs/architecture.md, held by reading what each module imports and calls."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "vt_lsp"
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py"))

PROTOCOL = {"pygls", "lsprotocol"}
INPUT_OUTPUT = {
    "os",
    "io",
    "subprocess",
    "sqlite3",
    "socket",
    "shutil",
    "tempfile",
    "glob",
    "asyncio",
    "multiprocessing",
}
FOREIGN_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "runpy", "code", "imp", "pkgutil"}
HARMLESS_IMPORTLIB = {"importlib.metadata", "importlib.resources", "importlib.util"}
LOADERS = {"import_module", "exec_module", "load_module", "module_from_spec", "spec_from_file_location", "run_path"}
NETWORK = {"urllib.request", "http", "requests", "httpx", "aiohttp", "ftplib", "smtplib"}


def imports(path: str) -> set[str]:
    """The absolute names of the modules that a module imports, anywhere in it."""
    package = ("vt_lsp", *Path(path).parts[:-1])
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *(node.module or "").split("."))).strip(".")
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def is_within(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def calls(path: str) -> set[str]:
    """The plain and the dotted names that are called."""
    nodes = ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}


def test_there_is_something_to_look_at() -> None:
    assert {"models.py", "cli/main.py", "code/python.py", "engine.py"} <= set(MODULES)
    assert "vt_lsp.text.LineIndex" in imports("cli/result.py")


@pytest.mark.parametrize("path", [path for path in MODULES if not path.startswith("server/")])
def test_only_the_server_knows_the_protocol(path: str) -> None:
    assert not [name for name in imports(path) if is_within(name, PROTOCOL)]


@pytest.mark.parametrize("path", [path for path in MODULES if not path.startswith(("server/", "cli/"))])
def test_nothing_below_knows_the_server_or_the_command_line(path: str) -> None:
    assert (
        not [name for name in imports(path) if is_within(name, {"vt_lsp.server", "vt_lsp.cli"})]
        or path == "__main__.py"
    )


@pytest.mark.parametrize("path", [path for path in MODULES if path.startswith("code/")])
def test_code_does_not_know_specs(path: str) -> None:
    upward = {
        "vt_lsp.specs",
        "vt_lsp.workspace",
        "vt_lsp.continuous_eval",
        "vt_lsp.engine",
        "vt_lsp.server",
        "vt_lsp.cli",
    }
    assert not [name for name in imports(path) if is_within(name, upward)]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.startswith(("code/", "specs/")) or path == "models.py"]
)
def test_readers_do_no_input_or_output(path: str) -> None:
    assert not [name for name in imports(path) if is_within(name, INPUT_OUTPUT)]
    assert "pathlib.Path" not in imports(path), "only PurePosixPath is free of input and output"
    assert not calls(path) & {"open", "input", "print"}


# It imports modules of the package alone, by names that stand in tables of ours.
LAZY = "lazily.py"


@pytest.mark.parametrize("path", [path for path in MODULES if path != LAZY])
def test_nothing_of_the_analysed_project_is_run(path: str) -> None:
    names = imports(path)
    assert not [name for name in names if is_within(name, FOREIGN_CODE)]
    assert not [name for name in names if is_within(name, {"importlib"}) and not is_within(name, HARMLESS_IMPORTLIB)]
    assert not {name.rpartition(".")[2] for name in calls(path)} & LOADERS
    assert not calls(path) & {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec"}


# What posts to the one address that the user's own settings name, and asks the one server that they name.
NAMED_BY_THE_USER = {"continuous_eval/alert_channels.py", "claude_integration/local_provider.py"}


@pytest.mark.parametrize("path", [path for path in MODULES if path not in NAMED_BY_THE_USER])
def test_nothing_speaks_to_the_network_but_to_what_the_user_names(path: str) -> None:
    assert not [name for name in imports(path) if is_within(name, NETWORK)]
