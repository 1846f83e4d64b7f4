"""What a call of the fake provider costs, beside the fakes of others."""

from __future__ import annotations

import pytest

from benchmarks import peers
from benchmarks.exchanges import PATHS, answering, direct, exchange, start_milliseconds


@pytest.mark.benchmark(group="fake")
def test_direct(benchmark):
    """A direct call answers."""
    assert benchmark(direct(answering())).text


@pytest.mark.benchmark(group="fake")
@pytest.mark.parametrize("dialect", PATHS)
def test_exchange(benchmark, dialect):
    """An exchange on the wire has a head and a body."""
    head, body = benchmark(exchange(answering(), dialect))
    assert (head.status, len(body) > 100) == (200, True)


@pytest.mark.filterwarnings("ignore")  # what they warn of is theirs
@pytest.mark.benchmark(group="fake")
@pytest.mark.parametrize(("name", "make"), peers.FAKES.items())
def test_peer(benchmark, name, make, loop):
    """The fakes of others answer too."""
    pytest.importorskip(peers.FAKES_NEED[name])
    assert benchmark(make(loop))


def test_the_server_is_up_at_once():
    """A loopback server listens within 5 ms."""
    assert start_milliseconds(20) < 5.0
