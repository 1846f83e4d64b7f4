"""What it costs to read the current configuration, and how soon a change of the file is in it."""

from __future__ import annotations

import contextlib
import pathlib
import statistics
import tempfile
import threading
import time
import timeit

import attrs
import pytest

from beluga.config import FileWatcher, field

READS = 200_000
EDITS = 20
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


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.json"
    path.write_text('{"number": 0}')
    return path


def best_ns(read):
    """Return the fastest of five runs, in nanoseconds a read."""
    return min(timeit.repeat(read, number=READS, repeat=5)) / READS * 1e9


@pytest.mark.parametrize("what", ["attribute", "current", "live"])
def test_read(benchmark, file, what):
    """Read a plain attribute, the current configuration, and one live value."""
    watcher = FileWatcher(file, App)
    holder, live = Holder(watcher.current), watcher.live("number")
    read = {"attribute": lambda: holder.current, "current": lambda: watcher.current, "live": live.get}[what]
    benchmark(read)


def test_reading_takes_at_most_three_times_an_attribute(file):
    """The bar, without the noise of two separate runs."""
    watcher = FileWatcher(file, App)
    holder = Holder(watcher.current)
    floor, ours = best_ns(lambda: holder.current), best_ns(lambda: watcher.current)
    print(f"\nread: attribute {floor:.1f} ns, watcher.current {ours:.1f} ns, {ours / floor:.2f}x")
    assert ours <= 3 * floor


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


WATCHERS = {
    "watchfiles": lambda file, told: beluga_watches(file, told, wake=True),
    "watchdog, bare": watchdog_watches,
    "poll of 1 s": lambda file, told: beluga_watches(file, told, wake=False),
}


def latencies(watch, file, edits):
    """Return the milliseconds from each edit until it is told of, the first one left out."""
    told, taken = threading.Event(), []
    with watch(file, told):
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


def test_a_change_is_current_within_20_ms():
    """The median with watchfiles; beside it a bare watchdog, which checks nothing, and the poll."""
    pytest.importorskip("watchfiles", reason="the extra watch is not installed")
    medians = {}
    for name, watch in WATCHERS.items():
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "app.json"
            file.write_text('{"number": 0}')
            try:
                taken = latencies(watch, file, EDITS if name != "poll of 1 s" else 6)
            except ImportError:
                continue
        medians[name] = statistics.median(taken)
        print(f"\nreload, {name}: median {medians[name]:.1f} ms, most {max(taken):.1f} ms", end="")
    assert medians["watchfiles"] < 20
