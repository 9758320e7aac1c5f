"""Who hears of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

Handler = Callable[[str], object]


class EventBus:
    def __init__(self) -> None:
        self._handlers: dict[str, list[Handler]] = defaultdict(list)

    def subscribe(self, kind: str, handler: Handler) -> None:
        self._handlers[kind].append(handler)

    def publish(self, kind: str, order_id: str, reason: str = "") -> None:
        for handler in self._handlers[kind]:
            handler(f"{order_id} {reason}".strip())
