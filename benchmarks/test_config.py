"""What it costs to read the current configuration, and how soon a change of the file is in it."""

from __future__ import annotations

import statistics

import pytest

from beluga.config import FileWatcher
from benchmarks.reloads import NEEDED, OURS, POLL, App, Holder, latencies, reading
from benchmarks.timing import measure

EDITS = 20


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.json"
    path.write_text('{"number": 0}')
    return path


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
    figures = measure({"attribute": reading(Holder(watcher.current)), "ours": reading(watcher)}, 1.0)
    floor, ours = figures["attribute"], figures["ours"]
    print(f"\nread: attribute {floor:.1f} ns, watcher.current {ours:.1f} ns, {ours / floor:.2f}x")
    assert ours <= 3 * floor


def test_a_change_is_current_within_20_ms():
    """The median with watchfiles; beside it a bare watchdog, which checks nothing, and the poll."""
    pytest.importorskip("watchfiles", reason="the extra watch is not installed")
    medians = {}
    for name in NEEDED:
        taken = latencies(name, 6 if name == POLL else EDITS)
        if taken:
            medians[name] = statistics.median(taken)
            print(f"\nreload, {name}: median {medians[name]:.1f} ms, most {max(taken):.1f} ms", end="")
    assert medians[OURS] < 20
