"""Hear from the system, by watchfiles, that something happened near a file.

A name says nothing about where its bytes live: Kubernetes mounts ``app.json -> ..data/app.json`` with
``..data -> ..2026_01_01``, and an update renames only ``..data``. So what is watched is every directory in which a
link or the file itself could be exchanged, and any event there is a reason to look. Watching the file itself would
go deaf at the first rename (watchfiles issue 127).
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import pathlib
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from beluga.clock import environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Waker", "directories_of", "watchfiles_installed"]

_STEP_MS: Final = 2
"""How often watchfiles looks at its queue. At 1 ms it takes 3 % of a core for nothing, at 2 ms 1 %."""

_DEBOUNCE_MS: Final = 50
"""The longest that watchfiles collects events of a burst."""

_MOST_LINKS: Final = 40
"""Symbolic links that are followed. Source: MAXSYMLINKS of Linux."""


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


class Waker:
    """A thread that calls `notify` whenever something happened near one of `files`.

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

    def start(self) -> None:
        """Begin to listen."""
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
