"""The pieces of other libraries' streams go through the window too: their texts, and tool calls that come in pieces."""

from __future__ import annotations

import pytest

from beluga import GuardBlocked, guarded
from beluga.guards import PatternDetector, PIIRedactor, ToolGuard
from beluga.schema import Chunk, Usage

BAD = PatternDetector(("override", "bad"))
MAIL = PIIRedactor()


def chat(**delta):
    """Return a chunk of chat completions."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


def call(arguments, **function):
    """Return a piece of a tool call, in such a chunk."""
    return chat(tool_calls=[{"index": 0, "function": {"arguments": arguments, **function}}])


def block(**delta):
    """Return an event of messages."""
    return {"type": "content_block_delta", "index": 0, "delta": delta}


def out(guard, items):
    """Return what comes of a stream of these items."""
    return list(guarded(output=[guard])(lambda: (yield from items))())


def arguments(chunk):
    return chunk["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]


def text_of(chunk):
    return chunk["choices"][0]["delta"]["content"] if "choices" in chunk else chunk["delta"]["text"]


@pytest.mark.parametrize(
    "piece",
    [lambda text: chat(content=text), lambda text: block(type="text_delta", text=text)],
    ids=["chat", "messages"],
)
def test_an_address_is_found_across_the_edges_of_pieces(piece):
    """Each piece comes out in its place, with what is safe by then."""
    pieces = ["mail ana@", "example.com", " today", " bye"]
    given = [piece(text) for text in pieces]
    came = out(MAIL, given)
    assert "".join(map(text_of, came)) == "mail [EMAIL] today bye"
    assert [text_of(each) for each in given] == pieces


def test_a_chunk_of_ours_comes_out_with_nothing_behind_it():
    """What it says beside its text stands in one of its own, and of an empty one there is one."""
    usage = Usage(3, 4)
    chunks = [Chunk(begins=True), Chunk("one "), Chunk("two ", thinking="hm"), Chunk(), Chunk("three ", usage=usage)]
    first, *rest = out(BAD, chunks)
    came = [chunk for chunk in rest if chunk.text or chunk.thinking or chunk.usage or chunk == Chunk()]
    assert "".join(chunk.text for chunk in came) == "one two three "
    assert "".join(chunk.thinking for chunk in came) == "hm"
    assert [chunk.usage for chunk in came if chunk.usage] == [usage]
    assert sum(chunk == Chunk() and not chunk.begins for chunk in came) == 1
    assert first.begins


def test_a_tool_call_in_pieces_is_judged_whole():
    """Escapes are read, and the pieces leave as they came if nothing is wrong."""
    pieces = [call(piece) for piece in ('{"to": "b', "\\u0061d", '"}')]
    assert out(MAIL, pieces) == pieces
    with pytest.raises(GuardBlocked, match="override"):
        out(BAD, pieces)


def test_a_tool_call_in_pieces_cannot_be_changed():
    """There is no way to say which piece has what of the change, so it is an error."""
    with pytest.raises(GuardBlocked, match="comes in pieces cannot be changed") as blocked:
        out(MAIL, [call('{"to": "ana@'), call('example.com"}')])
    assert blocked.value.stage == "output"


def test_no_piece_of_a_tool_call_leaves_before_the_last_one_has_come():
    """Nor does what comes behind it."""
    came, pulled = [], []

    def pieces():
        for item in (call('{"to": "'), chat(content="safe and sound. "), call('bad"}')):
            pulled.append(item)
            yield item

    stream = guarded(output=[BAD])(pieces)()
    with pytest.raises(GuardBlocked):
        came.extend(stream)
    assert (came, len(pulled)) == ([], 3)


def test_a_tool_call_in_one_piece_can_be_changed():
    """Then it is clear where the change belongs, whatever comes around it."""
    pieces = [call('{"a"', name="f"), call(": 1}"), call('{"to": "ana@example.com"}', name="g"), call("[2]", name="h")]
    assert list(map(arguments, out(MAIL, pieces))) == ['{"a"', ": 1}", '{"to": "[EMAIL]"}', "[2]"]
    for text in ("ana@example.com", '"ana@example.com"', '["ana@example.com"]'):
        assert [arguments(chunk) for chunk in out(MAIL, [call(text)])] == [text.replace("ana@example.com", "[EMAIL]")]


FORMS = {
    "in pieces": [call('{"a"', name="drop"), call(": 1}")],
    "in one piece": [call('{"a": 1}', name="drop")],
    "in one piece behind its name": [call("", name="drop"), call('{"a": 1}')],
    "without arguments": [call("", name="drop")],
    "with a name each time": [call('{"a"', name="drop"), call(": 1}", name="drop")],
    "behind another one": [call('{"a"', name="look"), call(": 1}"), call('{"b": 2}', name="drop")],
    "as an event of messages": [
        {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "drop", "input": {}}},
        block(type="input_json_delta", partial_json='{"a": 1}'),
    ],
    "whole": [{"candidates": [{"content": {"parts": [{"function_call": {"name": "drop", "args": {"a": 1}}}]}}]}],
    "told at the end": [
        {"type": "response.output_item.done", "item": {"type": "function_call", "name": "drop", "arguments": "{}"}}
    ],
}


@pytest.mark.parametrize("items", FORMS.values(), ids=FORMS)
def test_no_tool_call_of_a_stream_passes_a_guard_of_tools_unseen(items):
    """In whatever form it comes, and nothing of it leaves before."""
    came = []
    with pytest.raises(GuardBlocked, match="'drop' is not allowed"):
        came.extend(guarded(output=[ToolGuard(allow=["look"])])(lambda: (yield from items))())
    assert came == []
    assert out(ToolGuard(allow=["look", "drop"]), items) == items


def test_a_tool_call_whose_name_nobody_can_tell_is_none_of_those_that_are_allowed():
    """Where there are more of them than names, any could be the one that must not run."""
    pieces = [call('{"a": 1}', name="look"), call('{"b": 2}')]
    with pytest.raises(GuardBlocked, match="'unknown' is not allowed"):
        out(ToolGuard(allow=["look", "send"]), [call('{"c": 3}', name="send"), *pieces])


def test_arguments_that_are_no_json_are_judged_as_text():
    """A model may break off, or write what it likes."""
    for text in ('{"to": "bad', "bad", '{"to": 1} and bad'):
        with pytest.raises(GuardBlocked, match="override"):
            out(BAD, [call(text[:3]), call(text[3:])])


@pytest.mark.parametrize(
    "pieces", [["null"], ["[1", "]"], ['{"a', '": '], ["drop it"]], ids="null list broken text".split()
)
def test_a_tool_call_without_an_object_for_its_arguments_is_one_all_the_same(pieces):
    """As in a whole answer: a guard of tools is asked about its name."""
    items = [call("", name="drop"), *map(call, pieces)]
    with pytest.raises(GuardBlocked, match="'drop' is not allowed"):
        out(ToolGuard(allow=["look"]), items)
    assert out(BAD, items) == items


def test_an_event_that_tells_all_once_more_is_judged_by_itself():
    """The text of it is not taken for a piece more, nor does it vouch for the pieces."""
    told = {"type": "response.output_text.done", "text": "mail ana@example.com"}
    delta = {"type": "response.output_text.delta", "delta": "mail ana@example.com"}
    came = out(MAIL, [delta, told])
    assert [each.get("delta") for each in came] == ["mail [EMAIL]", None]
    assert came[1] == {**told, "text": "mail [EMAIL]"}


def test_what_cannot_be_looked_into_is_refused():
    """With its type, and what to yield instead."""
    with pytest.raises(TypeError, match="cannot look into a stream's object: yield str or Chunk"):
        out(BAD, [object()])
