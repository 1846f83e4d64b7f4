"""What most answers are is written out in place of encoding it; it has to be the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.llm.fake._wire import ModelRequest, gemini, openai_responses
from beluga.schema import AIMessage, Response, Usage
from beluga.testing import instant

NONE_ASKED = ModelRequest((), {})


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from([None, "stop", "length", "content_filter", "odd"]),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
)
@pytest.mark.parametrize("dialect", ["gemini", "responses"])
def test_an_answer_that_is_a_text_is_written_as_it_is_encoded(dialect, text, reason, figures):
    """Field for field, in the same order."""
    usage = Usage(10, 10, cached_tokens=figures[0], reasoning_tokens=figures[1])
    response = Response(AIMessage(text), usage, reason, "m", "fake-1")
    with instant():
        if dialect == "gemini":
            expected = gemini._body("m", "fake-1", [{"text": text}], reason or "stop", usage)
            written = gemini._written(response, text)
        else:
            items = list(openai_responses._items(response.message, "fake-1"))
            expected = openai_responses._response("fake-1", "m", NONE_ASKED, items, response)
            written = openai_responses._written(response, text)
    assert json.loads(written) == expected
    assert list(json.loads(written)) == list(expected)
