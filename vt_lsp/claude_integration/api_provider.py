"""Claude through the package ``anthropic`` (the extra of that name), with a key from the environment.

The package takes a second and 76 MB to import, so it is imported at the first question, beside the loop. Its own trying
again is off: told to wait for an hour, it would.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
from typing import TYPE_CHECKING, Any, Final

from vt_lsp.claude_integration.failures import failed, of_status
from vt_lsp.claude_integration.messages import (
    Capabilities,
    Delta,
    Done,
    Failed,
    Health,
    Reason,
    Started,
    Usage,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from anthropic import AsyncAnthropic

    from vt_lsp.claude_integration.messages import Event, Prompt

log = logging.getLogger(__name__)

# The API knows no aliases. Its documentation, "Models".
MODELS: Final = {"opus": "claude-opus-5-5", "sonnet": "claude-sonnet-5-5", "haiku": "claude-haiku-5-5"}
# US dollars for a million tokens of input and of output (the same page); writing to its cache costs 1.25 of it, reading
# a tenth.
_PRICES: Final = {"claude-opus-5-5": (4.0, 20.0), "claude-sonnet-5-5": (2.0, 10.0), "claude-haiku-5-5": (0.1, 0.5)}
_CACHED: Final = {"type": "ephemeral"}
_SECONDS: Final = 120.0


class ClaudeApi:
    """See the module."""

    name = "claude-api"
    capabilities = Capabilities()

    def __init__(self, environment: Mapping[str, str], model: str) -> None:
        """``environment`` has the key, and perhaps another address."""
        self._environment, self._model = environment, MODELS.get(model, model)
        self._client: AsyncAnthropic | None = None

    @property
    def identity(self) -> str:
        """The model, and the host that is asked."""
        return f"{self._model} {self._environment.get('ANTHROPIC_BASE_URL', '')}"

    async def health(self) -> Health:
        """Whether the package and a key are there; the login shows at the first question."""
        missing = self._missing()
        sentence = missing.sentence if missing is not None else f"The API can be asked for {self._model}."
        return Health(self.name, ready=missing is None, sentence=sentence)

    async def warm(self, prompt: Prompt) -> None:  # noqa: ARG002 - the same for every question
        """Import the package."""
        if self._missing() is None:
            await self._connected()

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """The answer as the API tells it."""
        if (missing := self._missing()) is not None:
            yield missing
            return
        try:
            client = await self._connected()
            yield Started(self.name, self._model)
            async with client.messages.stream(**self._body(prompt)) as events:
                async for event in events:
                    if event.type == "content_block_delta":
                        yield Delta(event.delta.text if event.delta.type == "text_delta" else "")
                outcome = self._outcome(prompt, await events.get_final_message())
        except Exception as error:  # noqa: BLE001 - faults inside a stream come out of the package as of any kind
            outcome = _of_error(error)
        yield outcome

    async def aclose(self) -> None:
        """Close its connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _missing(self) -> Failed | None:
        if importlib.util.find_spec("anthropic") is None:
            return failed(Reason.NOT_INSTALLED, self.name, what="The package `anthropic`")
        if not any(self._environment.get(name) for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")):
            return failed(Reason.NOT_LOGGED_IN, self.name)
        return None

    async def _connected(self) -> AsyncAnthropic:
        if self._client is None:
            self._client = await asyncio.to_thread(self._connect)
        return self._client

    def _connect(self) -> AsyncAnthropic:
        from anthropic import AsyncAnthropic  # noqa: PLC0415 - see the module

        return AsyncAnthropic(
            api_key=self._environment.get("ANTHROPIC_API_KEY"),
            auth_token=self._environment.get("ANTHROPIC_AUTH_TOKEN"),
            base_url=self._environment.get("ANTHROPIC_BASE_URL"),
            max_retries=0,
            timeout=_SECONDS,
        )

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        """The request; the model's cache of prompts is told where the parts end that other questions share."""
        blocks: list[dict[str, Any]] = [{"type": "text", "text": part} for part in prompt.parts]
        for end in {prompt.stable, prompt.quoted}:
            if 1 < end <= len(blocks):  # the first part alone is a line
                blocks[end - 1]["cache_control"] = _CACHED
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": prompt.max_tokens,
            "system": [{"type": "text", "text": prompt.system}],
            "messages": [{"role": "user", "content": blocks}],
        }
        output: dict[str, Any] = {"effort": prompt.effort}
        if prompt.schema:
            output["format"] = {"type": "json_schema", "schema": json.loads(prompt.schema)}
        return {**body, "extra_body": {"output_config": output}}

    def _outcome(self, prompt: Prompt, message: Any) -> Done | Failed:  # noqa: ANN401 - a type of the package
        text = "".join(block.text for block in message.content if block.type == "text")
        usage = _usage(message.model, message.usage)
        if message.stop_reason == "refusal":
            return failed(Reason.REFUSED, self.name)
        if message.stop_reason == "max_tokens":
            cut = failed(Reason.CUT_OFF, self.name)
            if prompt.schema or not text:
                return cut
            return Done(text, self.name, message.model, usage=usage, note=cut.sentence, complete=False)
        if not text.strip():
            return failed(Reason.EMPTY, self.name)
        if not prompt.schema:
            return Done(text, self.name, message.model, usage=usage)
        try:
            return Done(text, self.name, message.model, data=json.loads(text), usage=usage)
        except (ValueError, RecursionError):
            return failed(Reason.BAD_SCHEMA, self.name)


def _usage(model: str, counted: Any) -> Usage:  # noqa: ANN401 - a type of the package
    read, written = counted.cache_read_input_tokens or 0, counted.cache_creation_input_tokens or 0
    cost = None
    if model in _PRICES:
        price_in, price_out = _PRICES[model]
        cost = (
            price_in * (counted.input_tokens + 1.25 * written + 0.1 * read) + price_out * counted.output_tokens
        ) / 1_000_000
    return Usage(counted.input_tokens, counted.output_tokens, read, written, cost)


def _of_error(error: Exception) -> Failed:
    """What an exception of the package, or of what it stands on, means."""
    import anthropic  # noqa: PLC0415 - it is imported already

    name = ClaudeApi.name
    match error:
        case anthropic.APITimeoutError():
            return failed(Reason.NO_ANSWER, name)
        case anthropic.APIConnectionError():
            return failed(Reason.CONNECTION, name)
        case anthropic.APIStatusError() if error.status_code != 200:
            wait = _seconds(error.response.headers.get("retry-after"))
            return failed(of_status(error.status_code, str(error)), name, wait)
        case anthropic.APIStatusError():
            return failed(Reason.OVERLOADED if "overloaded" in str(error).lower() else Reason.SERVER, name)
        case ValueError() | AssertionError():  # json.JSONDecodeError among them
            return failed(Reason.UNREADABLE, name)
    log.info("the package anthropic raised %s: %s", type(error).__name__, error)
    module = type(error).__module__.partition(".")[0]
    return failed(Reason.CONNECTION if module.startswith(("httpx", "httpcore")) else Reason.INTERNAL, name)


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None
