"""A look at a prompt: how many tokens each slot has, and what keeps a provider from finding it in its cache."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from beluga.clock import environment
from beluga.prompt.budget import messages_tokens, rendered, tools_tokens
from beluga.schema import SystemMessage, TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beluga.prompt.budget import Tail
    from beluga.prompt.builder import PromptBuilder
    from beluga.prompt.sections import Section
    from beluga.schema import Message, Tool

__all__ = ["PromptFinding", "explained", "lint_prompt"]


@attrs.frozen
class PromptFinding:
    """Something that keeps a prompt from being cached.

    Args:
        rule: Its kind: ``timestamp``, ``date``, ``uuid``, ``random_id``, ``address``, ``set_order``,
            ``tool_order`` or ``late_system_message``.
        where: The argument of the builder, and for a text the place in it; never the text itself.
        advice: What to do.
    """

    rule: str
    where: str
    advice: str

    def __str__(self) -> str:
        return f"{self.where}: {self.rule}: {self.advice}"


_MOVE = "it differs in each run, so nothing after it is cached; give it in dynamic_context"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"

# (rule, pattern, advice). Every repetition is bounded or of one class of characters: the time is linear.
_RULES = (
    ("timestamp", r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d|(?<![\w:])\d\d:\d\d:\d\d(?![\w:])", _MOVE),
    ("uuid", r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", _MOVE),
    ("address", r"\bat 0x[0-9a-fA-F]{4,16}\b", "this is the repr of an object; write what is meant by it"),
    # A hash or token: at least 16 hexadecimal digits with both letters and figures, or a prefix and 16 characters.
    ("random_id", r"(?<![\w-])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,64}(?![\w-])", _MOVE),
    (
        "random_id",
        r"\b(?:req|run|trace|session|sess|thread|message|call|chatcmpl|conv|id)[_-](?=[A-Za-z]*\d)[A-Za-z0-9]{12,64}\b",
        _MOVE,
    ),
    # A ULID: 26 of Crockford's base 32, of which the first is at most 7. Source: the ULID specification.
    ("random_id", r"\b[0-7](?=[A-Z]*\d)[0-9A-HJKMNP-TV-Z]{25}\b", _MOVE),
    (
        "set_order",
        r"\{(?:'[^'{}]*'|\"[^\"{}]*\")(?:, (?:'[^'{}]*'|\"[^\"{}]*\"))+\}",
        "the order of a set changes from run to run; write sorted(...)",
    ),
)
_PATTERNS = tuple((rule, re.compile(pattern), advice) for rule, pattern, advice in _RULES)
_NUMBER = re.compile(r"(?<![\w.-])\d{10}(?:\d{3})?(?![\w-])")
_DATES = re.compile(rf"\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}\.? {_MONTH} \d{{4}}\b|\b{_MONTH} \d{{1,2}}, \d{{4}}\b")
_FORMS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
_DAY = timedelta(days=1)


def lint_prompt(
    system_prompt: str, static_context: Sequence[Message], tools: Sequence[Tool], dynamic_context: Sequence[Section]
) -> tuple[PromptFinding, ...]:
    """Return what keeps a prompt from being cached, in the order of the prompt.

    A date is found when it is yesterday's, today's or tomorrow's, and a number of ten or thirteen digits when it
    is such a time: others are taken for facts.
    """
    now = datetime.fromtimestamp(environment().clock.time(), UTC)
    found = [*_in_text("system_prompt", system_prompt, now), *_in_tools(tools, now)]
    for place, message in enumerate(static_context):
        for part in message.parts:
            text = part.text if isinstance(part, TextPart) else rendered(part)
            found += _in_text(f"static_context[{place}]", text, now)
    return (*found, *_late_system_messages(dynamic_context))


def _in_text(where: str, text: str, now: datetime) -> Iterator[PromptFinding]:
    for rule, pattern, advice in _PATTERNS:
        for match in pattern.finditer(text):
            yield PromptFinding(rule, _place(where, match), advice)
    for match in _DATES.finditer(text):
        day = _day(match[0])
        # The machine that wrote it may be in another time zone.
        if day is not None and abs(day - now.replace(hour=0, minute=0, second=0, microsecond=0)) <= _DAY:
            yield PromptFinding("date", _place(where, match), _MOVE)
    for match in _NUMBER.finditer(text):
        seconds = int(match[0][:10])
        if abs(seconds - now.timestamp()) <= _DAY.total_seconds():
            yield PromptFinding("timestamp", _place(where, match), _MOVE)


def _place(where: str, match: re.Match[str]) -> str:
    return f"{where}, characters {match.start()} to {match.end()}"


def _day(text: str) -> datetime | None:
    plain = text.replace(".", "")
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _in_tools(tools: Sequence[Tool], now: datetime) -> Iterator[PromptFinding]:
    names = [tool.name for tool in tools]
    if names != sorted(names):
        advice = "list them by name, so that the order is the same wherever they come from"
        yield PromptFinding("tool_order", "tools", advice)
    for tool in tools:
        yield from _in_text(f"tools, {tool.name}", rendered(tool), now)


def _late_system_messages(sections: Sequence[Section]) -> Iterator[PromptFinding]:
    for place, section in enumerate(sections):
        if any(isinstance(message, SystemMessage) for message in section.content):
            advice = "some providers move it to the front, before what is cached; give a str or a HumanMessage"
            yield PromptFinding("late_system_message", f"dynamic_context[{place}]", advice)


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
