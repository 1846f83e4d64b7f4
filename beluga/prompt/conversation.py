"""What belongs together in a conversation: a tool call with its result, a question with its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.schema import HumanMessage, ToolCall, ToolMessage, ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beluga.schema import Message

__all__ = ["Group", "is_question", "rounds", "turns"]

Group = tuple["Message", ...]
"""Messages that stay together."""


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
