"""A prompt in the order that providers' caches reward: what never changes first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from beluga.prompt.budget import Tail, estimate_tokens, fingerprint, fitted, messages_tokens, tools_tokens
from beluga.prompt.inspection import explained, lint_prompt
from beluga.prompt.sections import Section, Situation, as_messages
from beluga.schema import CachePoint, HumanMessage, Message, SystemMessage, TextPart, ThinkingPart, tool_of
from beluga.schema.messages import NamedMessages, PromptName
from beluga.schema.parts import is_str, is_str_or_none
from beluga.telemetry.spans import name_prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    from beluga.prompt.inspection import PromptFinding
    from beluga.schema import Tool

__all__ = ["PromptBuilder"]


def _as_tools(tools: Iterable[Tool | Callable[..., Any]]) -> tuple[Tool, ...]:
    """Return tools in their order, described where functions were given."""
    described = tuple(tool_of(tool) for tool in _in_order("tools", tools))
    names = [tool.name for tool in described]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        message = f"each tool has a name of its own; given more than once: {', '.join(twice)}"
        raise ValueError(message)
    return described


def _as_static(parts: Iterable[str | Message]) -> tuple[Message, ...]:
    """Return the messages of the static context."""
    listed = _in_order("static_context", parts)
    if any(isinstance(part, Section) for part in listed):
        message = "what depends on a condition or priority goes into dynamic_context: static_context is cached as it is"
        raise TypeError(message)
    return tuple(message for part in listed for message in as_messages(part, SystemMessage))


def _as_history(messages: Iterable[Message]) -> tuple[Message, ...]:
    """Return a conversation as it was."""
    listed = _in_order("history", messages)
    for said in listed:
        if not isinstance(said, Message):
            message = f"history is a list of messages of beluga.schema, and has a {type(said).__name__}"
            raise TypeError(message)
        if isinstance(said, SystemMessage):
            message = "history is what user and model said; a SystemMessage goes into system_prompt or static_context"
            raise TypeError(message)
    return listed


def _as_input(given: str | HumanMessage | None) -> HumanMessage | None:
    """Return what the user says now."""
    if given is None or isinstance(given, HumanMessage):
        return given
    if not isinstance(given, str):
        message = f"user_input is a str or a HumanMessage, not {type(given).__name__}"
        raise TypeError(message)
    return HumanMessage(given)


def _as_point(given: bool | CachePoint | None) -> CachePoint | None:
    """Return the cache point that was asked for, or None."""
    if not isinstance(given, (bool, CachePoint)) and given is not None:
        message = f"cache_breakpoint is True, False or a CachePoint, not {type(given).__name__}"
        raise TypeError(message)
    return given if isinstance(given, CachePoint) else CachePoint() if given else None


def _as_budget(given: int | None) -> int | None:
    """Return a number of tokens, or None for no budget."""
    if given is not None and (type(given) is not int or given < 1):
        message = f"budget is a whole number of tokens, at least 1, or None, not {given!r}"
        raise ValueError(message)
    return given


def _as_role(role: str | None) -> str | None:
    """Return the role of a user."""
    if role is not None and not isinstance(role, str):
        message = f"role is a str or None, not {type(role).__name__}"
        raise TypeError(message)
    return role


def _as_flags(flags: Iterable[str]) -> frozenset[str]:
    """Return the flags that are on."""
    if isinstance(flags, str) or not isinstance(flags, Iterable):
        message = f"flags is a list or set of names, not a {type(flags).__name__}; write [...] around a single one"
        raise TypeError(message)
    named = frozenset(flags)
    for each in named:
        if not isinstance(each, str):
            message = f"the name of a flag is a str, not {type(each).__name__}"
            raise TypeError(message)
    return named


def _as_sections(parts: Iterable[Any]) -> tuple[Section, ...]:
    """Return the dynamic context as sections; what is empty is left out."""
    listed = _in_order("dynamic_context", parts)
    sections = (part if isinstance(part, Section) else Section(part) for part in listed)
    return tuple(section for section in sections if section.content)


def _in_order(name: str, parts: Iterable[Any]) -> tuple[Any, ...]:
    """Return `parts` as a tuple; refuse a single text, and sets, whose order changes from run to run."""
    if isinstance(parts, (str, bytes, Message, set, frozenset)) or not isinstance(parts, Iterable):
        message = f"{name} is a list, in the order that the model is to see, not a {type(parts).__name__}"
        raise TypeError(message)
    return tuple(parts)


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
        name: By which the span of the call that gets the messages knows the prompt; empty for no name.
        version: The same; None takes the first 8 characters of the fingerprint, which change with the static part.

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

    system_prompt: str = attrs.field(default="", validator=is_str)
    tools: tuple[Tool, ...] = attrs.field(default=(), converter=_as_tools)
    static_context: tuple[Message, ...] = attrs.field(default=(), converter=_as_static)
    cache_breakpoint: CachePoint | None = attrs.field(default=CachePoint(), converter=_as_point)
    history: tuple[Message, ...] = attrs.field(default=(), converter=_as_history)
    dynamic_context: tuple[Section, ...] = attrs.field(default=(), converter=_as_sections)
    user_input: HumanMessage | None = attrs.field(default=None, converter=_as_input)
    budget: int | None = attrs.field(default=None, converter=_as_budget)
    count_tokens: Callable[[str], int] = attrs.field(default=estimate_tokens, validator=attrs.validators.is_callable())
    name: str = attrs.field(default="", validator=is_str)
    version: str | None = attrs.field(default=None, validator=is_str_or_none)
    _static: tuple[Message, ...] = attrs.field(init=False, eq=False)
    _prefix: tuple[Message, ...] = attrs.field(init=False, eq=False)
    _fingerprint: str = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        static = (*as_messages(self.system_prompt, SystemMessage), *self.static_context)
        object.__setattr__(self, "_static", static)
        object.__setattr__(self, "_prefix", _marked(static, self.cache_breakpoint))
        # Made at once, because it refuses what cannot be written as JSON.
        object.__setattr__(self, "_fingerprint", fingerprint(static, self.tools))

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
        offered = self._offered(dynamic_context, user_input, history, role, flags)
        tail = self._fitted(offered, budget)
        messages = [*self._prefix, *_marked(tail.history, self.cache_breakpoint), *tail.context, *tail.asked]
        if not messages:
            message = "there is nothing in this prompt: give it a system_prompt or a user_input"
            raise ValueError(message)
        if not self.name:
            return messages
        prompt = PromptName(self.name, self.version or self._fingerprint[:8])
        name_prompt(prompt)
        return NamedMessages(messages, prompt)

    def fingerprint(self) -> str:
        """Return what tells static parts apart: system prompt, tools and static context, and nothing else.

        It is the same in every process, so that a test can pin it, and short enough for a provider's cache key.
        """
        return self._fingerprint

    def lint(self) -> tuple[PromptFinding, ...]:
        """Find what keeps the static part from being the same in each run: times, ids, tools without an order."""
        return lint_prompt(self.system_prompt, self.static_context, self.tools, self.dynamic_context)

    def explain(self, *, budget: int | None = None, **arguments: Any) -> str:
        """Return a line for each slot of what `build` would give: its tokens, and how much was left out.

        Args:
            budget: The most tokens of the whole.
            **arguments: What `build` takes besides.

        Example:
            >>> print(PromptBuilder(system_prompt="Be brief.").explain(user_input="Why?"))
            system_prompt          7 tokens
            -- static part: 7 tokens, below the 1024 from which on providers keep it; fingerprint 3440c11a
            user_input             5 tokens
            total                 12 tokens
        """
        offered = self._offered(**arguments)
        return explained(self, offered, self._fitted(offered, budget))

    def __repr__(self) -> str:
        size = f"{len(self.tools)} tools, {len(self._static)} static and {len(self.dynamic_context)} dynamic parts"
        return f"<{type(self).__name__} {self.fingerprint()[:8]}: {size}>"

    def _offered(
        self,
        dynamic_context: Iterable[str | Message | Section] = (),
        user_input: str | HumanMessage | None = None,
        history: Iterable[Message] | None = None,
        role: str | None = None,
        flags: Iterable[str] = (),
    ) -> Tail:
        asked = self.user_input if user_input is None else _as_input(user_input)
        said = self.history if history is None else _as_history(history)
        situation = Situation(_as_role(role), _as_flags(flags), said, asked)
        sections = (*self.dynamic_context, *_as_sections(dynamic_context))
        return Tail(said, tuple(section for section in sections if section.holds(situation)), asked)

    def _fitted(self, tail: Tail, budget: int | None) -> Tail:
        limit = self.budget if budget is None else _as_budget(budget)
        return tail if limit is None else fitted(tail, self._static_tokens, limit, self._cost)

    def _cost(self, messages: Iterable[Message]) -> int:
        return messages_tokens(messages, self.count_tokens)

    @cached_property
    def _static_tokens(self) -> int:
        return self._cost(self._static) + tools_tokens(self.tools, self.count_tokens)


def _marked(messages: tuple[Message, ...], point: CachePoint | None) -> tuple[Message, ...]:
    """Return `messages` with `point` at the end of the last one that can bear it; a mark that is there stays."""
    if point is None:
        return messages
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if message.parts and isinstance(message.parts[-1], CachePoint):
            return messages
        if _can_bear(message):
            bearer = attrs.evolve(message, parts=(*message.parts, point))
            return (*messages[:place], bearer, *messages[place + 1 :])
    return messages


def _can_bear(message: Message) -> bool:
    """Tell whether a cache point may follow: providers refuse one after a thought or an empty text."""
    last = message.parts[-1] if message.parts else None
    return not (last is None or isinstance(last, ThinkingPart) or (isinstance(last, TextPart) and not last.text))
