"""Server-sent events: any cut of the bytes gives the same events."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.llm._http.exchange import EventDecoder, ServerSentEvent


def decode(*pieces):
    """Return the events of bytes that come in pieces."""
    decoder = EventDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", [ServerSentEvent("a")]),
        (b"data: a\r\n\r\n", [ServerSentEvent("a")]),
        (b"data: a\r\r", [ServerSentEvent("a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerSentEvent("a")]),
        (b"event: x\ndata: a\n\n", [ServerSentEvent("a", "x")]),
        (b"data: a\ndata: b\n\n", [ServerSentEvent("a\nb")]),
        (b"data:a\ndata:  b\n\n", [ServerSentEvent("a\n b")]),
        (b"data\n\n", [ServerSentEvent("")]),
        (b": ping\n\ndata: a\n\n", [ServerSentEvent("a")]),
        (b"event: x\n\ndata: a\n\n", [ServerSentEvent("a")]),
        (b"id: 7\nretry: 100\nunknown: 1\ndata: a\n\n", [ServerSentEvent("a")]),
        (b"data: a", []),
        (b"data: a\n", []),
        ("data: é\u2028\x85\x0b\n\n".encode(), [ServerSentEvent("é\u2028\x85\x0b")]),
        (b"data: \xff\n\n", [ServerSentEvent("\ufffd")]),
        (b"\n\n\n", []),
        (b"", []),
    ],
)
def test_events_are_read_as_the_standard_says(data, events):
    """Line ends, byte order mark, several lines, comments, unknown fields, and what the end cuts off."""
    assert decode(data) == events


EVENTS = st.lists(
    st.builds(
        ServerSentEvent,
        st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12),
        st.sampled_from(["message", "content_block_delta"]),
    ),
    max_size=6,
)


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.data())
def test_every_cut_gives_the_same_events(events, end, mark, data):
    """Inside a character, between CR and LF, inside the byte order mark, or byte by byte."""
    text = "".join(f"event: {event.event}{end}: comment{end}data: {event.data}{end}{end}" for event in events)
    content = ("\ufeff" if mark else "").encode() + text.encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=12)))
    edges = [0, *cuts, len(content)]
    assert decode(*(content[a:b] for a, b in itertools.pairwise(edges))) == events
    assert decode(*(bytes([byte]) for byte in content)) == events


def test_a_long_line_in_single_bytes_takes_linear_time():
    """A line of 200 kB, byte by byte, is put together once."""
    text = b"data: " + b"x" * 200_000 + b"\n\n"
    (event,) = decode(*(bytes([byte]) for byte in text))
    assert len(event.data) == 200_000
