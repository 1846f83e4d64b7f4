"""Stores: what several processes share of their limits, budgets, circuits and answers.

Without one, everything that a policy remembers is per process: a limit of 100 in four workers is 400.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._lazy import facade

if TYPE_CHECKING:
    from beluga.stores.base import Store
    from beluga.stores.fake import FakeStore
    from beluga.stores.redis import RedisStore

__all__ = ["FakeStore", "RedisStore", "Store"]

_ROOMS = {"stores.base": "Store", "stores.fake": "FakeStore", "stores.redis": "RedisStore"}

if not TYPE_CHECKING:
    __getattr__, __dir__ = facade(__name__, _ROOMS)
