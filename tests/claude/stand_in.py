"""A stand-in for the program ``claude`` over the mock of the API, for machines that do not have it.

It takes the options that we use, reads turns from stdin as stream-json, and writes the events that version 2.1.330 was
seen to write. Faults of the program itself are scenarios too: ``cli_crash``, ``cli_prose`` (no JSON), ``cli_lingers``
(does not end after its result), ``cli_stubborn`` (hangs, and does not end when it is told to).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import sys
import time
import urllib.parse
from pathlib import Path
from typing import Any, NoReturn

Json = dict[str, Any]

VERSION = "2.1.330 (stand-in)"
SWITCHES = (
    "--print", "--verbose", "--include-partial-messages", "--bare", "--restricted", "--strict-mcp-config",
    "--no-session-persistence", "--disable-slash-commands", "--version", "--help",
)  # fmt: skip
OPTIONS = (
    "--output-format", "--input-format", "--system-prompt", "--tools", "--model", "--effort", "--setting-sources",
    "--permission-prompts", "--json-schema",
)  # fmt: skip
ERRORS = {
    401: "authentication_failed", 403: "authentication_failed", 404: "model_not_found", 429: "rate_limit",
    529: "server_error", 500: "server_error",
}  # fmt: skip
RETRIED = {401, 408, 409, 429, 500, 502, 503, 504, 529}


class ApiError(Exception):
    def __init__(self, status: int | None, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"error: unknown option {message}\n")
        sys.exit(1)


def emit(**event: object) -> None:
    sys.stdout.write(json.dumps({**event, "session_id": "s", "uuid": "u"}) + "\n")
    sys.stdout.flush()


class Turn:
    def __init__(self, options: argparse.Namespace, text: str) -> None:
        self.options, self.text, self.started = options, text, time.monotonic()
        self.pieces: list[str] = []
        self.data: Json | None = None
        self.usage: Json = {}
        self.stop = ""

    def run(self) -> bool:
        emit(
            type="system", subtype="init", cwd=str(Path.cwd()), tools=[], mcp_servers=[], model=self.options.model,
            permissionMode="default", apiKeySource="ANTHROPIC_API_KEY", claude_code_version=VERSION,
        )  # fmt: skip
        if not os.environ.get("ANTHROPIC_API_KEY"):
            return self.fail(None, "authentication_failed", "Not logged in")
        limit = int(os.environ.get("CLAUDE_CODE_MAX_RETRIES", "10"))
        for attempt in range(limit + 1):
            try:
                self.ask()
                break
            except (ApiError, OSError, http.client.HTTPException) as error:
                status = error.status if isinstance(error, ApiError) else None
                if attempt == limit or (status is not None and status not in RETRIED):
                    return self.give_up(error, status)
                emit(type="system", subtype="api_retry", attempt=attempt + 1, max_retries=limit, error_status=status)
                self.pieces.clear()
                time.sleep(0.2)
        return self.succeed()

    def give_up(self, error: Exception, status: int | None) -> bool:
        message = str(error)
        kind = ERRORS.get(status, "invalid_request") if status is not None else "server_error"
        if "credit" in message:
            kind = "billing_error"
        if message == "garbage":
            return self.fail(None, "unknown", message)
        return self.fail(status, kind, message, "prompt_too_long" if "too long" in message else "api_error")

    def ask(self) -> None:
        url = urllib.parse.urlsplit(os.environ["ANTHROPIC_BASE_URL"])
        seconds = int(os.environ.get("API_TIMEOUT_MS", "600000")) / 1000
        connection = http.client.HTTPConnection(url.hostname or "", url.port or 80, timeout=seconds)
        content = [{"type": "text", "text": self.text}]
        body: Json = {"model": self.options.model, "max_tokens": 1024, "stream": True}
        body |= {"system": self.options.system_prompt, "messages": [{"role": "user", "content": content}]}
        if self.options.json_schema:
            tool = {"name": "StructuredOutput", "input_schema": json.loads(self.options.json_schema)}
            body["tools"] = [tool]
        headers = {"content-type": "application/json", "x-api-key": os.environ["ANTHROPIC_API_KEY"]}
        connection.request("POST", f"{url.path.rstrip('/')}/v1/messages", json.dumps(body), headers)
        response = connection.getresponse()
        if response.status != 200:
            raise ApiError(response.status, str(json.loads(response.read())["error"]["message"]))
        if "text/event-stream" not in (response.getheader("content-type") or ""):
            raise ApiError(None, "garbage")
        is_whole = False
        for line in response:
            if line.startswith(b"data:"):
                is_whole = self.event(json.loads(line[5:])) or is_whole
        if not is_whole:
            raise http.client.IncompleteRead(b"")

    def event(self, event: Json) -> bool:
        kind, delta = event["type"], event.get("delta") or {}
        if kind == "error":
            raise ApiError(None, "Overloaded")
        if kind == "message_start":
            self.usage |= event["message"]["usage"]
        if delta.get("type") == "text_delta":
            self.pieces.append(delta["text"])
        if delta.get("type") == "input_json_delta":
            self.data = json.loads(delta["partial_json"])
        if kind == "message_delta":
            self.stop = delta.get("stop_reason", "")
            self.usage |= event.get("usage") or {}
        if kind != "ping":
            emit(type="stream_event", event=event, parent_tool_use_id=None)
        return bool(kind == "message_stop")

    def succeed(self) -> bool:
        text = "".join(self.pieces)
        self.message(text, self.options.model)
        if self.stop in {"refusal", "max_tokens"}:
            kind = "invalid_request" if self.stop == "refusal" else "max_output_tokens"
            return self.fail(None, kind, "API Error", stop=self.stop if self.stop == "refusal" else "stop_sequence")
        self.result(
            result=text, is_error=False, stop_reason=self.stop, terminal_reason="completed", api_error_status=None
        )
        return True

    def fail(self, status: int | None, error: str, text: str, terminal: str = "api_error", stop: str = "") -> bool:
        self.message(text, "<synthetic>", error=error, is_api_error_message=True)
        self.result(
            result=text, is_error=True, stop_reason=stop or "stop_sequence", terminal_reason=terminal,
            api_error_status=status,
        )  # fmt: skip
        return False

    def message(self, text: str, model: str, **more: object) -> None:
        message = {"role": "assistant", "model": model, "content": [{"type": "text", "text": text}]}
        emit(type="assistant", message=message, parent_tool_use_id=None, **more)

    def result(self, **fields: object) -> None:
        model = {"outputTokens": self.usage.get("output_tokens", 0), "contextWindow": 1_000_000}
        emit(
            type="result", subtype="success", num_turns=1, total_cost_usd=0.001, usage=self.usage,
            modelUsage={self.options.model: model}, structured_output=self.data,
            duration_ms=int((time.monotonic() - self.started) * 1000), permission_denials=[], **fields,
        )  # fmt: skip


def main() -> int:
    parser = Parser(add_help=False, allow_abbrev=False)
    for name in SWITCHES:
        parser.add_argument(name, action="store_true")
    for name in OPTIONS:
        parser.add_argument(name)
    options = parser.parse_args()
    if options.version or options.help:
        sys.stdout.write("\n".join((VERSION, *SWITCHES, *OPTIONS)) if options.help else VERSION)
        return 0
    scenario = urllib.parse.urlsplit(os.environ.get("ANTHROPIC_BASE_URL", "")).path.rpartition("/s/")[2]
    signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
    if scenario == "cli_crash":
        return 1
    ok = True
    for line in sys.stdin:
        if scenario == "cli_prose":
            sys.stdout.write("Welcome to a new version!\n")
            return 0
        if scenario == "cli_stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            emit(type="system", subtype="init", model=options.model)
            time.sleep(600)
        ok = Turn(options, json.loads(line)["message"]["content"][0]["text"]).run()
        if scenario == "cli_lingers":
            time.sleep(600)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
