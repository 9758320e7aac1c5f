"""What the program ``claude`` writes on stdout, one JSON object a line, as events of ours.

Pure. Unknown types and fields are passed over. The rules were seen of version 2.1.330: success is a ``result`` that is
no error and had a turn, whatever its ``subtype`` and the exit code say; its text counts, what was streamed is for the
eye; errors are told on stdout.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from vt_lsp.claude_integration.failures import failed, of_status
from vt_lsp.claude_integration.messages import Delta, Done, Event, Failed, Reason, Reset, Started, Usage

_VOID: Final = "The connection broke; the answer begins anew."
_LINE_LIMIT: Final = 1 << 25  # bytes without the end of a line: it is no protocol
_OF_ERROR: Final = {
    "authentication_failed": Reason.NOT_LOGGED_IN,
    "billing_error": Reason.BILLING,
    "model_not_found": Reason.MODEL,
    "rate_limit": Reason.RATE_LIMIT,
    "overloaded": Reason.OVERLOADED,
    "max_output_tokens": Reason.CUT_OFF,
}
Json = dict[str, Any]


class Transcript:
    """The lines of one question so far; ``feed`` gives what is to be shown, ``finish`` how it ended."""

    def __init__(self, provider: str, model: str, *, schema: bool) -> None:
        """``model`` is the one asked for; ``schema``: a structured answer is."""
        self._provider, self._asked, self._wants_data = provider, model, schema
        self._rest = b""
        self._model = ""
        self._shown: list[str] = []
        self._partial: list[str] = []
        self._error: Json = {}
        self._result: Json | None = None
        self._is_strange = False
        self.gave_up = False  # the program would go on trying what cannot work

    @property
    def is_over(self) -> bool:
        """Whether the program has told its result."""
        return self._result is not None

    def feed(self, data: bytes) -> list[Event]:
        """The events in the next bytes of stdout; text that belongs together is one event."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _LINE_LIMIT:
            self._rest, self._is_strange = b"", True
        events: list[Event] = []
        for line in lines:
            if line.strip():
                for event in self._line(line):
                    last = events[-1] if events else None
                    if isinstance(event, Delta) and isinstance(last, Delta):
                        events[-1] = Delta(last.text + event.text)
                    else:
                        events.append(event)
        return events

    def finish(self, code: int | None, stderr: str) -> Done | Failed:
        """How it ended; ``code`` is the exit code, if it has ended, ``stderr`` what it said there."""
        if self._result is None:
            if "unknown option" in stderr:
                return self._failed(Reason.OUTDATED)
            return self._failed(Reason.UNREADABLE if self._is_strange and code == 0 else Reason.CRASHED)
        result = self._result
        text = result.get("result") if isinstance(result.get("result"), str) else ""
        data = result.get("structured_output")
        usage, model = self._usage(result)
        reason = self._reason(result, text or "")
        is_cut = reason is Reason.CUT_OFF
        if is_cut and not self._wants_data and (partial := "".join(self._partial) or "".join(self._shown)):
            note = failed(Reason.CUT_OFF, self._provider).sentence
            return Done(partial, self._provider, model, usage=usage, note=note, complete=False)
        if reason is not None:
            return self._failed(reason)
        if self._wants_data and not isinstance(data, Mapping):
            return self._failed(Reason.BAD_SCHEMA)
        note = ""
        if self._asked.startswith("claude-") and model and not model.startswith(self._asked):
            note = f"Answered by {model}: {self._asked} is not offered any more."
        return Done(text or "", self._provider, model, data=data, usage=usage, note=note)

    def _line(self, line: bytes) -> list[Event]:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            self._is_strange = True
            return []
        if not isinstance(event, dict):
            return []
        match event.get("type"), event.get("subtype"):
            case "system", "init":
                is_first, self._model = not self._model, _text(event, "model") or self._asked
                return [Started(self._provider, self._model)] if is_first else []
            case "system", "api_retry":
                return self._retry(event)
            case "stream_event", _:
                return self._stream(_table(event, "event"))
            case "assistant", _:
                self._assistant(event)
            case "result", _:
                self._result = event
        return []

    def _retry(self, event: Json) -> list[Event]:
        status = event.get("error_status")
        if status in (401, 403):  # it would go on trying for minutes
            self._result = {"is_error": True, "api_error_status": status}
            self.gave_up = True
        return self._void()

    def _void(self) -> list[Event]:
        if not self._shown:
            return []
        self._shown.clear()
        return [Reset(_VOID)]

    def _stream(self, event: Json) -> list[Event]:
        kind, delta = event.get("type"), _table(event, "delta")
        if kind == "content_block_delta" and delta.get("type") == "text_delta" and (text := _text(delta, "text")):
            self._shown.append(text)
            return [Delta(text)]
        if kind == "message_stop" and event.get("abandoned_blocks"):
            return self._void()
        return [Delta("")] if kind == "content_block_delta" else []

    def _assistant(self, event: Json) -> None:
        message = _table(event, "message")
        content = message.get("content")
        blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
        text = "".join(_text(block, "text") for block in blocks if block.get("type") == "text")
        if event.get("is_api_error_message") or event.get("error"):
            self._error = {"error": event.get("error"), "api_error": event.get("api_error"), "text": text}
        else:
            self._partial.append(text)

    def _reason(self, result: Json, text: str) -> Reason | None:
        """Why the result is none; None when it is one."""
        error = self._error.get("error")
        if result.get("stop_reason") == "refusal":
            return Reason.REFUSED
        if result.get("stop_reason") == "max_tokens" or error == "max_output_tokens":
            return Reason.CUT_OFF
        if not result.get("is_error") and isinstance(turns := result.get("num_turns"), int) and turns >= 1:
            return None if text or self._wants_data else Reason.EMPTY
        status = result.get("api_error_status")
        if isinstance(status, int):
            return of_status(status, self._error.get("text") or text)
        if result.get("terminal_reason") == "prompt_too_long":
            return Reason.TOO_LONG
        if isinstance(error, str) and error in _OF_ERROR:
            return _OF_ERROR[error]
        if self._error.get("api_error") == "connection_failed" or error == "server_error":
            return Reason.CONNECTION
        return Reason.UNREADABLE if error == "unknown" else Reason.CRASHED

    def _failed(self, reason: Reason) -> Failed:
        return failed(reason, self._provider)

    def _usage(self, result: Json) -> tuple[Usage, str]:
        """The tokens, and the model that answered: the one that wrote most."""
        counts, models = _table(result, "usage"), _table(result, "modelUsage")
        named = {name: one for name, one in models.items() if isinstance(one, dict)}
        model = max(named, key=lambda name: _number(named[name], "outputTokens"), default=self._model or self._asked)
        cost = result.get("total_cost_usd")
        usage = Usage(
            _number(counts, "input_tokens"),
            _number(counts, "output_tokens"),
            _number(counts, "cache_read_input_tokens"),
            _number(counts, "cache_creation_input_tokens"),
            float(cost) if isinstance(cost, int | float) else None,
            _number(named.get(model, {}), "contextWindow"),
        )
        return usage, model


def _table(event: Json, key: str) -> Json:
    value = event.get(key)
    return value if isinstance(value, dict) else {}


def _text(event: Json, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _number(event: Json, key: str) -> int:
    value = event.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
