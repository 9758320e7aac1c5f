"""Plain values, and what can go wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class OrderStatus(Enum):
    NEW = "new"
    FILLED = "filled"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Order:
    order_id: str
    sku: str
    quantity: int
    unit_price: Decimal | None = None
    status: OrderStatus = OrderStatus.NEW
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fill:
    order: Order
    total: Decimal


class OrderError(Exception):
    """Something is wrong with an order."""


class BookFullError(OrderError):
    """There are too many open orders."""


class UnknownOrderError(OrderError):
    """There is no such order."""
