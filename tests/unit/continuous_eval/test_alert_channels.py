"""The channels beside the editor: a real file, a real server on this machine."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vt_lsp.continuous_eval.alert_channels import deliver
from vt_lsp.continuous_eval.alert_view import rows
from vt_lsp.models import Alert, AlertType, Severity
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT = Path("/project")


def alerts(number: int) -> tuple[Any, ...]:
    made = (
        Alert(id=f"a{n}", timestamp=NOON, alert_type=AlertType.DRIFT_APPEARED, severity=Severity.WARNING, message="ä\n")
        for n in range(number)
    )
    return rows(made, {}, NOON)


@dataclass
class Hook:
    url: str = ""
    answers: list[int] = field(default_factory=list)  # codes to give, then 204
    bodies: list[Any] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def listening(hook: Hook) -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.paths.append(self.path)
            hook.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(hook.answers.pop(0) if hook.answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        do_GET = do_POST  # noqa: N815 - the names are http.server's

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.url = f"http://127.0.0.1:{server.server_port}/secret"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield hook
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def test_both_are_off_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert deliver(Settings(), ROOT, alerts(1)) == ()
    assert list(tmp_path.iterdir()) == []


def test_the_file_gets_a_line_for_each_alert_and_is_the_users(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    settings = Settings(alerts_file=str(file))
    assert deliver(settings, ROOT, alerts(2)) == ()
    assert deliver(settings, ROOT, alerts(1)) == ()
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(line["version"], line["root"], line["alert"]["id"]) for line in lines] == [
        (1, "/project", "a0"), (1, "/project", "a1"), (1, "/project", "a0"),
    ]  # fmt: skip
    assert file.stat().st_mode & 0o777 == 0o600
    (problem,) = deliver(Settings(alerts_file=str(tmp_path)), ROOT, alerts(1))
    assert "cannot be written" in problem


def test_the_webhook_gets_one_document() -> None:
    with listening(Hook()) as hook:
        assert deliver(Settings(alerts_webhook=hook.url), ROOT, alerts(3)) == ()
        assert deliver(Settings(alerts_webhook=hook.url), ROOT, ()) == ()
    (body,) = hook.bodies
    assert [alert["id"] for alert in body["alerts"]] == ["a0", "a1", "a2"]
    assert hook.paths == ["/secret"]


def test_a_webhook_that_stumbles_is_asked_again_and_one_that_refuses_is_not() -> None:
    pauses: list[float] = []
    with listening(Hook(answers=[503, 429])) as hook:
        assert deliver(Settings(alerts_webhook=hook.url), ROOT, alerts(1), pauses.append) == ()
    assert (len(hook.bodies), pauses) == (3, [0.0, 1.0, 4.0])
    with listening(Hook(answers=[404])) as hook:
        (problem,) = deliver(Settings(alerts_webhook=hook.url), ROOT, alerts(1), pauses.append)
    assert problem == "the webhook at http://127.0.0.1 answered 404"  # no secret in the log
    assert len(hook.bodies) == 1


def test_a_redirect_is_not_followed() -> None:
    with listening(Hook(answers=[302])) as hook:
        (problem,) = deliver(Settings(alerts_webhook=hook.url), ROOT, alerts(1), lambda _seconds: None)
    assert problem.endswith("answered 302")
    assert hook.paths == ["/secret"]


def test_a_webhook_that_is_not_there_is_told() -> None:
    with listening(Hook()) as hook:
        pass
    (problem,) = deliver(Settings(alerts_webhook=hook.url), ROOT, alerts(1), lambda _seconds: None)
    assert problem.startswith("the webhook at http://127.0.0.1 cannot be reached")
