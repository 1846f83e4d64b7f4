"""How many tokens each slot of a prompt has, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga.prompt.tokens import messages_tokens, tools_tokens
from beluga.schema import SystemMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.prompt.budget import Tail
    from beluga.prompt.builder import PromptBuilder

__all__ = ["explained"]

_SHORTEST_CACHED = 1024
"""Tokens from which on providers keep a prefix; some models of Anthropic's want up to 4096."""


def explained(builder: PromptBuilder, offered: Tail, tail: Tail) -> str:
    """Return the lines.

    Args:
        builder: What has the static part.
        offered: What there was behind the breakpoint.
        tail: What of it fits into the budget.
    """
    static = list(_static(builder))
    tokens = sum(count for _, count, _ in static)
    short = f", below the {_SHORTEST_CACHED} from which on providers keep it" if tokens < _SHORTEST_CACHED else ""
    dynamic = list(_dynamic(builder, offered, tail))
    total = ("total", tokens + sum(count for _, count, _ in dynamic), "")
    return "\n".join(
        [
            *(_line(*each) for each in static if each[1]),
            f"-- static part: {tokens:,} tokens{short}; fingerprint {builder.fingerprint()[:8]}",
            *(_line(*each) for each in dynamic if each[1] or each[2]),
            _line(*total),
        ]
    )


def _static(builder: PromptBuilder) -> Iterator[tuple[str, int, str]]:
    count = builder.count_tokens
    system = [SystemMessage(builder.system_prompt)] if builder.system_prompt else []
    yield "system_prompt", messages_tokens(system, count), ""
    yield "tools", tools_tokens(builder.tools, count), ", ".join(tool.name for tool in builder.tools)
    context = builder.static_context
    yield "static_context", messages_tokens(context, count), _of(len(context), len(context), "messages")


def _dynamic(builder: PromptBuilder, offered: Tail, tail: Tail) -> Iterator[tuple[str, int, str]]:
    count = builder.count_tokens
    said = _of(len(tail.history), len(offered.history), "messages")
    yield "history", messages_tokens(tail.history, count), said
    held = _of(len(tail.sections), len(offered.sections), "sections")
    yield "dynamic_context", messages_tokens(tail.context, count), held
    yield "user_input", messages_tokens(tail.asked, count), ""


def _of(left: int, offered: int, what: str) -> str:
    if left == offered:
        return f"{left} {what if left > 1 else what[:-1]}" if left else ""
    return f"{left} of {offered} {what}, the rest is over the budget"


def _line(slot: str, tokens: int, remark: str) -> str:
    return f"{slot:<15}{tokens:>9,} tokens  {remark}".rstrip()
