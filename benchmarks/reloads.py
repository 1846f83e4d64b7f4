"""What it costs to read the current configuration, and how soon a change of the file is in it."""

from __future__ import annotations

import contextlib
import pathlib
import statistics
import tempfile
import threading
import time
import timeit
from typing import TYPE_CHECKING

import attrs

from beluga.config import FileWatcher, field
from benchmarks.peers import installed
from benchmarks.row import Row
from benchmarks.timing import measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.timing import Batch

__all__ = ["App", "Holder", "latencies", "reading", "rows"]

FRESH = 10.0
"""Seconds after which a change is called lost."""


@attrs.frozen
class App:
    number: int = field(0, min=0)
    model: str = "gpt-4o"


class Holder:
    """The floor: an attribute of a plain object."""

    def __init__(self, current):
        self.current = current


def reading(subject: object) -> Batch:
    """Return a timer of so many reads of `subject.current`, with no call around the read."""
    return timeit.Timer("subject.current", globals={"subject": subject}).timeit


def rows(seconds: float, edits: int) -> Iterator[Row]:
    """Measure a read against that of a plain attribute, and the way of an edit into the configuration.

    Args:
        seconds: For the reads.
        edits: So many for each watcher; the poll of a second gets six.
    """
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "app.json"
        file.write_text('{"number": 0}')
        watcher = FileWatcher(file, App)
        figures = measure({"floor": reading(Holder(watcher.current)), "ours": reading(watcher)}, seconds)
    yield Row(what="read of the configuration", floor=figures["floor"], ours=figures["ours"], target=3.0)
    medians = {name: latencies(name, min(edits, 6) if name == POLL else edits) for name in WATCHERS}
    took = {name: statistics.median(taken) if taken else None for name, taken in medians.items()}
    ours = took.pop(OURS)
    if ours is not None:
        yield Row(
            what="edit to configuration, median", floor=0.0, ours=ours, target=20.0, peers=took, unit="ms", extra=True
        )


@contextlib.contextmanager
def beluga_watches(file, told, *, wake):
    """Ours, with watchfiles or with the poll of one second alone."""
    with FileWatcher(file, App, 1.0, wake=wake) as watcher, watcher.subscribe(lambda *_: told.set()):
        yield


@contextlib.contextmanager
def watchdog_watches(file, told):
    """A bare watchdog on the directory, that parses whatever it finds."""
    import json

    from watchdog.events import FileSystemEventHandler
    from watchdog.observers import Observer

    class Handler(FileSystemEventHandler):
        number = 0

        def on_any_event(self, event):
            with contextlib.suppress(ValueError, OSError):
                number = json.loads(file.read_text())["number"]
                if number != self.number:
                    self.number = number
                    told.set()

    observer = Observer()
    observer.schedule(Handler(), str(file.parent))
    observer.start()
    try:
        yield
    finally:
        observer.stop()
        observer.join()


OURS, BARE, POLL = "ours, with watchfiles", "watchdog", "our poll of 1 s"

WATCHERS = {
    OURS: lambda file, told: beluga_watches(file, told, wake=True),
    BARE: watchdog_watches,
    POLL: lambda file, told: beluga_watches(file, told, wake=False),
}
NEEDED = {OURS: "watchfiles", BARE: "watchdog", POLL: "beluga"}


def latencies(name, edits):
    """Return the milliseconds from each edit until it is told of, the first one left out; none if not installed."""
    if not installed(NEEDED[name]):
        return []
    told, taken = threading.Event(), []
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "app.json"
        file.write_text('{"number": 0}')
        with WATCHERS[name](file, told):
            time.sleep(0.3)
            for number in range(1, edits + 2):
                told.clear()
                began = time.perf_counter()
                file.write_text(f'{{"number": {number}}}')
                assert told.wait(FRESH), "the change was lost"
                taken.append((time.perf_counter() - began) * 1e3)
                # Another phase of every poll, and longer than watchfiles collects the events of a burst.
                time.sleep(0.06 + 0.037 * (number % 7))
    return taken[1:]
