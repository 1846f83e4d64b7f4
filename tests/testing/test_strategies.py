"""What the strategies promise of the examples that they generate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from beluga.errors import ProviderError
from beluga.llm import FakeProvider, Reply
from beluga.llm.fake.faults import Delay, Fault
from beluga.schema import AIMessage, HumanMessage, SystemMessage, ToolMessage
from beluga.testing.strategies import chunkings, fault_scripts, messages, prompts, replies

if TYPE_CHECKING:
    from beluga.schema import Message


@given(st.data(), prompts())
def test_chunks_join_to_the_text(data: st.DataObject, text: str) -> None:
    """Every chunking is the text, cut."""
    assert "".join(data.draw(chunkings(text))) == text


@pytest.mark.parametrize("wanted", [["abc"], ["a", "b", "c"], ["", "abc"], ["a", "", "bc"]])
def test_every_kind_of_chunking_is_found(wanted: list[str]) -> None:
    """The whole, single characters and empty chunks are among the chunkings."""
    assert find(chunkings("abc"), lambda chunks: chunks == wanted) == wanted


def test_an_empty_text_can_be_cut() -> None:
    """Nothing to cut gives no chunk, or empty ones."""
    assert find(chunkings(""), lambda chunks: len(chunks) == 3) == ["", "", ""]
    assert find(chunkings(""), lambda chunks: not chunks) == []


@given(messages())
def test_conversations_are_well_formed(conversation: list[Message]) -> None:
    """A system message comes first, the user last, and tool results follow their calls in order."""
    assert isinstance(conversation[-1], HumanMessage)
    assert not any(isinstance(message, SystemMessage) for message in conversation[1:])
    asked = [call.id for m in conversation if isinstance(m, AIMessage) for call in m.tool_calls]
    assert asked == [m.tool_call_id for m in conversation if isinstance(m, ToolMessage)]
    assert len(set(asked)) == len(asked)


def test_conversations_use_every_kind_of_message() -> None:
    """All four kinds, and images, turn up."""
    kinds = {SystemMessage, AIMessage, ToolMessage, HumanMessage}
    assert find(messages(), lambda found: {type(message) for message in found} == kinds)
    assert find(messages(), lambda found: len(found[-1].parts) > 1)


@given(fault_scripts())
def test_a_script_ends_with_its_answer(script: list[Reply | Fault | Delay]) -> None:
    """Played to its end, a script answers exactly once, after all its faults."""
    *failures, reply = (item for item in script if not isinstance(item, Delay))
    assert isinstance(reply, Reply)
    fake = FakeProvider(*failures, attrs.evolve(reply, per_token=0.0))
    for failure in failures:
        assert isinstance(failure, Fault)
        with pytest.raises(ProviderError):
            fake.generate("hi")
    assert fake.generate("hi").text == reply.text
    fake.assert_done()


def test_replies_use_every_field() -> None:
    """Text, thoughts, tool calls and slow tokens turn up."""
    assert find(replies(), lambda reply: bool(reply.text and reply.thinking and reply.tools and reply.per_token))
