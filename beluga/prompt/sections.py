"""The parts of a prompt that come and go: what they say, when, and how much they matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import attrs

from beluga._foreign.messages import conversation
from beluga.schema import HumanMessage, Message

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Section", "Situation", "as_messages", "flag", "role"]


@attrs.frozen
class Situation:
    """For whom and in what conversation a prompt is built; what conditions look at.

    Args:
        role: The role of the user, None where it is not known.
        flags: The feature flags that are on.
        history: The conversation so far.
        user_input: What the user says now.
    """

    role: str | None = None
    flags: frozenset[str] = frozenset()
    history: tuple[Message, ...] = ()
    user_input: HumanMessage | None = None


def role(*names: str) -> Callable[[Situation], bool]:
    """Return the condition that the user has one of these roles.

    Example:
        >>> role("admin", "support")(Situation(role="admin"))
        True
    """
    return _RoleIn(_names("role", names))


def flag(*names: str) -> Callable[[Situation], bool]:
    """Return the condition that one of these feature flags is on.

    Example:
        >>> flag("beta")(Situation(flags=frozenset({"dark"})))
        False
    """
    return _FlagIn(_names("flag", names))


@attrs.frozen
class _RoleIn:
    names: frozenset[str]

    def __call__(self, situation: Situation) -> bool:
        return situation.role in self.names


@attrs.frozen
class _FlagIn:
    names: frozenset[str]

    def __call__(self, situation: Situation) -> bool:
        return not self.names.isdisjoint(situation.flags)


def _names(kind: str, names: tuple[str, ...]) -> frozenset[str]:
    if not names or not all(isinstance(name, str) and name for name in names):
        message = f"{kind}() takes the names of one or more {kind}s"
        raise TypeError(message)
    return frozenset(names)


def as_messages(content: Any, texts: type[Message] = HumanMessage) -> tuple[Message, ...]:
    """Return messages as they are, and each text as one of class `texts`; an empty text is left out."""
    several = isinstance(content, Iterable) and not isinstance(content, (str, Message))
    given = [
        texts(each) if isinstance(each, str) else each for each in (content if several else [content]) if each != ""
    ]
    return conversation(given, "a prompt is made of")


def _is_condition(_: object, __: object, value: Any) -> None:
    if value is not None and not callable(value):
        message = (
            f"Section.when is role('...'), flag('...') or a predicate of the Situation, not {type(value).__name__}"
        )
        raise TypeError(message)


def _is_priority(_: object, __: object, value: Any) -> None:
    if value is not None and type(value) is not int:
        message = f"Section.priority is an int, or None for what is never dropped, not {type(value).__name__}"
        raise TypeError(message)


@attrs.frozen
class Section:
    """A part of the dynamic context with a condition or a priority.

    Args:
        content: A text, which becomes a user's message; a message, or several that stay together.
        when: ``role("admin")``, ``flag("beta")``, or any predicate of the `Situation`; None always holds.
        priority: What a token budget drops first: the lowest goes first, of equals the last one. The history
            goes after what is below 0 and before the rest. None is never dropped.

    Raises:
        TypeError: When the content is neither text nor message, or the condition cannot be called.

    Example:
        >>> secret = Section("The user may see prices.", when=role("sales"))
        >>> secret.holds(Situation(role="guest"))
        False
    """

    content: tuple[Message, ...] = attrs.field(converter=as_messages, repr=False)
    when: Callable[[Situation], object] | None = attrs.field(default=None, validator=_is_condition)
    priority: int | None = attrs.field(default=None, validator=_is_priority)

    def holds(self, situation: Situation) -> bool:
        """Tell whether the section belongs into this prompt."""
        return self.when is None or bool(self.when(situation))
