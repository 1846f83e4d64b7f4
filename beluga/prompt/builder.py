"""A prompt in the order that providers' caches reward: what never changes first."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from beluga.prompt.arguments import (
    as_budget,
    as_flags,
    as_history,
    as_input,
    as_point,
    as_role,
    as_sections,
    as_static,
    as_tools,
)
from beluga.prompt.budget import fitted
from beluga.prompt.explaining import explained
from beluga.prompt.linting import lint_prompt
from beluga.prompt.marking import marked
from beluga.prompt.rendering import fingerprint
from beluga.prompt.sections import Section, Situation, as_messages
from beluga.prompt.tail import Tail
from beluga.prompt.tokens import estimate_tokens, messages_tokens, tools_tokens
from beluga.schema import CachePoint, HumanMessage, Message, SystemMessage
from beluga.schema.parts import is_str

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.prompt.linting import PromptFinding
    from beluga.schema import Tool

__all__ = ["PromptBuilder"]


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

    system_prompt: str = attrs.field(default="", validator=is_str)
    tools: tuple[Tool, ...] = attrs.field(default=(), converter=as_tools)
    static_context: tuple[Message, ...] = attrs.field(default=(), converter=as_static)
    cache_breakpoint: CachePoint | None = attrs.field(default=CachePoint(), converter=as_point)
    history: tuple[Message, ...] = attrs.field(default=(), converter=as_history)
    dynamic_context: tuple[Section, ...] = attrs.field(default=(), converter=as_sections)
    user_input: HumanMessage | None = attrs.field(default=None, converter=as_input)
    budget: int | None = attrs.field(default=None, converter=as_budget)
    count_tokens: Callable[[str], int] = attrs.field(default=estimate_tokens, validator=attrs.validators.is_callable())
    _static: tuple[Message, ...] = attrs.field(init=False, eq=False)
    _prefix: tuple[Message, ...] = attrs.field(init=False, eq=False)
    _fingerprint: str = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        static = (*as_messages(self.system_prompt, SystemMessage), *self.static_context)
        object.__setattr__(self, "_static", static)
        object.__setattr__(self, "_prefix", marked(static, self.cache_breakpoint))
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
        messages = [*self._prefix, *marked(tail.history, self.cache_breakpoint), *tail.context, *tail.asked]
        if not messages:
            msg = "there is nothing in this prompt: give it a system_prompt or a user_input"
            raise ValueError(msg)
        return messages

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
        asked = self.user_input if user_input is None else as_input(user_input)
        said = self.history if history is None else as_history(history)
        situation = Situation(as_role(role), as_flags(flags), said, asked)
        sections = (*self.dynamic_context, *as_sections(dynamic_context))
        return Tail(said, tuple(section for section in sections if section.holds(situation)), asked)

    def _fitted(self, tail: Tail, budget: int | None) -> Tail:
        limit = self.budget if budget is None else as_budget(budget)
        return tail if limit is None else fitted(tail, self._static_tokens, limit, self._cost)

    def _cost(self, messages: Iterable[Message]) -> int:
        return messages_tokens(messages, self.count_tokens)

    @cached_property
    def _static_tokens(self) -> int:
        return self._cost(self._static) + tools_tokens(self.tools, self.count_tokens)
