"""The mock of the API, the program (the stand-in, and the real one where it is), and chains made of them."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import anthropic  # noqa: F401 - importing it may take seconds, which no limit of a test should see
import pytest

from tests.claude import mock_api
from vt_lsp.claude_integration.api_provider import ClaudeApi
from vt_lsp.claude_integration.cache import AnswerCache
from vt_lsp.claude_integration.chain import Chain
from vt_lsp.claude_integration.cli_provider import ClaudeCli
from vt_lsp.claude_integration.gate import Gate
from vt_lsp.claude_integration.local_provider import LocalServer
from vt_lsp.claude_integration.messages import Done, Facts, Failed, Request
from vt_lsp.claude_integration.offline import OfflineRules
from vt_lsp.claude_integration.timing import Limits
from vt_lsp.claude_integration.usage import UsageLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from vt_lsp.claude_integration.messages import Event, Provider

STAND_IN = Path(mock_api.__file__).with_name("stand_in.py")
REAL = os.environ.get("VT_CLAUDE") or shutil.which("claude")
KEY = "sk-ant-dummy"
FACTS = Facts(
    claim="place(order)", symbol="place(order, dry_run)", spec_place="docs/design.md:12", difference="dry_run"
)
QUESTION = Request("Why do they differ?", facts=FACTS, template="explain", version="1")


@pytest.fixture(scope="session")
def api() -> Iterator[mock_api.MockApi]:
    with mock_api.running() as server:
        yield server


@pytest.fixture(autouse=True)
def _fresh(api: mock_api.MockApi) -> None:
    api.seen.clear()


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    file = folder / "claude"
    file.write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}", "utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture(params=["stand-in", "real"])
def program(request: pytest.FixtureRequest, stand_in: Path) -> Path:
    if request.param == "stand-in":
        return stand_in
    if REAL is None:
        pytest.skip("the program claude is not installed")
    return Path(REAL).resolve()


@dataclass
class Kit:
    """Makes providers and chains, and closes them at the end."""

    api: mock_api.MockApi
    tmp: Path
    root: Path
    chains: list[Chain] = field(default_factory=list)

    def environment(self, scenario: str, **more: str) -> dict[str, str]:
        """What the program gets: a home and a configuration of its own, and the mock."""
        home = self.tmp / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / "config"), "TMPDIR": str(self.tmp)}
        login = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": self.api.url(scenario)}
        return {"PATH": os.environ["PATH"], **own, **login, **more}

    def cli(self, program: Path, scenario: str = "ok", **more: str) -> ClaudeCli:
        memory = self.tmp / "program.json"
        return ClaudeCli(self.root, self.environment(scenario, **more), str(program), "sonnet", memory)

    def http(self, scenario: str = "ok") -> ClaudeApi:
        return ClaudeApi(self.environment(scenario), "sonnet")

    def local(self, scenario: str = "ok") -> LocalServer:
        return LocalServer(f"{self.api.url(scenario)}/v1", "llama")

    def chain(self, *providers: Provider, limits: Limits | None = None, off: Failed | None = None) -> Chain:
        chain = Chain(
            (*providers, OfflineRules()),
            gate=Gate(self.root),
            cache=AnswerCache(self.tmp / "cache", "p"),
            usage=UsageLog(self.tmp / "state"),
            limits=limits or Limits(pause=0.01, poll=0.02),
            off=off,
        )
        self.chains.append(chain)
        return chain


@pytest.fixture
async def kit(api: mock_api.MockApi, tmp_path: Path) -> AsyncIterator[Kit]:
    root = tmp_path / "workspace"
    root.mkdir()
    made = Kit(api, tmp_path, root)
    yield made
    for chain in made.chains:
        await chain.aclose()


async def events_of(chain: Chain, request: Request = QUESTION) -> list[Event]:
    async with aclosing(chain.stream(request)) as events:
        return [event async for event in events]


async def outcome_of(chain: Chain, request: Request = QUESTION) -> Done | Failed:
    last = (await events_of(chain, request))[-1]
    assert isinstance(last, Done | Failed)
    return last
