"""A bucket whose limit follows a live value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from beluga._policies.rate_limit.buckets import Bucket

__all__ = ["LiveBucket"]


class LiveBucket:
    """Another bucket, resized before it is asked when the limit has changed; its owner holds the lock.

    Args:
        bucket: Keeps the permits.
        limit: Returns the current limit.
    """

    def __init__(self, bucket: Bucket, limit: Callable[[], float]) -> None:
        self._bucket = bucket
        self._limit = limit
        self._sized = limit()

    def book(self, key: Hashable, now: float, cost: float, latest: float) -> float:
        return self._resized().book(key, now, cost, latest)

    def take(self, key: Hashable, at: float, cost: float) -> None:
        self._resized().take(key, at, cost)

    def adjust(self, key: Hashable, at: float, change: float) -> None:
        self._resized().adjust(key, at, change)

    def cancel(self, key: Hashable, at: float, cost: float) -> None:
        self._resized().cancel(key, at, cost)

    def remaining(self, key: Hashable, now: float) -> float:
        return self._resized().remaining(key, now)

    def resize(self, limit: float) -> None:
        self._sized = limit
        self._bucket.resize(limit)

    def __len__(self) -> int:
        return len(self._bucket)

    def _resized(self) -> Bucket:
        limit = self._limit()
        if limit != self._sized:
            self.resize(limit)
        return self._bucket
