"""Settings from the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    currency: str = "EUR"
    timeout: float = 10.0
    retries: int = 3


def load_config() -> Config:
    return Config(
        currency=os.environ.get("ORDERSVC_CURRENCY", Config.currency),
        timeout=float(os.environ.get("ORDERSVC_TIMEOUT", Config.timeout)),
        retries=int(os.environ.get("ORDERSVC_RETRIES", Config.retries)),
    )
