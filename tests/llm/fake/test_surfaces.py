"""One script gives the same answers, and fails in the same ways, on every surface."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.classification import ErrorCode
from beluga.llm import FakeProvider, Reply, faults, tool_call
from beluga.schema import Usage
from beluga.testing.strategies import fault_scripts, prompts

TIMEOUTS = {"connect_timeout", "read_timeout"}
chunkings = st.one_of(
    st.none(), st.just("random"), st.integers(1, 40), st.lists(st.integers(1, 9), min_size=1, max_size=5)
)


def comparable(dialect, seen):
    """Leave out what a dialect cannot tell: Anthropic does not count thoughts apart."""
    if isinstance(seen, ErrorCode) or dialect != "anthropic":
        return seen
    return attrs.evolve(seen, usage=attrs.evolve(seen.usage, reasoning_tokens=0))


def compared(wire, surface, script, text, stream, options):
    """Compare direct calls with calls on `surface` in both dialects, one for each item and one more."""
    for name, dialect in wire.dialects.items():
        here, there = FakeProvider(*script), FakeProvider(*script)
        for _ in range(len(script) + 1):
            expected, took = wire.outcome(wire.directly, here, text, stream=stream)
            body = dialect.body(text, stream=stream)
            seen, took_there = wire.outcome(wire.surfaces[surface], there, dialect, body, **options)
            assert comparable(name, seen) == comparable(name, expected)
            assert took_there == took


@given(fault_scripts(max_faults=3), prompts(), st.booleans(), chunkings, st.booleans())
def test_the_transport_is_as_a_direct_call(wire, script, text, stream, chunking, crlf):
    """Answers, kinds of failure and virtual time are the same, however the bytes are cut."""
    compared(wire, "transport", script, text, stream, {"chunking": chunking, "crlf": crlf})


@settings(max_examples=40)
@given(fault_scripts(max_faults=2), prompts(), st.booleans(), chunkings)
def test_the_async_transport_is_as_a_direct_call(wire, script, text, stream, chunking):
    """The asynchronous side of the same transport does the same."""
    compared(wire, "async transport", script, text, stream, {"chunking": chunking})


@settings(max_examples=40)
@given(fault_scripts(max_faults=2), prompts(), st.booleans(), chunkings, st.booleans())
def test_the_server_is_as_a_direct_call(wire, script, text, stream, chunking, crlf):
    """A real socket does the same; only time-outs would take real time there."""
    script = [item for item in script if getattr(item, "name", "") not in TIMEOUTS]
    compared(wire, "socket", script, text, stream, {"chunking": chunking, "crlf": crlf})


RICH = Reply(
    "Grüße, 世界 👩‍👩‍👧", thinking="hm, let me see", tools=[tool_call("find", q="ß", n=[1, {}]), tool_call("stop")]
)


@pytest.mark.parametrize("chunking", [None, 1, "random", [3, 1, 7]])
def test_a_rich_answer_survives_every_cut(wire, dialect, surface, stream, chunking):
    """Text of all scripts, thoughts and tool calls arrive whole, cut inside characters and line ends."""
    expected, _ = wire.outcome(wire.directly, FakeProvider(RICH), "hi", stream=stream)
    seen, _ = wire.outcome(
        surface, FakeProvider(RICH), dialect, dialect.body("hi", stream=stream), chunking=chunking, crlf=True
    )
    assert attrs.evolve(seen, usage=None) == attrs.evolve(expected, usage=None)


FAULTS = [
    *(faults.rate_limit(), faults.quota(), faults.server_error(500), faults.server_error(504)),
    *(faults.server_error(529), faults.overloaded_in_stream(1), faults.connect_error(), faults.connect_timeout()),
    *(faults.read_timeout(), faults.cut_stream(1), faults.bad_json()),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.name} {fault.status}")
def test_a_fault_is_the_same_failure_everywhere(wire, dialect, stream, fault):
    """The kind of a failure does not depend on the surface, and the next call is answered."""
    for name, surface in wire.surfaces.items():
        if name == "curl":
            continue  # tells its errors by an exit status of its own
        fake = FakeProvider(fault, "fine")
        body = dialect.body("hi", stream=stream)
        impatient = {"patience": 0.2} if name == "socket" and fault.name in TIMEOUTS else {}
        assert wire.outcome(surface, fake, dialect, body, **impatient)[0] is fault.code
        assert wire.outcome(surface, fake, dialect, body)[0].text == "fine"
        fake.assert_done()


def test_lone_surrogates_can_be_told(wire, dialect, stream):
    """Half of a pair, which UTF-8 cannot hold, is sent as an escape."""
    fake = FakeProvider(Reply("a\ud800b"))
    seen, _ = wire.outcome(wire.surfaces["transport"], fake, dialect, dialect.body("hi", stream=stream))
    assert seen.text == "a\ud800b"


def test_arguments_that_are_no_json_reach_the_client_as_written(wire):
    """What a model wrote in place of arguments is told as it is, where a dialect can."""
    from beluga.schema import ToolCall

    fake = FakeProvider().default(Reply(tools=[ToolCall("c1", "f", raw="{broken")]))
    for stream in (False, True):
        with pytest.raises(ValueError, match="Expecting"):
            openai = wire.dialects["openai"]
            wire.surfaces["transport"](fake, openai, openai.body("hi", stream=stream))


def test_bad_json_is_good_utf8(wire, dialect):
    """The half of an answer ends between two characters, so that the JSON is what a client fails with."""
    for length in range(8):
        fake = FakeProvider(faults.bad_json(), "a" * length + "ü" * 200)
        body = dialect.body("hi", stream=False)
        assert wire.outcome(wire.surfaces["transport"], fake, dialect, body)[0] is ErrorCode.INVALID_RESPONSE


def test_usage_is_told_as_given(wire, dialect, stream):
    """A reply's own figures, cached ones too, come through both dialects."""
    usage = Usage(100, 20, cached_tokens=60, cache_write_tokens=10)
    fake = FakeProvider(Reply("x", usage=usage))
    seen, _ = wire.outcome(wire.surfaces["transport"], fake, dialect, dialect.body("hi", stream=stream))
    assert seen.usage == usage
