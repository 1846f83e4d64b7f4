"""A configuration file that is followed while the program runs, by a thread or by a task of the running loop.

The two drivers and the `Waker`, which hears of events from the system by watchfiles, are all of configuration that
waits. A name says nothing about where its bytes live: Kubernetes mounts ``app.json -> ..data/app.json`` with ``..data
-> ..2026_01_01``, and an update renames only ``..data``. So what the waker listens to is every directory in which a
link or the file itself could be exchanged. Watching the file itself would go deaf at the first rename (watchfiles
issue 127).
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import math
import os
import pathlib
import threading
import weakref
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from beluga._engine.options import seconds
from beluga.clock import environment
from beluga.config.reload import Reloader

if TYPE_CHECKING:
    import datetime
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from beluga.config.reload import Change

__all__ = ["FileWatcher"]

T = TypeVar("T")

_STEP_MS: Final = 2
"""How often watchfiles looks at its queue. At 1 ms it takes 3 % of a core for nothing, at 2 ms 1 %."""

_DEBOUNCE_MS: Final = 50
"""The longest that watchfiles collects events of a burst."""

_MOST_LINKS: Final = 40
"""Symbolic links that are followed. Source: MAXSYMLINKS of Linux."""

_IN_THREADS: Final[weakref.WeakSet[FileWatcher[Any]]] = weakref.WeakSet()
"""The watchers with a thread."""


class FileWatcher(Reloader[T]):
    """The current configuration of a file, kept up to date.

    `current` is one frozen instance, exchanged as a whole when the file's content has changed and is valid. Reading
    it takes no lock; a piece of work that needs several settings that belong together reads it once. A content that
    is malformed or invalid never replaces it: it is reported once, in `errors` and as a ``ConfigRejected`` event,
    and looked at again when it changes. A file that is written in pieces is read again until it holds still.

    Use it in a ``with`` block, where a thread watches, or in an ``async with`` block, where a task does; nothing of
    either is left behind. Outside, only `poll` looks. The file is looked at every `interval` seconds by its content,
    and, with the extra ``watch``, within milliseconds of an event near it. So edits in place, atomic renames,
    deletion and return and the symbolic links of Kubernetes are all seen. In a process that is forked while a thread
    watches, as servers fork their workers, a thread watches too.

    Args:
        path: The file, or several of which each goes over those before it; see `load`.
        schema: A frozen attrs or data class.
        interval: Seconds between two looks.
        prefix: Begins the names of variables that override settings; see `load`.
        variables: Where they are looked up; None for the variables of the process.
        env_empty: Whether a variable that is set to nothing counts.
        wake: Whether watchfiles, where installed, wakes it sooner.

    Raises:
        ConfigError: The file is missing or invalid now, when nothing could stand in for it.
        TypeError: The schema cannot be understood, or its instances could be changed.
        ValueError: `interval` is not above 0, or `prefix` is not a name.

    Example:
        >>> import attrs, pathlib, tempfile
        >>> from beluga.config import field
        >>> @attrs.frozen
        ... class AppConfig:
        ...     model: str = "gpt-4o"
        ...     rate_limit: int = field(100, min=1)
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "app.json"
        >>> _ = file.write_text('{"rate_limit": 50}')
        >>> watcher = FileWatcher(file, AppConfig)
        >>> _ = file.write_text('{"rate_limit": 0}')
        >>> watcher.poll(), watcher.current
        (False, AppConfig(model='gpt-4o', rate_limit=50))
        >>> _ = file.write_text('{"rate_limit": 200}')
        >>> watcher.poll(), watcher.current
        (True, AppConfig(model='gpt-4o', rate_limit=200))
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        schema: type[T],
        interval: float | datetime.timedelta = 5.0,
        *,
        prefix: str | None = None,
        variables: Mapping[str, str] | None = None,
        env_empty: bool = True,
        wake: bool = True,
    ) -> None:
        self.interval: float = seconds(interval)
        if not (isinstance(self.interval, float) and 0 < self.interval < math.inf):
            message = f"FileWatcher: interval={interval!r} must be a finite number of seconds above 0"
            raise ValueError(message)
        super().__init__(path, schema, prefix=prefix, variables=variables, env_empty=env_empty)
        self._wakes = wake and watchfiles_installed()
        self._driver: ThreadDriver | TaskDriver | None = None
        self._endings: list[Callable[[None], object]] = []

    @property
    def watching(self) -> bool:
        """Whether a thread or task looks at the file."""
        return self._driver is not None

    def start(self) -> None:
        """Watch in a thread until `close`; what ``with`` does.

        Raises:
            RuntimeError: It is watching already.
        """
        self._demand_idle()
        self._driver = ThreadDriver(self, self.interval, wake=self._wakes)
        _IN_THREADS.add(self)

    def _revive(self) -> None:
        """Watch again in a process that was forked, where no other thread lives; a task of a loop does not."""
        super()._revive()
        watched, self._driver = isinstance(self._driver, ThreadDriver), None
        self._endings = []
        if watched:
            self.start()

    def close(self) -> None:
        """Stop the thread and wait for its end; nothing happens where there is none.

        Raises:
            RuntimeError: A task watches, which only the end of its ``async with`` block can wait for.
        """
        driver = self._driver
        if isinstance(driver, TaskDriver):
            message = f"the watcher of {self.path} runs as a task: leave its async with block to close it"
            raise RuntimeError(message)  # noqa: TRY004 - the call comes at the wrong time
        if driver is not None:
            self._driver = None
            _IN_THREADS.discard(self)
            driver.close()
            self._end_iterations()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        self._demand_idle()
        self._driver = TaskDriver(self, self.interval, wake=self._wakes)
        return self

    async def __aexit__(self, *_: object) -> None:
        driver, self._driver = self._driver, None
        self._end_iterations()
        if isinstance(driver, TaskDriver):
            await driver.close()

    def __aiter__(self) -> AsyncIterator[Change[T]]:
        """Yield each change from the first step on, until the watcher is closed.

        Raises:
            RuntimeError: It does not watch.
        """
        if self._driver is None:
            message = f"the watcher of {self.path} does not watch: write async with watcher: around async for"
            raise RuntimeError(message)
        return self._changes()

    async def _changes(self) -> AsyncIterator[Change[T]]:
        import asyncio

        loop = asyncio.get_running_loop()
        changes: asyncio.Queue[Change[T] | None] = asyncio.Queue()

        def put(change: Change[T] | None) -> None:
            loop.call_soon_threadsafe(changes.put_nowait, change)

        self._endings.append(put)
        try:
            with self._subscribers.add(put):
                while (change := await changes.get()) is not None:
                    yield change
        finally:
            self._endings.remove(put)

    def _end_iterations(self) -> None:
        for end in tuple(self._endings):
            end(None)

    def _demand_idle(self) -> None:
        if self._driver is not None:
            message = f"the watcher of {self.path} is watching already; close it first"
            raise RuntimeError(message)

    def __repr__(self) -> str:
        state = "watching" if self.watching else "idle"
        return f"<FileWatcher {self.path} {state}, {len(self._errors)} errors>"


def _revive() -> None:
    for watcher in tuple(_IN_THREADS):
        watcher._revive()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_revive)


class ThreadDriver:
    """A thread that lets `reloader` look every `interval` seconds, by the environment's clock, and when woken.

    Args:
        reloader: What looks.
        interval: Seconds.
        wake: Whether a `Waker` listens beside it.
    """

    def __init__(self, reloader: Reloader[Any], interval: float, *, wake: bool) -> None:
        self._reloader = reloader
        self._interval = interval
        self._woken = threading.Event()
        self._closed = threading.Event()
        self._waker = Waker(reloader.files, interval, self._woken.set) if wake else None
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="beluga-config", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for the end of the threads, except from a callback, which runs in one of them."""
        self._closed.set()
        self._woken.set()
        if self._waker is not None:
            self._waker.close()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        clock = environment().clock
        while not self._closed.is_set():
            try:
                for pause in self._reloader.settle():
                    clock.wait(self._closed, pause)
                    if self._closed.is_set():
                        return
            except BaseException as error:  # in a thread SystemExit would end the watching alone, and silently
                self._reloader.note(error)
            clock.wait(self._woken, self._interval)
            self._woken.clear()


class TaskDriver:
    """The same as a task, so that callbacks run in the loop; a look reads the file in the loop too: 0.02 ms for 2 KB.

    Args:
        reloader: What looks.
        interval: Seconds.
        wake: Whether a `Waker` listens beside it, in a thread of its own.
    """

    def __init__(self, reloader: Reloader[Any], interval: float, *, wake: bool) -> None:
        import asyncio

        self._reloader = reloader
        self._interval = interval
        self._woken = asyncio.Event()
        loop = asyncio.get_running_loop()
        notify = functools.partial(loop.call_soon_threadsafe, self._woken.set)
        self._waker = Waker(reloader.files, interval, notify) if wake else None
        self._task = loop.create_task(self._run(), name="beluga-config")

    async def close(self) -> None:
        """Stop, and wait for the end of the task."""
        import asyncio

        if self._waker is not None:
            self._waker.close()
        self._task.cancel()
        if self._task is not asyncio.current_task():
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        clock = environment().clock
        while True:
            try:
                for pause in self._reloader.settle():
                    await clock.asleep(pause)
            except Exception as error:
                self._reloader.note(error)
            timer = clock.call_later(self._interval, self._woken.set)
            try:
                await self._woken.wait()
            finally:
                timer.cancel()
            self._woken.clear()


class Waker:
    """A thread that calls `notify` from now on whenever something happened near one of `files`.

    Args:
        files: Their paths.
        interval: Seconds after which the directories are looked up again, whatever happened.
        notify: Called in the waker's thread; it must be quick.
    """

    def __init__(self, files: Sequence[str], interval: float, notify: Callable[[], object]) -> None:
        self._files = files
        self._interval = interval
        self._notify = notify
        self._stop = threading.Event()
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="beluga-config-waker", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for the end of the thread: 2 ms."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen(self._directories())
            except (OSError, RuntimeError, ValueError):
                # A link or directory went away in this moment, or the system's watches are used up; polling goes on.
                environment().clock.wait(self._stop, self._interval)

    def _directories(self) -> dict[str, tuple[int, int]]:
        return {name: identity for file in self._files for name, identity in directories_of(file).items()}

    def _listen(self, watched: dict[str, tuple[int, int]]) -> None:
        """Notify of every event in `watched`, until these are no longer the right directories."""
        import watchfiles

        for events in watchfiles.watch(
            *watched,
            watch_filter=None,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=self._stop,
            rust_timeout=max(1, int(self._interval * 1000)),
            yield_on_timeout=True,
            recursive=False,
            raise_interrupt=False,
        ):
            moved = self._directories() != watched
            if events or moved:
                self._notify()
            if moved:
                return


def watchfiles_installed() -> bool:
    """Say whether the extra ``watch`` is there."""
    return find_spec("watchfiles") is not None


def directories_of(path: str) -> dict[str, tuple[int, int]]:
    """Return the directories in which the meaning of `path` can change, each with its identity.

    Where one does not exist yet, the nearest one above it stands in for it.
    """
    found: set[str] = set()
    pending = pathlib.Path(path).absolute()
    for _ in range(_MOST_LINKS):
        link = next((step for step in reversed([pending, *pending.parents]) if step.is_symlink()), None)
        found.add(_nearest_directory(pending if link is None else link))
        if link is None:
            break
        target = link.parent / link.readlink()
        pending = pathlib.Path(os.path.normpath(target / pending.relative_to(link)))
    return {directory: _identity(directory) for directory in sorted(found)}


def _nearest_directory(path: pathlib.Path) -> str:
    return str(next((parent for parent in path.parents if parent.is_dir()), path.anchor or "."))


def _identity(directory: str) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        status = pathlib.Path(directory).stat()
        return status.st_dev, status.st_ino
    return 0, 0
