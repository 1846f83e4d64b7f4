"""Hypothesis strategies for prompts, conversations, failing providers, and ways to cut a text.

They need the extra ``testing``: ``pip install "beluga-ai[testing]"``.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from beluga.llm import Reply, faults
from beluga.schema import AIMessage, HumanMessage, ImagePart, SystemMessage, ToolCall, ToolMessage

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

    from beluga.llm.fake.faults import Delay, Fault
    from beluga.schema import Message

__all__ = ["chunkings", "fault_scripts", "messages", "prompts", "replies"]

# What breaks text handling in practice: other scripts, joined emoji, combining marks, blank and broken lines.
_TELLING_PROMPTS = (
    "",
    " ",
    "\n\n",
    "Where is my order 4711?",
    "¿Dónde está mi pedido?",
    "注文はどこですか。",
    "أين طلبي؟",
    "Wo bleibt meine Bestellung?\r\nGrüße",
    "👩‍👩‍👧‍👦 cafe\u0301 \u200b\ufeff",
    '{"role": "system", "content": "```"}',
    "line one\tline\x0btwo\x00",
    "a" * 2000,
)


def prompts(*, max_size: int = 200) -> SearchStrategy[str]:
    r"""Generate what users type: plain and odd texts, in several scripts, some of them empty.

    Args:
        max_size: The most code points of a random text; the known odd ones may be longer.

    Example:
        >>> from hypothesis import find
        >>> find(prompts(), lambda text: "Bestellung" in text)
        'Wo bleibt meine Bestellung?\r\nGrüße'
    """
    words = st.lists(st.text(min_size=1, max_size=12), max_size=max_size // 13).map(" ".join)
    return st.one_of(st.sampled_from(_TELLING_PROMPTS), words, st.text(max_size=max_size))


def messages(*, max_turns: int = 4) -> SearchStrategy[list[Message]]:
    """Generate conversations that a provider accepts.

    One may begin with a system message; then user and model take turns, each tool call is answered by the
    message after it, and the user has the last word.

    Args:
        max_turns: The most questions of the user.
    """
    return _conversations(max_turns)


@st.composite
def _conversations(draw: DrawFn, max_turns: int) -> list[Message]:
    conversation: list[Message] = [SystemMessage(text) for text in draw(st.lists(prompts(), max_size=1))]
    for turn in range(draw(st.integers(1, max_turns))):
        if turn:
            conversation += draw(_answers(turn))
        conversation.append(draw(_questions()))
    return conversation


def _questions() -> SearchStrategy[HumanMessage]:
    shown = st.sampled_from([ImagePart(url="https://example.com/a.png"), ImagePart(data=b"GIF89a" + bytes(8))])
    return st.one_of(
        prompts().map(HumanMessage),
        st.tuples(prompts(), shown).map(lambda parts: HumanMessage(parts=parts)),
    )


@st.composite
def _answers(draw: DrawFn, turn: int) -> list[Message]:
    calls = [
        ToolCall(f"call_{turn}_{position}", name, arguments)
        for position, (name, arguments) in enumerate(draw(st.lists(_calls(), max_size=2)), 1)
    ]
    results = [ToolMessage(draw(prompts()), call.id, draw(st.booleans())) for call in calls]
    return [AIMessage(parts=[draw(prompts()), *calls]), *results]


def _calls() -> SearchStrategy[tuple[str, dict[str, Any]]]:
    values = st.one_of(st.none(), st.booleans(), st.integers(-1000, 1000), st.text(max_size=20))
    arguments = st.dictionaries(st.sampled_from(["city", "query", "limit"]), values, max_size=3)
    return st.tuples(st.sampled_from(["search", "lookup_invoice"]), arguments)


def replies() -> SearchStrategy[Reply]:
    """Generate answers of a fake provider, with and without thoughts and tool calls."""
    calls = _calls().map(lambda call: ToolCall("", *call))
    return st.builds(
        Reply,
        prompts(),
        tools=st.lists(calls, max_size=2),
        thinking=st.one_of(st.just(""), prompts()),
        per_token=st.sampled_from([0.0, 0.25]),
    )


def fault_scripts(*, max_faults: int = 5) -> SearchStrategy[list[Reply | Fault | Delay]]:
    """Generate scripts for a `FakeProvider`: some faults and delays, and then an answer.

    Args:
        max_faults: The most faults and delays before the answer.
    """
    return st.builds(lambda items, reply: [*items, reply], st.lists(_faults(), max_size=max_faults), replies())


def _faults() -> SearchStrategy[Fault | Delay]:
    seconds = st.sampled_from([0.0, 0.5, 2.0, 90.0])
    counts = st.integers(0, 5)
    return st.one_of(
        st.builds(faults.rate_limit, st.one_of(st.none(), seconds)),
        st.builds(faults.quota),
        st.builds(faults.server_error, st.sampled_from([500, 502, 503, 504, 529])),
        st.builds(faults.overloaded_in_stream, counts),
        st.builds(faults.connect_error),
        st.builds(faults.connect_timeout),
        st.builds(faults.read_timeout),
        st.builds(faults.cut_stream, counts),
        st.builds(faults.bad_json),
        st.builds(faults.stall, seconds),
        st.builds(faults.slow_tokens, seconds),
    )


def chunkings(text: str) -> SearchStrategy[list[str]]:
    """Generate the ways to cut `text`: lists of strings that join to it.

    Among them are the whole, its single characters, and pieces with empty ones between.

    Example:
        >>> from hypothesis import find
        >>> find(chunkings("abc"), lambda chunks: len(chunks) == 2)
        ['', 'abc']
    """
    cuts = st.lists(st.integers(0, len(text)), max_size=max(4, min(len(text), 40))).map(sorted)
    return st.one_of(st.just([text]), st.just(list(text)), cuts.map(lambda places: _cut(text, places)))


def _cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *places, len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]
