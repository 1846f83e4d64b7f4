"""Notes that policies and graphs put on errors of the user's functions."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from beluga import fallback, retry
from beluga.orchestration import Scatter, chain


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """An error that lets nobody write to it."""

    reason: str


def fails(_: str) -> None:
    raise Frozen("own")


WAYS = {
    "retry": lambda: retry(max_attempts=2, initial_backoff=0, retryable_errors=[Frozen])(fails)("x"),
    "fallback": lambda: fallback(fails, on=[Frozen])(fails)("x"),
    "graph": lambda: chain(fails)("x"),
    "scatter": lambda: Scatter(fails)("x"),
    "async graph": lambda: asyncio.run(chain(fails).ainvoke("x")),
    "async scatter": lambda: asyncio.run(Scatter(fails).acall("x")),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_error_that_takes_no_note_comes_out_all_the_same(way):
    """It is the user's error that counts, not what could not be added to it."""
    with pytest.raises(Frozen) as caught:
        way()
    assert caught.value.reason == "own"
