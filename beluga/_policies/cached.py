"""Answer the same call once, and give the answer to everybody who asks again; how they wait is told in `flights`."""

from __future__ import annotations

import contextlib
import weakref
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import attrs

from beluga import events
from beluga._engine.decorator import OptionsDecorator
from beluga._engine.options import follow, number, optional, seconds, seconds_if_any, whole
from beluga._engine.policy import Ask, Policy, Use, Wait
from beluga._engine.state import StateByClock
from beluga._engine.target import argument_reader
from beluga._engine.timeouts import DEADLINE, expired
from beluga._foreign.answers import is_whole
from beluga._policies.cache_keys import frozen, key_of_arguments, tenant_reader, warn_of_sharing
from beluga._policies.cache_shared import SharedAnswers
from beluga._policies.flights import Entry, Flight, Follower, Lead, Room, comes_again, waits_for_itself, who_runs
from beluga.clock import SYSTEM, environment
from beluga.events import listening
from beluga.stores.base import Store, check_store
from beluga.stores.flights import check_codec

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from beluga._engine.call import Call, Outcome
    from beluga._engine.target import Target
    from beluga._policies.flights import CacheStats
    from beluga.stores.flights import Codec

    Key = tuple[object, Hashable, Hashable]
    """The function, the tenant, and what tells the call apart."""
    Source = str | Callable[[Mapping[str, Any]], Any]

__all__ = ["Cache", "cached"]

V = TypeVar("V")


@attrs.frozen(eq=False)
class Cache(Policy):
    """Keep good answers for `ttl` seconds, and let the function run once for all who ask for the same meanwhile.

    However many threads and tasks ask at once, one of them runs the function and the others get its answer; if it
    fails or is cancelled, one of those who wait takes its place. A stream is kept item by item when it has ended, and
    handed out so again. What is not whole is never kept: errors, refusals, a stream that was cut, an answer that the
    model broke off for want of room or declined. Who gets a kept answer spends no tokens, and its span says so.

    Lists, dicts, sets and byte arrays are handed out as copies; anything else is the very object that was kept, also
    `self` and a client among the arguments, which a cache holds until their answer is forgotten.

    `cached` makes a cache that is private to the function; an object of this class can be looked at and told to
    forget, and decorates any number of functions, whose answers it keeps apart. What is kept belongs to the clock that
    it was kept under.

    Args:
        ttl: Seconds that an answer is good for.
        key: A parameter's name, or a callable of all arguments by name: calls with equal keys get one answer; of a
            method those of one instance, unless there is a store. None compares all arguments, lists and dicts among
            them.
        maxsize: Answers kept; beyond that one that was not asked for lately goes.
        per: The parameter that names the tenant, who never gets the answer of another; a callable of all arguments by
            name says so too. False says that all share them on purpose, the instances of a class as well.
        stale: Seconds beyond `ttl` in which one call fetches the answer anew and the others get the old one at once;
            the old one is also the answer where fetching fails. 0 turns that off. Per process.
        negative: Seconds for which an error that will come again, such as an unknown model, is raised without a call;
            None never keeps one. Per process.
        store: Where several processes share their answers, such as a `beluga.stores.RedisStore`: the function runs once
            for all of them. While it does not answer each process goes on alone. None keeps to this process.
        name: What the store knows the answers by, beside the function's module and name. A function without a name of
            its own (a lambda, or one that is made by another) needs it; a new name leaves old answers behind.
        codec: How answers are written into the store: an object with ``dumps`` and ``loads``, such as `pickle` where
            you trust whoever can write there. None writes plain data and what `beluga.schema` consists of; another
            answer stays in this process, with a line in the log.

    Raises:
        TypeError: The function has no such parameter, or a call's arguments cannot be told apart.
        ValueError: A figure is out of its range.

    Source: RFC 5861 (stale-while-revalidate, stale-if-error), for `stale`.

    Example:
        >>> answers = Cache(ttl=300)
        >>> @answers
        ... def ask(question: str) -> str:
        ...     print("asked")
        ...     return f"an answer to {question}"
        >>> ask("why?"), ask("why?")
        asked
        ('an answer to why?', 'an answer to why?')
        >>> answers.stats
        CacheStats(hits=1, waited=0, misses=1, size=1)
        >>> answers.forget("why?")
        1
    """

    concern = "cached"

    ttl: float = attrs.field(converter=seconds, validator=number(0, above=True))
    key: Source | None = attrs.field(default=None, kw_only=True)
    maxsize: int = attrs.field(default=1024, validator=whole(1), kw_only=True)
    per: Source | Literal[False] | None = attrs.field(default=None, kw_only=True)
    stale: float = attrs.field(default=0.0, converter=seconds, validator=number(0), kw_only=True)
    negative: float | None = attrs.field(
        default=None, converter=seconds_if_any, validator=optional(number(0, above=True)), kw_only=True
    )
    store: Store | None = attrs.field(default=None, validator=check_store, kw_only=True)
    label: str | None = attrs.field(default=None, alias="name", repr=False, kw_only=True)
    codec: Codec | None = attrs.field(default=None, validator=optional(check_codec), kw_only=True)
    _rooms: StateByClock[Room] = attrs.field(init=False, repr=False)
    _layers: weakref.WeakSet[_Layer] = attrs.field(init=False, repr=False, factory=weakref.WeakSet)

    def __attrs_post_init__(self) -> None:
        """Make room for the answers."""
        follow(self)
        if self.store is None and (self.codec is not None or self.label is not None):
            message = "cached: name= and codec= say how answers are kept in a store: give store= too"
            raise ValueError(message)
        object.__setattr__(self, "_rooms", StateByClock(lambda: Room(self.maxsize)))

    @property
    def belongs_inside(self) -> Mapping[str, str]:  # type: ignore[override]  # mypy wants a class variable to stay one
        """What should stand further out."""
        return {
            "guarded": "a kept answer does not pass the guards, and what they have changed is kept",
            "traced": "a kept answer leaves no span",
        }

    def bind(self, target: Target) -> Policy:
        """Return the layer that knows how to tell the function's calls apart.

        Raises:
            TypeError: The function has no such parameter, or no name by which a store could know its answers.
        """
        layer = _Layer(self, self._rooms, target)
        self._layers.add(layer)
        return layer

    @property
    def stats(self) -> CacheStats:
        """What it has done so far."""
        return self._rooms.of(environment()).stats

    def forget(self, *args: Any, **kwargs: Any) -> int:
        """Forget one answer, or all; what is being fetched for it now is handed to those who wait, and not kept.

        Args:
            args: Nothing for all answers; with ``key=`` the key alone, which is forgotten for all tenants; without it
                the arguments of the call.
            kwargs: More of the arguments.

        Returns:
            How many answers were kept.

        Raises:
            TypeError: The arguments fit none of the functions, or there is a ``key=`` and more than a key is given.
            ValueError: The answers of this process are forgotten, but a store forgets one at a time.
            StoreUnavailable: They are, but the store does not answer.
        """
        count = self._rooms.of(environment()).forget(self._named(args, kwargs))
        if self.store is not None:
            self._forget_shared(args, kwargs)
        return count

    def _forget_shared(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not (args or kwargs) or (self.key is not None and self.per):
            message = (
                "cached: a store forgets one answer at a time, which it knows by key and tenant: name it by its "
                "arguments, or have key= give both and leave out per="
            )
            raise ValueError(message)
        for layer in self._layers:
            if layer.shared is not None:
                with contextlib.suppress(TypeError):  # the arguments of another function
                    told = frozen(args[0], "key") if self.key is not None else layer.arguments(args, kwargs)
                    layer.shared.forget(told)

    def _named(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[Any], bool]:
        """Return what says of a key in a room whether it is meant."""
        if not args and not kwargs:
            return lambda _: True
        if self.key is not None:
            if kwargs or len(args) != 1:
                message = f"cached: the cache has key={self.key!r}, so write forget(key) with one value of it"
                raise TypeError(message)
            wanted = frozen(args[0], "key")
            return lambda known: known[2] == wanted
        found, problem = set(), None
        for layer in self._layers:
            try:
                found.add((layer.owner, layer.arguments(args, kwargs)))
            except TypeError as error:
                problem = error
        if problem is not None and not found:
            raise problem
        return lambda known: (known[0], known[2]) in found

    def describe(self) -> str:
        """Return the options that are given, and what is kept."""
        given = [f"{name}={value!r}" for name in ("key", "per", "store") if (value := getattr(self, name)) is not None]
        kept = f"{self.stats.size} of {self.maxsize} kept"
        return " ".join([f"ttl={self.ttl:g}", *given, kept])


class _Layer(Policy):
    """Looks a call up, and keeps what comes of it."""

    concern = "cached"

    def __init__(self, cache: Cache, rooms: StateByClock[Room], target: Target) -> None:
        function = target.function
        # Not the name: two closures may have the same. But a method in C, as one under `lru_cache`, is bound anew for
        # each call, and this layer with it.
        self.owner: object = object()
        if isinstance(function, MethodType):
            self.owner = function.__func__, frozen(function.__self__, "self")
        self.arguments = key_of_arguments(target)
        self._cache = cache
        self._rooms = rooms
        self._room = rooms.system
        self._kind = target.kind
        self._read_key = None if cache.key is None else argument_reader(target, cache.key, "cached: key")
        # Of a shared cache no instance: it is not the same in another process.
        self._read_tenant = tenant_reader(target, cache.key if cache.store is None else None, cache.per)
        self.shared = None if cache.store is None else SharedAnswers(cache, cache.store, target)
        if cache.key is not None and cache.per is None:
            warn_of_sharing(cache.key, target)

    def enter(self, call: Call) -> Ask | Use | Wait | None:
        """Hand out what is kept, wait for who is about to fetch it, or lead."""
        waiter = call.kept(self) if call.kept_values is not None else None
        if waiter is not None:
            return self._go_on(call, waiter) if isinstance(waiter, Follower) else self._go_on_asking(call, waiter)
        read_key, read_tenant, arguments = self._read_key, self._read_tenant, self.arguments
        told = arguments(call.args, call.kwargs) if read_key is None else frozen(read_key(call), "key")
        key = (self.owner, None if read_tenant is None else read_tenant(call), told)
        room = self._room if call.environment is SYSTEM else self._rooms.of(call.environment)
        monotonic = call.environment.monotonic
        now = monotonic()
        find = room.entries.values.get
        entry = find(key)
        if entry is not None and entry.made <= now < entry.fresh_until:
            room.hits += 1
            # In line what `_hand_out` does for most: a frame and a record that nobody hears of take 0.2 us.
            if entry.verdict is not None and not call.listeners and not listening():
                entry.asked_for = call.served = True
                verdict: Use = entry.verdict
                return verdict
            return _hand_out(call, entry, now)
        if call.served:
            call.served = False  # an attempt before this one was
        if entry is not None and not entry.made <= now < entry.fresh_until + self._cache.stale:
            entry = None
        return self._fetch(call, room, key, entry, now)

    def _fetch(self, call: Call, room: Room, key: Key, old: Entry | None, now: float) -> Ask | Use | None:
        lead = None
        with room.lock:
            flight = room.flights.get(key)
            if flight is None:
                share = None if self.shared is None else self.shared.flight(key)
                flight = Flight(room, key, who_runs(is_async=self._kind.is_async))
                lead = Lead(flight, old, share)
                call.keep(self, lead)
                room.flights[key] = flight
                room.misses += 1
            elif waits_for_itself(flight, is_async=self._kind.is_async):
                room.misses += 1
                old = None
            elif old is None:
                waiter = Follower(flight)
                call.keep(self, waiter)
                flight.waiters[waiter] = None
                return self._wait(call, waiter, now)
            else:
                room.hits += 1
        # Who listens is not called under the lock: what it waits for may be in another thread, and call the function.
        if lead is not None:
            return _leads(call, lead, lead.ask())
        if old is not None:
            return _hand_out(call, old, now)
        call.emit(events.CacheMissed)
        return None

    def _go_on(self, call: Call, waiter: Follower) -> Ask | Use | None:
        """Decide for a call that has waited."""
        if call.answer is not None and call.answer.error is not None:
            waiter.depart()
            raise call.answer.error
        room, now = waiter.flight.room, call.environment.monotonic()
        if waiter.entry is not None:
            room.waited += 1
            return _hand_out(call, waiter.entry, now)
        if waiter.lead is not None:
            room.misses += 1
            lead = waiter.lead.take(who_runs(is_async=self._kind.is_async))
            call.keep(self, lead)
            return _leads(call, lead, lead.ask())
        if now >= DEADLINE.get():
            waiter.depart()
            raise expired(call.name)
        return self._wait(call, waiter, now)

    def _go_on_asking(self, call: Call, lead: Lead) -> Ask | Use | Wait | None:
        """Do what the store says of the call, which leads in this process."""
        found = lead.answered(call)
        if not isinstance(found, Entry):
            return _leads(call, lead, found)
        call.keep(self, None)
        lead.land(found)
        room = self._rooms.of(call.environment)
        room.misses, room.hits = room.misses - 1, room.hits + 1
        return _hand_out(call, found, call.environment.monotonic())

    def _wait(self, call: Call, waiter: Follower, now: float) -> Ask:
        clock, wakeup, left = call.environment.clock, waiter.wakeup, max(0.0, DEADLINE.get() - now)
        if self._kind.is_async:
            return Ask(lambda: wakeup.suspend(clock, left))
        return Ask(lambda: wakeup.block(clock, left))

    def abandon(self, call: Call) -> None:
        """Wait no longer, and lead no more."""
        waiter = call.kept(self)
        if isinstance(waiter, Follower):
            waiter.depart()
        elif waiter is not None:
            waiter.leave()
            waiter.let_go()

    def watch(self, call: Call) -> Lead | None:
        """Record the items of a stream."""
        lead: Lead | None = call.kept(self)
        if lead is not None and not call.resumed:
            lead.begin()
        return lead

    def leave(self, call: Call, outcome: Outcome) -> Use | None:
        """Keep a good answer and hand it to those who wait; hand the lead on where there is none."""
        lead: Lead | None = call.kept(self)
        if lead is None:
            return None
        lead.leave()
        call.keep(self, None)
        error = outcome.error
        try:
            if error is None:
                self._land(call, lead, outcome.value)
            elif isinstance(error, Exception):
                if lead.old is not None and not call.items:
                    return _hand_out(call, lead.old, call.environment.monotonic())
                negative = self._cache.negative
                if negative is not None and not call.items and comes_again(error):
                    lead.land(Entry(None, error, call.environment.monotonic(), negative))
        finally:
            lead.let_go()
        return None

    def _land(self, call: Call, lead: Lead, value: Any) -> None:
        is_stream = self._kind.is_stream
        if call.steered or not (lead.report.is_whole if is_stream else is_whole(value)):
            return  # what the consumer sent or threw in has made it
        kept = tuple(lead.items) if is_stream else value
        end = value if is_stream else None
        try:
            entry = Entry(kept, None, call.environment.monotonic(), self._cache.ttl, end)
        except Exception:  # it cannot be copied, and so not be kept
            return
        lead.land(entry)


def _leads(call: Call, lead: Lead, first: V) -> V:
    """Return what comes before a call that leads may run the function; where that is nothing, it runs now."""
    if first is None:
        call.emit(events.CacheMissed)
        lead.resume()
    return first


def _hand_out(call: Call, entry: Entry, now: float) -> Use:
    call.served = True
    call.emit(events.CacheHit, age=max(0.0, now - entry.made))
    return entry.use()


cached: Final = OptionsDecorator(
    Cache,
    needs="ttl=300",
    words={
        "maxsize": "max_size",
        "nothing, as values of different types are always told apart": "typed",
        "per": "namespace",
        "ttl": "expire seconds timeout",
    },
)
"""Keep good answers, and let the function run once for all who ask at the same time; see `Cache`."""
