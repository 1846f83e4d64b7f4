"""Texts that are read block by block."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from beluga._cli.guards import Lines, decoded


@given(text=st.text("ab\n\r", max_size=60), cuts=st.lists(st.integers(0, 60)), forgotten=st.integers(0, 60))
def test_places_are_those_of_the_whole_text(text, cuts, forgotten):
    """Line and column count from 1, wherever the blocks end and whatever was forgotten."""
    lines = Lines()
    edges = sorted(min(cut, len(text)) for cut in cuts)
    for start, end in zip([0, *edges], [*edges, len(text)], strict=True):
        lines.feed(text[start:end])
    lines.forget(min(forgotten, len(text)))

    for offset in range(min(forgotten, len(text)), len(text)):
        before = text[:offset]
        assert lines.place(offset) == (before.count("\n") + 1, offset - before.rfind("\n"))


@given(data=st.binary(max_size=60), size=st.integers(1, 9))
def test_blocks_join_to_what_was_read(data, size):
    """No byte is lost or changed where a character is cut in two."""
    joined = "".join(decoded(io.BytesIO(data), size))

    assert joined.encode("utf-8", "surrogateescape") == data
    assert joined == data.decode("utf-8", "surrogateescape")
