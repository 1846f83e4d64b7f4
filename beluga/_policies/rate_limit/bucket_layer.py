"""The layers of a limiter with one bucket and a constant cost: a call is admitted or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Hints, Policy

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
        read_key: Tells whose permits a call takes, where there are keys.
    """

    concern = "rate_limited"
    hints = Hints(reads_value=False)

    def __init__(
        self,
        bucket: Bucket,
        lock: Lock,
        cost: float,
        refusal: Callable[[Hashable, float], Exception],
        read_key: Callable[[Call], Hashable] | None,
    ) -> None:
        self._book = bucket.book
        self._lock = lock
        self._cost = cost
        self._refusal = refusal
        self._read_key: Any = read_key  # a callable in every layer that reads keys

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

    def enter(self, call: Call) -> None:
        self._take(call, self._read_key(call))
