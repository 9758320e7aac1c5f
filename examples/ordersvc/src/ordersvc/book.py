"""The order book: what is open, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from ordersvc.events import EventBus
from ordersvc.models import BookFullError, Fill, Order, OrderStatus, UnknownOrderError
from ordersvc.pricing import PriceList

MAX_OPEN_ORDERS = 250


class OrderBook:
    def __init__(self, prices: PriceList | None = None, bus: EventBus | None = None) -> None:
        self.prices = prices or PriceList()
        self.bus = bus or EventBus()
        self._open: dict[str, Order] = {}

    def place(self, order: Order, validate_only: bool = False) -> Fill:
        if len(self._open) >= MAX_OPEN_ORDERS:
            raise BookFullError(order.order_id)
        price = order.unit_price or self.prices.price_of(order.sku)
        if not validate_only:
            self._open[order.order_id] = order
            self.bus.publish("filled", order_id=order.order_id)
        return Fill(order, Decimal(order.quantity) * price)

    def cancel(self, order_id: str, *, reason: str = "") -> Order:
        if order_id not in self._open:
            raise UnknownOrderError(order_id)
        cancelled = replace(self._open.pop(order_id), status=OrderStatus.CANCELLED)
        self.bus.publish("cancelled", order_id=order_id, reason=reason)
        return cancelled

    def find(self, order_id: str) -> Order | None:
        return self._open.get(order_id)

    def open_orders(self) -> list[Order]:
        return list(self._open.values())
