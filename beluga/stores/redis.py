"""A store on a server that all processes reach: Redis from 6.2 on, or Valkey."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import functools
import math
import threading
from typing import TYPE_CHECKING, Any

import attrs

from beluga._engine.options import number, seconds
from beluga._engine.state import begin_in_child, new_lock
from beluga._engine.timeouts import remaining
from beluga.clock import SYSTEM
from beluga.errors import DeadlineExceeded, StoreUnavailable
from beluga.stores.base import LEASE, Mode, Store
from beluga.stores.budgets import RESERVE, SETTLE
from beluga.stores.circuits import ADMIT, OUTCOME
from beluga.stores.flights import LAND, LEAVE, RENEW, TAKE
from beluga.stores.limits import GIVE, LIMIT
from beluga.stores.links import WIDE, Command, LoopLink, ServerError, ThreadLink
from beluga.stores.scripts import FORGET, LOOK, PRESENT

if TYPE_CHECKING:
    import datetime

    from beluga.stores.scripts import Question

__all__ = ["RedisStore"]

MOST_UNTOLD = 10_000
"""What waits to be told to a server that does not answer: the ends of the calls that were under way when it went."""
BYTES_A_SECOND = 10_000_000
"""What a slow network carries: an answer of which it carries less within `timeout` stays in its process."""
SCRIPTS = (LIMIT, GIVE, RESERVE, SETTLE, ADMIT, OUTCOME, TAKE, RENEW, LAND, LEAVE, PRESENT, LOOK, FORGET)


class RedisStore(Store):
    """Keep what several processes share on a server of Redis or Valkey.

    Nothing is connected before the first call asks; a server that is not there is said then, by a log line and an
    event, `StoreChanged`, and the calls go on as `on_failure` says. Every question is one script over one key, one
    round trip, and counts by the server's clock. Keys are hashes and expire by themselves.

    Sync functions have a connection a thread and block; async ones share one a loop. An answer has `timeout` seconds,
    or what is left of the call's time budget if that is less.

    Args:
        url: ``redis://``, ``rediss://`` for TLS, or ``unix://``, with user, password and database as redis-py reads it.
        prefix: What its keys begin with: applications with the same prefix on one server share what they keep.
        timeout: Seconds for an answer, and for making a connection.
        on_failure: What is done while the server cannot be asked. ``"local"`` counts in this process alone, a limit
            divided by the processes that were there lately, ``"open"`` lets every call through, ``"closed"`` refuses
            each with `StoreUnavailable`. None is careful: money closed, limits local, circuits and answers open.

    Raises:
        ImportError: The extra ``redis`` is not installed.
        ValueError: An option is out of its range, or the URL is none of these.

    Example:
        >>> from beluga import rate_limited
        >>> store = RedisStore("redis://localhost:6379/0", prefix="shop")
        >>> @rate_limited(limit=500, window=60.0, key="tenant", store=store)
        ... async def ask(question: str, *, tenant: str) -> str: ...
    """

    def __init__(
        self,
        url: str = "redis://localhost:6379/0",
        *,
        prefix: str = "beluga",
        timeout: float | datetime.timedelta = 0.1,
        on_failure: Mode | None = None,
    ) -> None:
        self.timeout: float = seconds(timeout)
        number(0, above=True)(_Options, attrs.fields(_Options).timeout, self.timeout)
        self._sync, self._async = _connections(url, self.timeout)
        super().__init__(_shown(self._sync[1]), prefix, on_failure)
        self.largest: float = self.timeout * BYTES_A_SECOND
        self._url, self._late_since, self._late_for, self._is_loaded = url, math.inf, 0.0, False
        self.begin_in_child()
        begin_in_child(self)

    def __reduce__(self) -> Any:
        """Pickle the options; another process has connections of its own."""
        made = functools.partial(
            RedisStore, self._url, prefix=self.prefix, timeout=self.timeout, on_failure=self.on_failure
        )
        return made, ()

    def begin_in_child(self) -> None:
        """Leave the connections to the parent."""
        self._thread = threading.local()
        self._loops: dict[int, LoopLink | asyncio.Task[LoopLink]] = {}
        self._who, self._said_at = 0, -math.inf  # another process
        self._held = {}
        self._holder: threading.Thread | None = None
        self._lock = new_lock()
        self._untold: collections.deque[Command] = collections.deque(maxlen=MOST_UNTOLD)  # the parent tells it

    def ask(self, question: Question) -> Any:
        """Return the answer, blocking; see `Store.ask`."""
        left = remaining()
        is_short = left is not None and left < self.timeout
        limit: float = left if left is not None and is_short else self.timeout
        command = Command(question)
        link: ThreadLink | None = getattr(self._thread, "link", None)
        try:
            if link is None or link.is_busy:
                link = self._connected(limit)
                limit = limit if left is None else min(limit, remaining() or limit)
            try:
                answer = link.ask(command, limit)
            except ConnectionError:  # idle for too long, or the server began anew
                self._give_up()
                answer = self._connected(limit).ask(command, limit)
        except TimeoutError:
            raise self._late(limit, is_short=is_short) from None
        except BaseException as error:
            if not _is_of_connection(error):  # a signal handler's: it may have come between an answer and its question
                self._give_up()
                raise
            raise self._drop(_reason(error)) from None
        self._late_since, self._late_for = math.inf, 0.0
        self._untold.extend(link.refused())
        if self._untold:
            self._tell_rest()
        return self._judged(answer)

    def _late(self, limit: float, *, is_short: bool) -> Exception:
        """Return the error of a call that was not answered in its time, which may be less than the server's."""
        now = SYSTEM.monotonic()
        self._late_since = min(self._late_since, now - limit)
        self._late_for += limit
        if not is_short or min(self._late_for, now - self._late_since) >= self.timeout:
            self._late_since, self._late_for = math.inf, 0.0
            lost = self._drop(f"no answer within {self.timeout:g} s")
            if not is_short:
                return lost
        return DeadlineExceeded(f"the time budget was over before the store {self.name} answered")

    async def ask_async(self, question: Question) -> Any:
        """Return the answer."""
        link = self._loops.get(id(asyncio.get_running_loop()))
        if type(link) is not LoopLink or not link.is_open:
            link = await self._opened()
        command = Command(question)
        answer = link.ask(command)
        try:
            return self._judged(await answer)
        except asyncio.CancelledError:
            if not answer.cancelled() and answer.exception() is None:  # it came, and nobody could take it any more
                command.pass_over(answer.result())
            raise

    def tell(self, question: Question, *, is_async: bool) -> None:
        """Send something without waiting; where this thread or loop has no connection, whoever asks next sends it."""
        if len(self._untold) == MOST_UNTOLD:
            self.odd(f"{MOST_UNTOLD} things that it has to be told wait, and the oldest of them are dropped")
        self._untold.append(Command(question))
        if not is_async:
            self._tell_rest()
            return
        try:
            link = self._loops.get(id(asyncio.get_running_loop()))
        except RuntimeError:
            return
        if type(link) is LoopLink and link.is_open:
            link.loop.call_soon(link.tell_rest)  # not now: this may be a finaliser in the midst of a question

    def hold(self, question: Question, holder: object) -> None:
        """Ask it again and again, from a thread of its own: its holder is busy, maybe blocking its event loop."""
        with self._lock:
            super().hold(question, holder)
            if self._holder is None:
                thread = threading.Thread(target=self._go_on_holding, name="beluga-leases", daemon=True)
                with contextlib.suppress(RuntimeError):  # there are too many, or the interpreter ends: it may lapse
                    thread.start()
                    self._holder = thread

    def _go_on_holding(self) -> None:
        while True:
            SYSTEM.clock.sleep(LEASE / 3)
            for question, _ in tuple(self._held.values()):
                if not self.is_down:
                    with contextlib.suppress(StoreUnavailable):
                        self.ask(question)
            with self._lock:
                if not self._held:
                    self._holder = None
                    return

    def _tell_rest(self) -> None:
        link: ThreadLink | None = getattr(self._thread, "link", None)
        if link is None or link.is_busy:
            return
        try:
            while self._untold:
                link.tell(self._untold.popleft(), self.timeout)
        except (OSError, IndexError):
            self._give_up()

    def _connected(self, limit: float) -> ThreadLink:
        kind, options = self._sync
        connection = kind(**{**options, "socket_timeout": limit, "socket_connect_timeout": limit})
        try:
            connection.connect()
        except Exception as error:
            if _is_late(error):
                raise TimeoutError from None
            raise
        link = self._thread.link = ThreadLink(connection)
        for command in self._loading():
            link.tell(command, limit)
        return link

    def _loading(self) -> list[Command]:
        """Return what the first connection tells the server; if it forgets, each script is sent when it is asked."""
        was_loaded, self._is_loaded = self._is_loaded, True
        return [] if was_loaded else list(map(Command.loading, SCRIPTS))

    async def _opened(self) -> LoopLink:
        """Return the connection of this loop, made by the first task that wants it."""
        loop = asyncio.get_running_loop()
        for known, link in list(self._loops.items()):
            if isinstance(link, LoopLink) and link.loop.is_closed():
                del self._loops[known]
        opening = self._loops.get(id(loop))
        if not isinstance(opening, asyncio.Task) or opening.done() or opening.get_loop() is not loop:
            opening = self._loops[id(loop)] = loop.create_task(self._open(loop))
            opening.add_done_callback(lambda task: task.cancelled() or task.exception())  # maybe nobody waits any more
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            if opening.cancelled():
                reason = "the connection was given up"
                raise self.lost(reason) from None
            raise

    async def _open(self, loop: asyncio.AbstractEventLoop) -> LoopLink:
        kind, options = self._async
        link = LoopLink(self.timeout, self._broken, self._untold)
        try:
            await link.open(kind(**options))
        except Exception as error:
            del self._loops[id(loop)]
            late = f"no connection within {self.timeout:g} s"
            raise self.lost(late if _is_late(error) else _reason(error)) from None
        self._loops[id(loop)] = link
        self._untold.extendleft(reversed(self._loading()))
        link.tell_rest()
        return link

    def _broken(self, link: LoopLink, reason: str) -> StoreUnavailable:
        self._untold.extend(link.lost)
        if self._loops.get(id(link.loop)) is link:
            del self._loops[id(link.loop)]
        return self.lost(reason)

    def _give_up(self) -> None:
        link: ThreadLink | None = getattr(self._thread, "link", None)
        self._thread.link = None
        if link is not None:
            self._untold.extend(link.lost())

    def _drop(self, reason: str) -> StoreUnavailable:
        self._give_up()
        return self.lost(reason)

    def _judged(self, answer: Any) -> Any:
        if type(answer) is not ServerError:
            if self._pause:
                self.found()
            return answer
        text = str(answer)[:200]
        reason = f"the server answered {text}"
        if "WRONGTYPE" in text or ("user_script" in text and not any(word in text for word in WIDE)):
            raise self.odd(reason)  # this key alone
        self._thread.link = None  # a server that is replaced is found by its name again
        raise self.lost(reason)


@attrs.define
class _Options:
    """What the check of an option names in its message."""

    timeout: float


_Options.name = "store"  # type: ignore[attr-defined]  # not an option, so not an attrs field


def _connections(url: str, timeout: float) -> tuple[tuple[Any, dict[str, Any]], tuple[Any, dict[str, Any]]]:
    """Return the classes of sync and async connections of redis-py, each with its options."""
    try:
        import redis.asyncio.retry
        import redis.backoff
        import redis.retry
    except ImportError as error:
        message = 'RedisStore needs redis-py: pip install "beluga-ai[redis]"'
        raise ImportError(message) from error
    made = []
    for module, retry in ((redis, redis.retry), (redis.asyncio, redis.asyncio.retry)):
        pool: Any = module.ConnectionPool.from_url(
            url,
            protocol=2,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=retry.Retry(redis.backoff.NoBackoff(), 0),
        )
        made.append((pool.connection_class, pool.connection_kwargs))
    return made[0], made[1]


def _shown(options: dict[str, Any]) -> str:
    """Return where the server is, without user and password."""
    if "path" in options:
        return f"unix://{options['path']}"
    return f"redis://{options.get('host', 'localhost')}:{options.get('port', 6379)}/{options.get('db') or 0}"


def _is_of_connection(error: BaseException) -> bool:
    return isinstance(error, (OSError, ValueError, LookupError)) or type(error).__module__.startswith("redis.")


def _is_late(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or type(error).__name__ == "TimeoutError"


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]
