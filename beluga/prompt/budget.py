"""What of a prompt's dynamic part is left out when it is too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn

import attrs

from beluga.classification import ErrorCode
from beluga.errors import BelugaError
from beluga.prompt.conversation import is_question, rounds, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from beluga.prompt.conversation import Group
    from beluga.prompt.sections import Section
    from beluga.schema import Message

__all__ = ["PromptTooLong", "fitted"]

_STEPS = 4
"""The history is cut by a quarter of the budget at a time: had each turn another beginning, none would be cached."""


class PromptTooLong(BelugaError, ValueError):
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


def fitted(
    sections: Sequence[Section],
    history: Sequence[Message],
    *,
    asks: bool,
    fixed: int,
    budget: int,
    cost: Callable[[Iterable[Message]], int],
) -> tuple[list[Section], list[Message]]:
    """Return the sections and the history that fit.

    Dropped are, until the rest fits: sections of a priority below 0; the oldest turns; of the turn under way,
    its oldest rounds of tool calls; sections of other priorities. Of sections the lowest priority goes first,
    and of equals the last one. Once turns have to go, so many go that the cut can stay where it is until the
    conversation has grown by a quarter of the budget.

    Args:
        sections: In their order.
        history: The conversation so far.
        asks: Whether the user's input comes after the history; otherwise the last question and the newest
            round are what the model has to answer, and stay.
        fixed: Tokens of what always stays besides.
        budget: Tokens for all of it.
        cost: Counts the tokens of messages.

    Raises:
        PromptTooLong: When what has to stay does not fit.
    """
    costs = [cost(section.content) for section in sections]
    excess = fixed + sum(costs) + cost(history) - budget
    if excess <= 0:
        return list(sections), list(history)
    units = _units(history, cost, asks=asks)
    ranked = sorted((each.priority, -place) for place, each in enumerate(sections) if each.priority is not None)
    early = [-place for priority, place in ranked if priority < 0]
    late = [-place for _, place in ranked[len(early) :]]
    loose = sum(unit.tokens for unit in units if not unit.stays) + sum(costs[place] for place in (*early, *late))
    if excess > loose:
        _refuse(budget + excess - loose, budget)
    gone: set[int] = set()
    excess = _drop(early, costs, excess, gone)
    excess, left = _without_oldest(units, excess, step=max(1, budget // _STEPS))
    _drop(late, costs, excess, gone)
    return [section for place, section in enumerate(sections) if place not in gone], left


@attrs.frozen
class _Unit:
    """Messages that are dropped together, or have to stay."""

    messages: Group
    tokens: int
    stays: bool


def _units(history: Sequence[Message], cost: Callable[[Iterable[Message]], int], *, asks: bool) -> list[_Unit]:
    """Return whole turns, oldest first, and the rounds of the turn that waits for an answer."""
    gathered = turns(rounds(history))
    under_way = [] if asks or not gathered else gathered.pop()
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


def _without_oldest(units: Sequence[_Unit], excess: int, *, step: int) -> tuple[int, list[Message]]:
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
    return excess - dropped, left


def _refuse(needed: int, budget: int) -> NoReturn:
    msg = (
        f"the prompt needs {needed} tokens without all that may be left out, and its budget is {budget}; "
        f"raise the budget, shorten the static part, or give sections a priority"
    )
    raise PromptTooLong(msg, needed=needed, budget=budget)
