"""A prompt in the order that providers' caches reward: what never changes first."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from beluga.prompt.budget import fitted
from beluga.prompt.linting import lint_prompt
from beluga.prompt.rendering import fingerprint
from beluga.prompt.sections import Section, Situation, as_messages, as_sections, in_order
from beluga.prompt.tokens import estimate_tokens, messages_tokens, tools_tokens
from beluga.schema import CachePoint, HumanMessage, Message, SystemMessage, TextPart, ThinkingPart, tool_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from beluga.prompt.linting import PromptFinding
    from beluga.schema import Tool

__all__ = ["PromptBuilder"]


def _as_tools(tools: Iterable[Tool | Callable[..., Any]]) -> tuple[Tool, ...]:
    described = tuple(tool_of(tool) for tool in in_order("tools", tools))
    names = [tool.name for tool in described]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"each tool has a name of its own; given more than once: {', '.join(twice)}"
        raise ValueError(msg)
    return described


def _as_static(parts: Iterable[str | Message]) -> tuple[Message, ...]:
    listed = in_order("static_context", parts)
    if any(isinstance(part, Section) for part in listed):
        msg = "what depends on a condition or priority goes into dynamic_context: static_context is cached as it is"
        raise TypeError(msg)
    return tuple(message for part in listed for message in as_messages(part, SystemMessage))


def _as_history(messages: Iterable[Message]) -> tuple[Message, ...]:
    listed = in_order("history", messages)
    for message in listed:
        if not isinstance(message, Message):
            msg = f"history is a list of messages of beluga.schema, and has a {type(message).__name__}"
            raise TypeError(msg)
        if isinstance(message, SystemMessage):
            msg = "history is what user and model said; a SystemMessage goes into system_prompt or static_context"
            raise TypeError(msg)
    return listed


def _as_input(given: str | HumanMessage | None) -> HumanMessage | None:
    if given is None or isinstance(given, HumanMessage):
        return given
    if not isinstance(given, str):
        msg = f"user_input is a str or a HumanMessage, not {type(given).__name__}"
        raise TypeError(msg)
    return HumanMessage(given)


def _as_point(given: bool | CachePoint | None) -> CachePoint | None:
    if not isinstance(given, (bool, CachePoint)) and given is not None:
        msg = f"cache_breakpoint is True, False or a CachePoint, not {type(given).__name__}"
        raise TypeError(msg)
    return given if isinstance(given, CachePoint) else CachePoint() if given else None


def _as_budget(given: int | None) -> int | None:
    if given is not None and (type(given) is not int or given < 1):
        msg = f"budget is a whole number of tokens, at least 1, or None, not {given!r}"
        raise ValueError(msg)
    return given


@attrs.frozen(kw_only=True)
class PromptBuilder:
    """Put a prompt together: system, tools, static context, breakpoint, history, dynamic context, user input.

    Providers keep the beginning of a prompt in a cache for as long as no byte of it changes. So what never
    changes comes first and ends with a `CachePoint`. Then comes the conversation so far, which only grows,
    with a `CachePoint` of its own. What is different in each prompt comes last: placed before the history,
    it would keep that from being cached.

    A builder never changes; threads may share one. What `build` gets is for one prompt: its dynamic context
    comes after the builder's, its history, user input and budget take the place of the builder's.

    Args:
        system_prompt: The application's instructions.
        tools: `Tool`s or plain functions, which `beluga.schema.tool_of` describes.
        static_context: What the model always has to know; a text becomes a `SystemMessage`, and examples may
            be given as messages.
        cache_breakpoint: Whether to mark the ends of the static part and of the history for the provider's
            cache; a `CachePoint` marks them with its ``ttl``.
        history: The conversation so far, as it was.
        dynamic_context: Texts, messages and `Section`s with a condition or a priority. A text becomes a
            user's message, as a `SystemMessage` in this place would be moved to the front for some providers.
        user_input: What the user says now; None where the history ends with what is to be answered.
        budget: The most tokens of the whole; None does not count.
        count_tokens: Counts the tokens of a text; by default one for each four characters.

    Raises:
        TypeError: When an argument is of the wrong type, or a set, whose order is not the same in each run.
        ValueError: When two tools have one name, or the budget is below 1.

    Example:
        >>> builder = PromptBuilder(
        ...     system_prompt="You are a helpful coding assistant.",
        ...     static_context=["The code base uses Python 3.11."],
        ... )
        >>> for message in builder.build(user_input="How do I add a tool?"):
        ...     print(message.role, [type(part).__name__ for part in message.parts])
        system ['TextPart']
        system ['TextPart', 'CachePoint']
        user ['TextPart']
    """

    system_prompt: str = attrs.field(default="", validator=attrs.validators.instance_of(str))
    tools: tuple[Tool, ...] = attrs.field(default=(), converter=_as_tools)
    static_context: tuple[Message, ...] = attrs.field(default=(), converter=_as_static)
    cache_breakpoint: CachePoint | None = attrs.field(default=CachePoint(), converter=_as_point)
    history: tuple[Message, ...] = attrs.field(default=(), converter=_as_history)
    dynamic_context: tuple[Section, ...] = attrs.field(default=(), converter=as_sections)
    user_input: HumanMessage | None = attrs.field(default=None, converter=_as_input)
    budget: int | None = attrs.field(default=None, converter=_as_budget)
    count_tokens: Callable[[str], int] = estimate_tokens
    _static: tuple[Message, ...] = attrs.field(init=False, eq=False)
    _prefix: tuple[Message, ...] = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        static = (*as_messages(self.system_prompt, SystemMessage), *self.static_context)
        object.__setattr__(self, "_static", static)
        object.__setattr__(self, "_prefix", self._marked(static))

    def build(
        self,
        *,
        dynamic_context: Iterable[str | Message | Section] = (),
        user_input: str | HumanMessage | None = None,
        history: Iterable[Message] | None = None,
        role: str | None = None,
        flags: Iterable[str] = (),
        budget: int | None = None,
    ) -> list[Message]:
        """Return the messages of one prompt; its tools are in `tools`.

        Args:
            dynamic_context: What else the model has to know now.
            user_input: What the user says now.
            history: The conversation so far.
            role: The role of the user, for the conditions of sections.
            flags: The feature flags that are on, for the same.
            budget: The most tokens of the whole.

        Raises:
            TypeError: When an argument is of the wrong type.
            ValueError: When there is nothing to say.
            PromptTooLong: When what may not be left out does not fit into the budget.
        """
        asked = self.user_input if user_input is None else _as_input(user_input)
        said = self.history if history is None else _as_history(history)
        situation = Situation(_as_role(role), _as_flags(flags), said, asked)
        added = as_sections(dynamic_context) if dynamic_context else ()
        sections: Sequence[Section] = [each for each in (*self.dynamic_context, *added) if each.holds(situation)]
        limit = self.budget if budget is None else _as_budget(budget)
        if limit is not None:
            sections, said = self._fitted(sections, situation, limit)
        messages = [*self._prefix, *self._marked(said)]
        for section in sections:
            messages += section.content
        if asked is not None:
            messages.append(asked)
        if not messages:
            msg = "there is nothing in this prompt: give it a system_prompt or a user_input"
            raise ValueError(msg)
        return messages

    def fingerprint(self) -> str:
        """Return what tells static parts apart: system prompt, tools and static context, and nothing else.

        It is the same in every process, so that a test can pin it, and short enough for a provider's cache key.
        """
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return fingerprint(self._static, self.tools)

    @cached_property
    def _static_tokens(self) -> int:
        return messages_tokens(self._static, self.count_tokens) + tools_tokens(self.tools, self.count_tokens)

    def lint(self) -> tuple[PromptFinding, ...]:
        """Find what keeps the static part from being the same in each run: times, ids, tools without an order."""
        return lint_prompt(self.system_prompt, self.static_context, self.tools, self.dynamic_context)

    def _fitted(
        self, sections: Sequence[Section], situation: Situation, budget: int
    ) -> tuple[Sequence[Section], tuple[Message, ...]]:
        def cost(messages: Iterable[Message]) -> int:
            return messages_tokens(messages, self.count_tokens)

        asked = () if situation.user_input is None else (situation.user_input,)
        fixed = self._static_tokens + cost(asked)
        kept, said = fitted(sections, situation.history, asks=bool(asked), fixed=fixed, budget=budget, cost=cost)
        return kept, tuple(said)

    def _marked(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return `messages` with a cache point at the end of the last one that can bear it."""
        if self.cache_breakpoint is None:
            return messages
        for place in range(len(messages) - 1, -1, -1):
            message = messages[place]
            if message.parts and isinstance(message.parts[-1], CachePoint):
                return messages
            if _can_bear(message):
                marked = attrs.evolve(message, parts=(*message.parts, self.cache_breakpoint))
                return (*messages[:place], marked, *messages[place + 1 :])
        return messages

    def __repr__(self) -> str:
        size = f"{len(self.tools)} tools, {len(self._static)} static and {len(self.dynamic_context)} dynamic parts"
        return f"<{type(self).__name__} {self.fingerprint()[:8]}: {size}>"


def _can_bear(message: Message) -> bool:
    """Tell whether a cache point may follow: providers refuse one after a thought or an empty text."""
    last = message.parts[-1] if message.parts else None
    return not (last is None or isinstance(last, ThinkingPart) or (isinstance(last, TextPart) and not last.text))


def _as_role(role: str | None) -> str | None:
    if role is not None and not isinstance(role, str):
        msg = f"role is a str or None, not {type(role).__name__}"
        raise TypeError(msg)
    return role


def _as_flags(flags: Iterable[str]) -> frozenset[str]:
    if isinstance(flags, str):
        msg = "flags is a list or set of names; write [...] around a single one"
        raise TypeError(msg)
    return frozenset(flags)
