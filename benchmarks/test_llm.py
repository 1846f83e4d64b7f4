"""What it costs to write a conversation in a provider's form, and to ask a model over HTTP."""

from __future__ import annotations

import json

import pytest

from benchmarks.dialects import WRITERS, conversation, exchanges


@pytest.mark.parametrize("provider", WRITERS)
def test_write_20_messages(benchmark, provider):
    """The bar is 10 us."""
    messages = conversation()
    assert (len(messages), sum(len(message.parts) for message in messages)) == (20, 26)
    benchmark(WRITERS[provider], messages)


@pytest.mark.parametrize("provider", WRITERS)
def test_dump_20_messages(benchmark, provider):
    """What follows anyway."""
    benchmark(json.dumps, WRITERS[provider](conversation()))


@pytest.mark.parametrize("who", ["floor", "ours"])
def test_exchange(benchmark, who):
    """One question, answered on the spot, by httpx alone and by a model."""
    benchmark(exchanges()[who])
