"""The answers of a cache that several processes share: in a store, where one flight is known to all of them.

Within a process all is as it was: one leads, the others wait for it. Who leads here asks the store before it runs the
function, and asks again after a pause where another process leads:

    process A   leads here, asks: lead --------> function ------> answer kept here and in the store
    process B   leads here, asks: wait, 10 ms, asks: wait, 16 ms, ... asks: the answer, kept here too
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from beluga._engine.policy import Wait
from beluga._engine.timeouts import DEADLINE, expired
from beluga._policies.flights import Entry, Lead, who_runs
from beluga.clock import SYSTEM
from beluga.errors import DeadlineExceeded
from beluga.stores import flights
from beluga.stores.base import LEASE
from beluga.stores.scripts import FORGET, MICROSECONDS, Question

if TYPE_CHECKING:
    from collections.abc import Hashable

    from beluga._engine.call import Call
    from beluga._engine.policy import Ask
    from beluga._engine.target import Target
    from beluga._policies.cached import Cache
    from beluga.stores.base import Store
    from beluga.stores.scripts import Script

__all__ = ["SharedAnswers", "SharedFlight"]

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1
"""Seconds after which a process asks again whether another one has the answer; each pause is longer than the last."""

_log = logging.getLogger("beluga.stores")


class SharedAnswers:
    """The answers of one function in the store of a cache.

    Args:
        cache: The cache.
        store: Its store.
        target: The function.

    Raises:
        TypeError: The function has no name by which the store could know its answers.
    """

    concern = "cached"

    def __init__(self, cache: Cache, store: Store, target: Target) -> None:
        function, label = target.shared_name or "", cache.label
        if label is None and (not function or "<" in function):
            message = (
                f"cached: give name= beside store=, as {target.name} is what many functions are called, whose answers "
                "the store could not tell apart"
            )
            raise TypeError(message)
        self.store = store
        self.is_async: bool = target.kind.is_async
        self._name = f"{label or ''}\x00{function}"
        self._function = target.name
        self._codec: flights.Codec = cache.codec or flights.PLAIN
        self._ttl = cache.ttl
        self.ttl = max(1, round(cache.ttl * MICROSECONDS))
        self._has_key = cache.key is not None  # else what tells a call apart holds the tenant too
        self._has_warned = False

    def flight(self, key: tuple[object, Hashable, Hashable]) -> SharedFlight:
        """Return the part that a call with this key of the cache has in the flight over all processes."""
        _, tenant, told = key
        return SharedFlight(self, self._key(tenant if self._has_key else None, told))

    def _key(self, tenant: Hashable, told: Hashable) -> str:
        """Return the server's key for a tenant and what tells the call apart.

        Raises:
            TypeError: That has no text which is the same in every process.
        """
        try:
            return self.store.key("cached", self._name, (tenant, told))
        except TypeError as error:
            message = f"cached: name the arguments that count by key=, as those of {self._function} have none: {error}"
            raise TypeError(message) from None

    def forget(self, told: Hashable) -> None:
        """Forget an answer, blocking."""
        self.store.ask(Question(FORGET, self._key(None, told)))

    def read(self, answer: list[Any], now: float) -> Entry | None:
        """Return what another process has fetched; None where it cannot be read, or is too old here."""
        _, made, told_at, written = answer
        if told_at - made >= self.ttl:  # who fetched it has a longer one
            return None
        try:
            value, end = self._codec.loads(written)
            return Entry(value, None, now - (told_at - made) / MICROSECONDS, self._ttl, end)
        except Exception as error:
            _log.warning("cached: what the store has of %s cannot be read: %s", self._function, type(error).__name__)
            return None

    def written(self, entry: Entry) -> bytes | None:
        """Return an answer as bytes; None where it has to stay in this process."""
        if entry.error is not None:
            return None
        try:
            written = self._codec.dumps((entry.value, entry.end))
            if isinstance(written, bytes) and len(written) <= self.store.largest:
                return written
            why = (
                f"it has {len(written)} bytes, and {self.store.largest:.0f} may be sent within the store's timeout="
                if isinstance(written, bytes)
                else f"codec= wrote a {type(written).__name__}, and must write bytes"
            )
        except flights.UnstorableError as error:
            why = f"it holds a {error}, which needs codec="
        except Exception as error:
            why = f"{'codec=' if self._codec is not flights.PLAIN else 'writing it'} failed with {type(error).__name__}"
        if not self._has_warned:  # the answer is there and paid for, and one line in the log is enough
            self._has_warned = True
            _log.warning("cached: no answer of %s gets into the store: %s", self._function, why)
        return None


class SharedFlight:
    """The part in a flight over all processes of the one who leads in this one.

    Args:
        answers: Of the function.
        key: The server's key.
    """

    __slots__ = ("_answers", "_key", "_lease", "_pause", "is_led")

    def __init__(self, answers: SharedAnswers, key: str) -> None:
        self._answers = answers
        self._key = key
        self._lease = self._named_anew()
        self._pause = FIRST_PAUSE
        self.is_led = False
        """Whether the function may run: this process leads, or goes on alone."""

    def ask(self, lead: Lead) -> Ask | None:
        """Ask the store who leads, unless this process does."""
        if self.is_led:
            return None
        store, runner = self._answers.store, who_runs(is_async=self._answers.is_async)
        if store.is_held(self._key, runner):  # by another cache around the same function
            self.is_led = True
            return None
        if store.is_down:
            self._go_alone(lead, None)
            return None
        lease = self._lease = self._named_anew()
        question = Question(flights.TAKE, self._key, lease.given, partial(self._undo, lease.given[0]))
        return store.asking(question, is_async=self._answers.is_async)

    def _named_anew(self) -> Question:
        """Return a lease for the next question: what an answer that nobody took gives back is its own, not the next."""
        return Question(flights.RENEW, self._key, (SYSTEM.rng.getrandbits(48), LEASE * MICROSECONDS))

    def answered(self, call: Call, lead: Lead) -> Ask | Wait | Entry | None:
        """Do what the store says: return the answer, None for the call to run, or what comes before the next question.

        Raises:
            DeadlineExceeded: The call has no time left.
            StoreUnavailable: It does not answer, and lets nothing through without it.
        """
        answer, now = call.answer, call.environment.monotonic()
        if answer is None:  # the pause is over
            return self.ask(lead)
        if isinstance(answer.error, DeadlineExceeded):
            lead.let_go()
            raise answer.error
        if answer.error is not None:
            self._go_alone(lead, answer.error)
            return None
        if answer.value[0] == flights.LEAD:
            self.is_led = True
            self._answers.store.hold(self._lease, who_runs(is_async=self._answers.is_async))
            return None
        if answer.value[0] == flights.WAIT:
            left = DEADLINE.get() - now
            if left <= 0:
                lead.let_go()
                raise expired(call.name)
            pause, self._pause = self._pause, min(LONGEST_PAUSE, self._pause * 1.6)
            return Wait(min(pause, left))
        entry = self._answers.read(answer.value, now)
        if entry is None:
            self.is_led = True
            self._tell(FORGET)
        return entry

    def _go_alone(self, lead: Lead, error: BaseException | None) -> None:
        store = self._answers.store
        if store.on_failure == "closed":
            lead.let_go()
            raise store.refusal(self._answers.concern, error)
        self.is_led = True

    def end(self, entry: Entry | None = None) -> None:
        """Lead no more; give `entry` to the others, or else the lead to one of them."""
        if not self._answers.store.release(self._lease):
            return
        who = self._lease.given[0]
        payload = None if entry is None else self._answers.written(entry)
        if payload is None:
            self._tell(flights.LEAVE, who)
        else:
            self._tell(flights.LAND, who, self._answers.ttl, payload=payload)

    def _undo(self, who: float, answer: list[Any]) -> None:
        if answer[0] == flights.LEAD:
            self._tell(flights.LEAVE, who)

    def _tell(self, script: Script, *given: float, payload: bytes | None = None) -> None:
        question = Question(script, self._key, given, None, payload)
        self._answers.store.tell(question, is_async=self._answers.is_async)
