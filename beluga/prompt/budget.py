"""How many tokens a prompt has, and what of its dynamic part is left out when these are too many.

Records are counted as text that is the same in every process; tokens are estimated, or counted by a tokeniser.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import attrs

from beluga.classification import ErrorCode
from beluga.errors import BelugaError
from beluga.schema import CachePoint, HumanMessage, ImagePart, TextPart, ThinkingPart, ToolCall, ToolMessage, ToolResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from beluga.prompt.sections import Section
    from beluga.schema import Message, Part, Tool

__all__ = [
    "PromptTooLong",
    "Tail",
    "estimate_tokens",
    "fingerprint",
    "fitted",
    "messages_tokens",
    "rendered",
    "rounds",
    "tools_tokens",
    "turns",
]

_FRAME = 4
"""Tokens around each message. Source: OpenAI's cookbook, "How to count tokens": 3, and one for a name."""
_IMAGE, _LOW_IMAGE = 765, 85
"""Source: OpenAI's vision guide: 85 tokens, and in high detail 170 for each of the four tiles of 1024 by 1024."""
_FILE = 1500
"""A page of a document or half a minute of speech: their length is not known before the provider reads them."""


def estimate_tokens(text: str) -> int:
    """Estimate the tokens of `text`: one for each four characters begun.

    That is right for English prose within some 20 %; other scripts need a counter of their own.

    Example:
        >>> estimate_tokens("hello")
        2
    """
    return -(-len(text) // 4)


def messages_tokens(messages: Iterable[Message], count: Callable[[str], int]) -> int:
    """Return what `messages` cost, each with its frame."""
    return sum(_FRAME + _parts_tokens(message.parts, count) for message in messages)


def tools_tokens(tools: Iterable[Tool], count: Callable[[str], int]) -> int:
    """Return what the descriptions of `tools` cost."""
    return sum(count(rendered(tool)) for tool in tools)


def _parts_tokens(parts: Iterable[Part], count: Callable[[str], int]) -> int:
    tokens = 0
    for part in parts:
        # Nearly all parts are texts: a budget of 20 messages is counted in half the time.
        tokens += count(part.text) if type(part) is TextPart else _part_tokens(part, count)
    return tokens


def _part_tokens(part: Part, count: Callable[[str], int]) -> int:
    if isinstance(part, (TextPart, ThinkingPart)):
        return count(part.text)
    if isinstance(part, ToolCall):
        return count(rendered(part))
    if isinstance(part, ToolResult):
        return _FRAME + _parts_tokens(part.parts, count)
    if isinstance(part, ImagePart):
        return _LOW_IMAGE if part.detail == "low" else _IMAGE
    return 0 if isinstance(part, CachePoint) else _FILE


def rendered(record: Message | Part | Tool) -> str:
    """Return a message, part or tool as JSON, in the order in which it was made; bytes are shown by their hash.

    Example:
        >>> from beluga.schema import TextPart
        >>> rendered(TextPart("hi"))
        '{"kind": "TextPart", "text": "hi"}'
    """
    return json.dumps(record, default=_plain)


def fingerprint(*parts: object) -> str:
    """Return a hash of records: 32 hexadecimal digits, stable across processes and machines."""
    text = json.dumps(parts, default=_plain)
    # OpenAI takes at most 64 characters as a prompt_cache_key; half of them are 128 bits.
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    if not attrs.has(type(value)):
        message = (
            f"a {type(value).__name__} cannot be written as JSON; tool arguments and schemas are made of JSON values"
        )
        raise TypeError(message)
    fields = {field.name: getattr(value, field.name) for field in attrs.fields(type(value))}
    return {"kind": type(value).__name__, **fields}


_STEPS = 4
"""The history is cut by a quarter of the budget at a time: had each turn another beginning, none would be cached."""


Group = tuple["Message", ...]
"""Messages that stay together."""


class PromptTooLong(BelugaError, ValueError):  # pyright: ignore[reportIncompatibleVariableOverride]  # see `BelugaError.args`
    """What can never be left out of a prompt does not fit into its token budget.

    Args:
        message: What happened.
        needed: Tokens of the static part, the user's input and the sections without a priority.
        budget: Tokens that are allowed.
    """

    default_code: ClassVar[ErrorCode] = ErrorCode.CONTEXT_LENGTH

    def __init__(self, message: str = "", *, needed: int = 0, budget: int = 0) -> None:
        super().__init__(message)
        self.needed: int = needed
        self.budget: int = budget


@attrs.frozen
class Tail:
    """History, dynamic context and user input of one prompt.

    Args:
        history: The conversation so far.
        sections: Those whose conditions hold.
        user_input: What the user says now; None where the history ends with what is to be answered.
    """

    history: tuple[Message, ...]
    sections: tuple[Section, ...]
    user_input: HumanMessage | None

    @property
    def context(self) -> tuple[Message, ...]:
        """The messages of the sections."""
        return tuple(message for section in self.sections for message in section.content)

    @property
    def asked(self) -> tuple[HumanMessage, ...]:
        """The user input, or nothing."""
        return () if self.user_input is None else (self.user_input,)


def fitted(tail: Tail, fixed: int, budget: int, cost: Callable[[Iterable[Message]], int]) -> Tail:
    """Return what of `tail` fits into the budget.

    Dropped are, until the rest fits: sections of a priority below 0; the oldest turns; of a turn that waits for
    its answer, the oldest rounds of tool calls; sections of other priorities. Of sections the lowest priority
    goes first, and of equals the last one. Once turns have to go, so many go that the cut can stay where it is
    until the conversation has grown by a quarter of the budget.

    Without a user input, the last question and the newest round are what the model has to answer, and stay.

    Args:
        tail: What stands behind the breakpoint.
        fixed: Tokens of what stands before it.
        budget: Tokens for all of it.
        cost: Counts the tokens of messages.

    Raises:
        PromptTooLong: When what has to stay does not fit.
    """
    costs = [cost(section.content) for section in tail.sections]
    excess = fixed + sum(costs) + cost(tail.history) + cost(tail.asked) - budget
    if excess <= 0:
        return tail
    units = _units(tail, cost)
    early, late = _ranked(tail.sections)
    loose = sum(unit.tokens for unit in units if not unit.stays) + sum(costs[place] for place in (*early, *late))
    if excess > loose:
        _refuse(budget + excess - loose, budget)
    gone: set[int] = set()
    excess = _drop(early, costs, excess, gone)
    excess, history = _without_oldest(units, excess, step=max(1, budget // _STEPS))
    _drop(late, costs, excess, gone)
    sections = tuple(section for place, section in enumerate(tail.sections) if place not in gone)
    return Tail(history, sections, tail.user_input)


def _ranked(sections: Sequence[Section]) -> tuple[list[int], list[int]]:
    """Return which sections may go before the history and which after it, each in its order."""
    ranked = sorted((each.priority, -place) for place, each in enumerate(sections) if each.priority is not None)
    early = [-place for priority, place in ranked if priority < 0]
    return early, [-place for _, place in ranked[len(early) :]]


@attrs.frozen
class _Unit:
    """Messages that are dropped together, or have to stay."""

    messages: Group
    tokens: int
    stays: bool


def _units(tail: Tail, cost: Callable[[Iterable[Message]], int]) -> list[_Unit]:
    """Return whole turns, oldest first, and the rounds of the turn that waits for an answer."""
    gathered = turns(rounds(tail.history))
    under_way = gathered.pop() if gathered and tail.user_input is None else []
    whole = [tuple(message for group in turn for message in group) for turn in gathered]
    return [
        *(_Unit(turn, cost(turn), stays=False) for turn in whole),
        *(_Unit(each, cost(each), is_question(each[0]) or each is under_way[-1]) for each in under_way),
    ]


def _drop(places: Iterable[int], costs: Sequence[int], excess: int, gone: set[int]) -> int:
    """Add to `gone` what has to go, and return how many tokens are still too many."""
    for place in places:
        if excess <= 0:
            break
        gone.add(place)
        excess -= costs[place]
    return excess


def _without_oldest(units: Sequence[_Unit], excess: int, *, step: int) -> tuple[int, tuple[Message, ...]]:
    """Return how many tokens are still too many, and the messages without the oldest units."""
    rounded = -(-excess // step) * step
    loose = [unit.tokens for unit in units if not unit.stays]
    # The newest turn goes only when it has to.
    goal = rounded if rounded <= sum(loose[:-1]) else excess
    left: list[Message] = []
    dropped = 0
    for unit in units:
        if dropped < goal and not unit.stays:
            dropped += unit.tokens
        else:
            left += unit.messages
    return excess - dropped, tuple(left)


def _refuse(needed: int, budget: int) -> NoReturn:
    message = (
        f"the prompt needs {needed} tokens without all that may be left out, and its budget is {budget}; "
        f"raise the budget, shorten the static part, or give sections a priority"
    )
    raise PromptTooLong(message, needed=needed, budget=budget)


def rounds(history: Sequence[Message]) -> list[Group]:
    """Cut a conversation wherever no tool call is parted from its result.

    Example:
        >>> from beluga.schema import AIMessage
        >>> call = ToolCall("1", "search")
        >>> asked = [HumanMessage("hi"), AIMessage(parts=[call]), ToolMessage("found", "1"), AIMessage("here")]
        >>> [len(group) for group in rounds(asked)]
        [1, 2, 1]
    """
    ends = list(range(len(history)))
    made: dict[str, int] = {}
    for place, message in enumerate(history):
        for identity in _answered(message):
            # The same id may come again in a later turn: a result answers the latest call.
            if identity in made:
                ends[made[identity]] = place
        made |= dict.fromkeys(_called(message), place)
    groups: list[Group] = []
    start = reach = 0
    for place in range(len(history)):
        reach = max(reach, ends[place])
        if reach == place:
            groups.append(tuple(history[start : place + 1]))
            start = place + 1
    return groups


def turns(groups: Sequence[Group]) -> list[list[Group]]:
    """Gather the rounds of each turn: from one question of the user's to the next."""
    gathered: list[list[Group]] = []
    for group in groups:
        if gathered and not is_question(group[0]):
            gathered[-1].append(group)
        else:
            gathered.append([group])
    return gathered


def is_question(message: Message) -> bool:
    """Tell whether a message is the user's own and not only the result of a tool."""
    return isinstance(message, HumanMessage) and not any(isinstance(part, ToolResult) for part in message.parts)


def _called(message: Message) -> Iterator[str]:
    return (part.id for part in message.parts if isinstance(part, ToolCall))


def _answered(message: Message) -> Iterator[str]:
    if isinstance(message, ToolMessage):
        yield message.tool_call_id
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield part.tool_call_id
