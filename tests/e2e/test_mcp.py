"""``vt-lsp mcp`` as a coding agent has it: asked by the client of the SDK, over stdio."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

pytest.importorskip("mcp")  # an extra

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "vt_lsp", "mcp"]
SECRET = "sk-ant-api03-4f9d8c7b6a5e4d3c2b1a0f9e8d7c6b5a"  # noqa: S105 - made up

SPEC = f"""# Shop

`Book.place(order)` puts an order into the book of `shop.py`.
Its limit is `LIMIT = 10`, and its key `ACCESS = "{SECRET}"`.

## Tasks

- [x] write `shop.py`
- [ ] write the rest
"""
CODE = """LIMIT = 20
ACCESS = "from the environment, not from here"


class Book:
    def place(self, order): ...
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "docs").mkdir(parents=True)
    (root / "docs/design.md").write_text(SPEC)
    (root / "docs/kept.md").write_text("# Kept\n\n`LIMIT = 30` in `shop.py`.\n")
    (root / "shop.py").write_text(CODE)
    (root / "vt-lsp.toml").write_text('[claude]\nexclude = ["docs/kept.md"]\n')
    (tmp_path / "outside.md").write_text("`LIMIT = 40`\n")
    return root


def environment(project: Path) -> dict[str, str]:
    places = {f"XDG_{name}_HOME": str(project.parent / name.lower()) for name in ("CACHE", "STATE", "CONFIG")}
    return {**os.environ, **places, "PYTHONPATH": str(ROOT)}


@asynccontextmanager
async def agent(project: Path, *options: str) -> AsyncIterator[Client]:
    words = [*PROGRAM[1:], "--root", str(project), *options]
    server = StdioServerParameters(command=PROGRAM[0], args=words, env=environment(project), cwd=project)
    async with Client(stdio_client(server)) as client:
        yield client


async def ask(client: Client, tool: str, **arguments: Any) -> Any:
    """The answer as data, which is also there as text."""
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert content.type == "text"
    assert not result.is_error, content.text
    assert json.loads(content.text) == result.structured_content
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """What is said where a tool does not answer."""
    result = await client.call_tool(tool, arguments)
    (content,) = result.content
    assert result.is_error
    assert content.type == "text"
    return content.text


def valid(name: str, document: dict[str, Any]) -> None:
    schema = json.loads((ROOT / f"vt_lsp/schemas/{name}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


async def test_it_reads_and_offers_nothing_that_writes(project: Path) -> None:
    async with agent(project) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["check", "explain", "precedents", "forecast"]
        assert all(tool.annotations and tool.annotations.read_only_hint and tool.description for tool in tools)
        assert "record_decision" in await refused(client, "record_decision", outcome="x", rationale="y")


async def test_drift_is_found_and_explained_and_goes_when_it_is_mended(project: Path) -> None:
    async with agent(project) as client:
        answer = await ask(client, "check")
        assert answer["left_out"] == 0
        limit = next(drift for drift in answer["drifts"] if "`LIMIT`" in drift["details"])
        assert limit["details"] == "`LIMIT` is `20`, not `10`"
        explained = await ask(client, "explain", fingerprint=limit["fingerprint"])
        valid("check", explained)
        (drift,) = explained["drifts"]
        assert [edit["new_text"] for way in drift["realignments"] for edit in way["edits"]] == ["20", "10"]
        (project / "docs/design.md").write_text(SPEC.replace("LIMIT = 10", "LIMIT = 20"))
        assert limit["fingerprint"] not in {one["fingerprint"] for one in (await ask(client, "check"))["drifts"]}


async def test_a_check_can_be_of_some_paths_and_of_a_few_drifts(project: Path) -> None:
    async with agent(project) as client:
        few = await ask(client, "check", limit=1)
        assert len(few["drifts"]) == 1
        assert few["left_out"] >= 1
        del few["left_out"], few["kept_back"]
        valid("check", few)
        (project / "README.md").write_text("# All is well\n")
        assert (await ask(client, "check", paths=["README.md"]))["drifts"] == []


async def test_nothing_outside_of_the_project_and_nothing_kept_back(project: Path) -> None:
    (project / "out.md").symlink_to(project.parent / "outside.md")
    (project / ".env").write_text("A=1\n")
    async with agent(project) as client:
        for path in ("..", "../outside.md", str(project.parent / "outside.md"), "out.md", ".env", "docs/kept.md"):
            for tool in ("check", "forecast"):
                assert "outside of the project, or kept back" in await refused(client, tool, paths=[path])
        answer = await ask(client, "check")
        assert answer["kept_back"] == 1
        assert "kept.md" not in json.dumps(answer)


async def test_secrets_are_masked(project: Path) -> None:
    async with agent(project) as client:
        answer = await ask(client, "check")
        (drift,) = [drift for drift in answer["drifts"] if "ACCESS" in drift["details"] + drift["subject"]]
        explained = await ask(client, "explain", fingerprint=drift["fingerprint"])
    assert SECRET not in json.dumps([answer, explained])
    assert "[left out]" in json.dumps(explained)


async def test_task_lists_are_forecast(project: Path) -> None:
    async with agent(project) as client:
        answer = await ask(client, "forecast", paths=["docs/design.md"])
        valid("forecast", answer)
        assert [one["path"] for one in answer["lists"]] == ["docs/design.md"]


async def test_a_decision_is_recorded_where_that_is_allowed_and_found_again(project: Path) -> None:
    before = files(project)
    async with agent(project, "--allow-writes") as client:
        recorded = await ask(
            client,
            "record_decision",
            outcome="--root is what orders are kept below",  # begins like an option
            rationale="a database that we know",
            title="PostgreSQL for orders",
            files=["shop.py"],
        )
        (decision,) = recorded["decisions"]
        assert decision["outcome"] == "--root is what orders are kept below"
        assert decision["files"] == ["shop.py"]
        found = await ask(client, "precedents", situation="which database for orders?", paths=["shop.py"])
        valid("precedents", found)
        assert [one["title"] for one in found["precedents"]] == ["PostgreSQL for orders"]
        assert "outside" in await refused(client, "record_decision", outcome="x", rationale="y", files=["/etc/hosts"])
    assert files(project) == before


async def test_what_cannot_be_answered_is_said_and_the_next_question_is_answered(project: Path) -> None:
    async with agent(project) as client:
        assert "not a git repository" in await refused(client, "check", since="main")
        assert "has the fingerprint" in await refused(client, "explain", fingerprint="0123456789abcdef")
        assert "fingerprint" in await refused(client, "explain", fingerprint="--help")
        assert "cannot be asked" in await refused(client, "precedents", situation="a\0b")
        assert "not a path" in await refused(client, "check", paths=["a\0b"])
        assert "no such file" in await refused(client, "check", paths=["docs/none.md"])
        assert (await ask(client, "check"))["drifts"]


async def test_no_module_of_the_project_is_taken_for_one_of_ours(project: Path) -> None:
    for name in ("json.py", "vt_lsp.py", "argparse.py"):
        (project / name).write_text("import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n")
    installed = {name: value for name, value in environment(project).items() if name != "PYTHONPATH"}
    words = ["-P", *PROGRAM[1:], "--root", str(project)]
    server = StdioServerParameters(command=PROGRAM[0], args=words, env=installed, cwd=project)
    async with Client(stdio_client(server)) as client:
        assert (await ask(client, "check"))["drifts"]
    assert not [path for path in files(project) if path.endswith(".ran")]


def test_it_ends_with_its_input(project: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "--root", project], input=b"", env=environment(project), capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_it_ends_at_a_signal(project: Path) -> None:
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
    }
    with subprocess.Popen(
        [*PROGRAM, "--root", project], env=environment(project), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin
        assert server.stdout
        server.stdin.write(json.dumps(message).encode() + b"\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "vt-lsp"
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 128 + signal.SIGTERM


def test_without_the_sdk_it_says_what_to_install(project: Path) -> None:
    program = "import sys; sys.modules['mcp'] = None; from vt_lsp.cli.main import main; sys.exit(main(['mcp']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env=environment(project),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("vt-lsp: mcp needs an extra: pip install 'vt-lsp[mcp]'")
