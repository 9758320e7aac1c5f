"""The protocol of pygls with its gaps closed; pinned to pygls 2.1, with one regression test for each override.

What pygls 2.1.1 does and an editor session cannot live with: futures of notifications, and of questions that were given
up, are kept for ever; coroutines
behind ``executeCommand`` are not cancelled; an enum value newer than lsprotocol leaves ``initialize`` unanswered; a
result that cannot be encoded is never answered; ``exit`` always ends with code 0; tracebacks go to the client.
"""

from __future__ import annotations

import asyncio
import enum
import inspect
import json
import logging
import threading
import uuid
from typing import TYPE_CHECKING, Any, Literal

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from cattrs import Converter

    from vt_lsp.server.app import Server

log = logging.getLogger(__name__)

_ENUMS = [value for value in vars(lsp).values() if isinstance(value, type) and issubclass(value, enum.Enum)]


def _structure_enum(value: Any, kind: Any) -> Any:  # noqa: ANN401 - cattrs hands over what came in
    try:
        return kind._value2member_map_.get(value, value)
    except TypeError:  # not hashable: a list or an object where a name should be
        return value


def _unstructure_enum(value: Any) -> Any:  # noqa: ANN401
    return value.value if isinstance(value, enum.Enum) else value


def converter() -> Converter:
    """A converter that lets enum values pass that are newer than lsprotocol."""
    made: Converter = default_converter()  # type: ignore[no-untyped-call] # pygls is typed in part
    for kind in _ENUMS:  # per class: a predicate hook is not consulted for enums
        made.register_structure_hook(kind, _structure_enum)
        made.register_unstructure_hook(kind, _unstructure_enum)
    return made


class Protocol(LanguageServerProtocol):
    """JSON-RPC of one session: every request gets an answer, nothing is kept once it is done."""

    _server: Server

    def __init__(self, server: Server, made: Converter) -> None:
        super().__init__(server, made)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._children: dict[Any, set[Any]] = {}  # request id -> futures that its handler spawned
        self.record: Callable[[Literal["client", "server"], bytes], object] = lambda _source, _body: None

    # ------------------------------------------------------------------------------------------------------- incoming

    def receive(self, body: bytes) -> None:
        """Handle one message; whatever it holds, no exception leaves."""
        self.record("client", body)
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            log.warning("a message is no JSON: %s", error)
            self._refuse(None, lsp.ErrorCodes.ParseError, "the message is no JSON")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0" or not data.keys() & {"id", "method"}:
            self._refuse(None, lsp.ErrorCodes.InvalidRequest, "not a JSON-RPC 2.0 message")
            return
        try:
            message = self.structure_message(data)
        except JsonRpcException as error:
            if "id" not in data:  # otherwise the sender, or our own question, has heard of it
                self._server.report_server_error(error, JsonRpcException)
            return
        try:
            self.handle_message(message)
        except Exception as error:
            log.exception("cannot handle %r", data.get("method", "a response"))
            self._server.report_server_error(error, JsonRpcException)

    def structure_message(self, data: dict[str, Any]) -> Any:  # noqa: ANN401
        """The typed message; one that does not fit its type is answered, or fails the question that it answers."""
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "id" not in data:
                raise
            if "method" in data:
                self._send_response(data["id"], error=error.to_response_error())
            elif (future := self._request_futures.pop(data["id"], None)) is not None and not future.done():
                future.set_exception(error)
            raise

    def handle_message(self, message: Any) -> None:  # noqa: ANN401
        """Refuse what comes before ``initialize`` or after ``shutdown``; otherwise as pygls."""
        if self._loop is None:
            self._loop, self._loop_thread = asyncio.get_running_loop(), threading.get_ident()
        method, msg_id = getattr(message, "method", None), getattr(message, "id", None)
        if method is not None and msg_id is not None:
            if self._shutdown:
                self._refuse(msg_id, lsp.ErrorCodes.InvalidRequest, "the server is shutting down")
                return
            if self._workspace is None and method != lsp.INITIALIZE:
                self._refuse(msg_id, lsp.ErrorCodes.ServerNotInitialized, "initialize first")
                return
            if self._workspace is not None and method == lsp.INITIALIZE:
                self._refuse(msg_id, lsp.ErrorCodes.InvalidRequest, "already initialized")
                return
        elif method is not None and self._workspace is None and method != lsp.EXIT:
            return
        super().handle_message(message)

    def _refuse(self, msg_id: Any, code: lsp.ErrorCodes, text: str) -> None:  # noqa: ANN401
        self._send_response(msg_id, error=lsp.ResponseError(code=code.value, message=text))

    # ------------------------------------------------------------------------------------------------------- handlers

    def _execute_handler(
        self,
        msg_id: Any,  # noqa: ANN401
        handler: Any,  # noqa: ANN401
        callback: Callable[[Any], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        parent = self.msg_id
        nested = parent is not None and parent != msg_id

        def done(future: Any) -> None:  # noqa: ANN401
            self._request_futures.pop(msg_id, None)  # pygls keeps those of notifications
            if nested:
                self._children.get(parent, set()).discard(future)
            else:
                self._children.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)
        if nested and (future := self._request_futures.get(msg_id)) is not None:
            self._children.setdefault(parent, set()).add(future)

    def _handle_cancel_notification(self, msg_id: Any) -> None:  # noqa: ANN401
        children = self._children.pop(msg_id, ())
        if msg_id in self._request_futures:
            super()._handle_cancel_notification(msg_id)
        for future in list(children):  # the coroutine behind executeCommand
            future.cancel()

    def _handle_response(self, msg_id: Any, result: Any = None, error: lsp.ResponseError | None = None) -> None:  # noqa: ANN401
        if msg_id not in self._request_futures:  # we stopped waiting; not an error
            log.debug("an answer that nobody waits for: %s", msg_id)
            return
        super()._handle_response(msg_id, result, error)

    @lsp_method(lsp.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> Generator[Any, Any, None]:  # noqa: ANN401
        """Cancel what runs; only ``exit`` is heard from now on."""
        if (handler := self.fm.features.get(lsp.SHUTDOWN)) is not None:
            yield handler, args, None
        own = self.msg_id
        for msg_id, future in list(self._request_futures.items()):  # a copy: cancel() changes the dict
            if msg_id != own and not future.done():
                future.cancel()
        self._shutdown = True

    @lsp_method(lsp.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override] # noqa: ANN401 - nothing to wait for
        """Leave with 0 after ``shutdown``, with 1 without it (LSP 3.18, "Exit Notification")."""
        self._server.leave(0 if self._shutdown else 1)

    @property
    def was_shut_down(self) -> bool:
        """``shutdown`` has been answered."""
        return self._shutdown

    # ------------------------------------------------------------------------------------------------------- outgoing

    def send_request(
        self,
        method: str,
        params: Any = None,  # noqa: ANN401
        callback: Callable[[Any], None] | None = None,
        msg_id: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        """Ask the client; a question that was given up is forgotten, also if its answer never comes."""
        msg_id = msg_id or str(uuid.uuid4())

        def done(_future: Any) -> None:  # noqa: ANN401
            self._request_futures.pop(msg_id, None)
            self._result_types.pop(msg_id, None)

        future = super().send_request(method, params, callback, msg_id)
        future.add_done_callback(done)
        return future

    def _send_response(self, msg_id: Any, result: Any = None, error: lsp.ResponseError | None = None) -> None:  # noqa: ANN401
        if error is not None and isinstance(error.data, dict) and "traceback" in error.data:
            error.data = None  # source lines belong into the log, not to the client
        if error is None and isinstance(result, dict) and (body := _encode(msg_id, result)) is not None:
            self._result_types.pop(msg_id, None)
            self._deliver(body)
            return
        super()._send_response(msg_id, result, error)

    def _send_data(self, data: Any) -> None:  # noqa: ANN401
        if not data or self.writer is None:
            return
        try:
            body = json.dumps(data, default=self._serialize_message, separators=(",", ":")).encode()
        except Exception as error:
            log.exception("cannot encode %s", type(data).__name__)
            if getattr(data, "id", None) is None or getattr(data, "method", None) is not None:
                return
            failure = {"code": lsp.ErrorCodes.InternalError.value, "message": f"the result cannot be encoded: {error}"}
            body = json.dumps({"jsonrpc": "2.0", "id": data.id, "error": failure}).encode()
        self._deliver(body)

    def _deliver(self, body: bytes) -> None:
        if self._loop is not None and threading.get_ident() != self._loop_thread:
            self._loop.call_soon_threadsafe(self._write, body)
        else:
            self._write(body)

    def _write(self, body: bytes) -> None:
        if self.writer is None:
            return
        self.record("server", body)
        head = b"Content-Length: %d\r\n\r\n" % len(body) if self._include_headers else b""
        try:
            result: Any = self.writer.write(head + body)
        except (OSError, ValueError):  # the client is gone; the reader will notice
            log.debug("cannot write", exc_info=True)
            return
        if inspect.isawaitable(result):
            self._server.keep(asyncio.ensure_future(_quietly(result)))


def _encode(msg_id: Any, result: dict[str, Any]) -> bytes | None:  # noqa: ANN401
    """The answer of a feature of our own, which is plain JSON; pygls took 0.4 s for the claims of a large spec.

    None for what is no plain JSON, lone surrogates among it.
    """
    import msgspec  # noqa: PLC0415 - not before `initialize`

    try:
        return msgspec.json.encode({"jsonrpc": "2.0", "id": msg_id, "result": result})
    except (TypeError, ValueError):
        return None


async def _quietly(sending: Any) -> None:  # noqa: ANN401
    try:
        await sending
    except Exception:  # a closed connection, in the words of whichever transport
        log.debug("cannot write", exc_info=True)
