"""What calls share: what a policy remembers from one to the next, and how one of them waits for another.

Memory stands behind a lock that never freezes (`new_lock`), by clock (`StateByClock`) and by key (`BoundedMap`).
A step of a policy (count a failure, take a permit) may be interrupted at any bytecode by a signal handler, by the
finaliser of an abandoned stream, or by a collection that runs one, and each of these may call the same policy:

    thread A:   with lock: before = record      thread A, in a finaliser:   with lock: record = after it
                    after = step(before)        <- interrupted here
                    record = after              <- and would undo what the finaliser did

A plain lock would hang there for ever, as the thread waits for itself. So the locks are reentrant (`new_lock`), and a
step ends with "if the record is still the one that I read, replace it, else once more": between these two CPython runs
no handler, since it looks for them at calls and backward jumps only, and collects when something is allocated.
For the same reason who waits for another call waits for a `Wakeup`, which may be rung from anywhere.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
import weakref
from contextvars import Token
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from beluga.clock import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from contextvars import ContextVar

    from beluga.clock import Clock, Environment

__all__ = ["BoundedMap", "Lock", "StateByClock", "Wakeup", "begin_in_child", "give_back", "new_lock"]

S = TypeVar("S")

Lock = contextlib.AbstractContextManager[Any]
"""What `new_lock` returns; the class of reentrant locks has no public name before Python 3.14."""

_LOCKS: weakref.WeakSet[Any] = weakref.WeakSet()


def new_lock() -> Lock:
    """Return a reentrant lock that is free again in a forked child, whoever held it."""
    lock = threading.RLock()
    _LOCKS.add(lock)
    return lock


class Forked(Protocol):
    """What remembers threads that do not exist in a child."""

    def begin_in_child(self) -> None:
        """Forget them."""


_FORKED: weakref.WeakSet[Forked] = weakref.WeakSet()

begin_in_child: Callable[[Forked], None] = _FORKED.add
"""Have `begin_in_child` of an object called in a forked child, as long as the object is there."""


def _begin_in_child() -> None:
    # The thread that held one does not exist here.
    for lock in tuple(_LOCKS):
        lock._at_fork_reinit()  # noqa: SLF001 - the standard library does the same
    for owner in tuple(_FORKED):
        owner.begin_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)


class StateByClock(Generic[S]):
    """One state for each clock: what happened under one says nothing under another.

    So a test with a fake clock finds every policy as new, and leaves it as it was.

    Args:
        make: Makes the state of a clock that is seen for the first time.
    """

    __slots__ = ("_make", "_others", "system")

    def __init__(self, make: Callable[[], S]) -> None:
        self._make = make
        self.system: S = make()
        """The state under the machine's own clock, for those who look at the clock in line."""
        self._others: weakref.WeakKeyDictionary[Clock, S] = weakref.WeakKeyDictionary()

    def of(self, environment: Environment) -> S:
        """Return the state under the clock of `environment`."""
        clock = environment.clock
        if clock is SYSTEM.clock:
            return self.system
        state = self._others.get(clock)
        if state is None:
            # setdefault, because two threads may get here at once, and both have to count on the same state.
            state = self._others.setdefault(clock, self._make())
        return state


def give_back(variable: ContextVar[S], value: S, token: Token[S] | None, before: S) -> None:
    """Let `variable` have what it had before it was set to `value`: what `token` says or, without one, `before`.

    A signal handler may raise between a call that sets or resets it and the line that takes note of that. Then there
    is no token, or it is used up, or it is an older one than that of the value which is still there.

    Raises:
        ValueError: It was set in another context.
    """
    if token is not None:
        try:
            variable.reset(token)
        except RuntimeError:
            before = before if token.old_value is Token.MISSING else token.old_value
        else:
            return
    if variable.get(None) == value:
        variable.set(before)


_BATCH = 64
"""How many keys are looked up at once to be forgotten: a dict skips over each deleted entry to find its first one, so
that finding them one by one takes 10 us each with 10,000 keys."""


class BoundedMap(Generic[S]):
    """States by key, of which the one that came, or was last used, the longest ago is forgotten first.

    Its owner holds a lock, which a step of the same thread may hold already: each method can be interrupted by another.
    An `collections.OrderedDict` would do the same with 45 bytes more a key.

    Args:
        max_keys: How many are kept.
        spared: Says of a state that others are to be forgotten before it.
    """

    __slots__ = ("_grows", "_max_keys", "_oldest", "_spared", "values")

    def __init__(self, max_keys: int, spared: Callable[[S], bool] | None = None, *, grows: bool = False) -> None:
        self._grows = grows
        self.values: dict[Hashable, S] = {}
        """The states by key; to be read."""
        self._max_keys = max_keys
        self._spared = spared
        self._oldest: dict[Hashable, None] = {}  # the next to go, the very next one last

    def add(self, key: Hashable, state: S) -> S:
        """Return the state of `key`, which is `state` if there was none."""
        if key not in self.values and len(self.values) >= self._max_keys:
            self._forget_one()
        return self.values.setdefault(key, state)

    def use(self, key: Hashable) -> S | None:
        """Return the state of `key`, which is the newest from now on; None where there is none."""
        values = self.values
        if self._oldest:
            self._oldest.pop(key, None)
        keys = (key,)
        try:
            # Taken out and put back within one call of C code: nobody finds it missing.
            any(map(values.__setitem__, keys, map(values.pop, keys)))
        except KeyError:
            return None
        return values.get(key)

    def drop(self, key: Hashable) -> None:
        """Forget `key`, if it is known."""
        self.values.pop(key, None)

    def _forget_one(self) -> None:
        spare = len(self.values) if self._spared is not None else 0
        while len(self.values) >= self._max_keys:
            try:
                if not self._oldest:
                    self._oldest = dict.fromkeys(reversed(list(islice(self.values, _BATCH))))
                key, _ = self._oldest.popitem()
                state = self.values[key]
            except (KeyError, RuntimeError):
                continue  # dropped meanwhile; or keys came and went while they were looked up
            is_spared = self._spared is not None and (spare > 0 or self._grows) and self._spared(state)
            if is_spared:
                self.use(key)
                spare -= 1
                if spare < 0:
                    return  # all are in use
            else:
                self.drop(key)

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self.values)

    def __iter__(self) -> Iterator[Hashable]:
        """Return the keys, the next to be forgotten first."""
        return iter(tuple(self.values))


class Wakeup:
    """Ends the wait of one thread or task. It may be rung from anywhere and any number of times.

    A ring before the wait ends it at once. Nothing here waits for a lock that a finaliser or a signal handler of the
    same thread could find taken, as `threading.Event` does: a lock that is held until it rings may be released from
    anywhere. `queue.SimpleQueue` will not do: on Python 3.11 a signal handler that outlasts ``get(timeout=)`` lets it
    block for ever, since it goes on with a negative time.
    """

    __slots__ = ("_end", "_silent")

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()
        self._end: Callable[[], object] | None = None

    def ring(self) -> bool:
        """End the wait; return False where nobody can wait any more, as the loop is closed."""
        with contextlib.suppress(RuntimeError):  # it has rung before
            self._silent.release()
        end = self._end
        if end is not None:
            try:
                end()
            except RuntimeError:  # its loop is closed
                return False
        return True

    def wait(self, seconds: float | None = None) -> bool:
        """Block until it rings, for `seconds` at most; return whether it rang. What a clock calls."""
        longest = threading.TIMEOUT_MAX
        return self._silent.acquire(timeout=longest if seconds is None else min(max(0.0, seconds), longest))

    def block(self, clock: Clock, seconds: float) -> None:
        """Block this thread until it rings, or for `seconds` of `clock`."""
        event: Any = self  # of a `threading.Event` a clock only uses `wait`
        clock.wait(event, seconds)
        self._silence()

    async def suspend(self, clock: Clock, seconds: float) -> None:
        """Suspend this task until it rings, or for `seconds` of `clock`."""
        import asyncio

        loop = asyncio.get_running_loop()
        rung = loop.create_future()

        def end() -> None:
            if not rung.done():
                rung.set_result(None)

        self._end = lambda: loop.call_soon_threadsafe(end)
        timer = None if seconds == math.inf else clock.call_later(seconds, end)
        try:
            if self._silent.locked():
                await rung
        finally:
            if timer is not None:
                timer.cancel()
            self._end = None
            self._silence()

    def _silence(self) -> None:
        self._silent.acquire(blocking=False)
