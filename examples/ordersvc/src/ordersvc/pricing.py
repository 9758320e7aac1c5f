"""Price lists."""

from __future__ import annotations

from decimal import Decimal


class PriceList:
    def __init__(self, prices: dict[str, Decimal] | None = None, fallback: Decimal = Decimal("1.00")) -> None:
        self.prices = dict(prices or {})
        self.fallback = fallback

    def price_of(self, sku: str) -> Decimal:
        return self.prices.get(sku, self.fallback)
