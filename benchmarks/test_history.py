"""What a run is held against."""

from __future__ import annotations

import json

import pytest

from benchmarks import __main__ as command
from benchmarks import history
from benchmarks.row import Row


def row(ours, *, what="retry, sync", **more):
    return Row(what=what, floor=100.0, ours=ours, target=4.0, **more)


def test_only_what_every_machine_agrees_on_is_held():
    """A promised floor, an amount above the floor, bytes, and what waits for a server say something of the machine."""
    rows = [
        row(120.0),
        row(120.0, what="promised", promised=True),
        row(120.0, what="amount", extra=True),
        row(120.0, what="bytes", unit="B"),
        Row(what="long", floor=50_000.0, ours=60_000.0, target=1.0),
    ]
    assert history.ratios(rows) == {"retry, sync": 1.2}


def test_a_third_is_too_much():
    """A row that is new, or as before, or a little slower passes."""
    before = {"retry": 1.2, "breaker": 3.0}
    assert history.slower({"retry": 1.59, "breaker": 3.0, "new": 9.0}, before) == []
    assert history.slower({"retry": 1.61, "breaker": 3.0}, before) == ["retry: 1.20x before, 1.61x now"]


@pytest.mark.parametrize(("again", "status"), [(1.3, 0), (1.7, 1)])
def test_what_is_slower_is_measured_again(monkeypatch, capsys, again, status):
    """The least of three counts; the exit status tells CI."""
    runs = iter([[row(170.0)], [row(again * 100)], [row(again * 100)]])
    monkeypatch.setattr(command, "rows", lambda seconds: next(runs))
    monkeypatch.setattr(history, "runs", lambda: [{"ratios": {"retry, sync": 1.2}}])
    assert command.main(["--quick", "--guard"]) == status
    assert ("slower by a third: retry, sync: 1.20x before, 1.70x now" in capsys.readouterr().out) == bool(status)


def test_a_run_is_written_behind_the_ones_before_it(monkeypatch, tmp_path):
    """The table, a line of the history, and both pictures."""
    pytest.importorskip("matplotlib", reason="tox -e bench installs what draws")
    monkeypatch.setattr(history, "runs", lambda: [{"date": "2026-01-01", "python": "", "ratios": {"retry, sync": 1.5}}])
    monkeypatch.setattr(command, "rows", lambda seconds: [row(120.0, peers={"tenacity": 9000.0, "gone": None})])
    assert command.main(["--write", str(tmp_path / "out")]) == 0
    kept = [json.loads(line) for line in (tmp_path / "out" / "history.jsonl").read_text().splitlines()]
    assert [each["ratios"] for each in kept] == [{"retry, sync": 1.5}, {"retry, sync": 1.2}]
    assert "| retry, sync " in (tmp_path / "out" / "table.md").read_text()
    assert "tenacity" in (tmp_path / "out" / "peers.svg").read_text()
    assert (tmp_path / "out" / "history.svg").exists()
