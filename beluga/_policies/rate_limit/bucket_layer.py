"""The layers of a limiter with one bucket and a constant cost: a call is admitted or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._engine.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from threading import Lock

    from beluga._engine.call import Call
    from beluga._policies.rate_limit.buckets import Bucket

__all__ = ["BucketLayer", "KeyedBucketLayer"]


class BucketLayer(Policy):
    """Admits or refuses the calls of one shared bucket.

    Args:
        bucket: The permits.
        lock: Held while they are counted.
        cost: What a call takes.
        refusal: Makes the error of a call that has to wait so many seconds.
    """

    concern = "rate_limited"
    reads_value = False

    def __init__(
        self, bucket: Bucket, lock: Lock, cost: float, refusal: Callable[[Hashable, float], Exception]
    ) -> None:
        self._book = bucket.book
        self._lock = lock
        self._cost = cost
        self._refusal = refusal

    def enter(self, call: Call) -> None:
        self._take(call, None)

    def _take(self, call: Call, key: Hashable) -> None:
        lock, book, monotonic = self._lock, self._book, call.environment.monotonic
        lock.acquire()  # see WindowLayer
        try:
            now = monotonic()
            at = book(key, now, self._cost, now)
        finally:
            lock.release()
        if at > now:
            raise self._refusal(key, at - now)


class KeyedBucketLayer(BucketLayer):
    """Admits or refuses by the permits of each key."""

    def __init__(
        self,
        bucket: Bucket,
        lock: Lock,
        cost: float,
        refusal: Callable[[Hashable, float], Exception],
        read_key: Callable[[Call], Hashable],
    ) -> None:
        super().__init__(bucket, lock, cost, refusal)
        self._read_key = read_key

    def enter(self, call: Call) -> None:
        self._take(call, self._read_key(call))
