"""The attributes of spans: their names, and what applications give made fit for them.

The names are OpenTelemetry's conventions for generative AI, in one versioned table. It is ours to keep: the Python
package of the conventions marks every one of them as moved to another repository, which has no release yet. An illegal
value would cost its span, or a whole export; a text that cannot be redacted is not kept.

Source: semantic conventions for generative AI, version 1.41 (the last one published in full), and the migration guide
of the repository ``semantic-conventions-genai`` as of 2026-08 for the version to come.
"""

from __future__ import annotations

import datetime
import enum
import functools
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

__all__ = [
    "ARGUMENTS",
    "CACHE_HIT",
    "FORMATS",
    "INSTRUCTIONS",
    "INTERNAL_OPERATIONS",
    "OUTCOME",
    "PROMPT_VERSION",
    "READ_AT_MOST",
    "SEMCONV",
    "WITHHELD",
    "attributes_of",
    "checked",
    "encodable",
    "legacy_attributes",
    "names",
    "redact",
    "redactor",
    "requested",
]

SEMCONV: Mapping[str, str] = {
    "agent": "gen_ai.agent.name",
    "agent_description": "gen_ai.agent.description",
    "agent_id": "gen_ai.agent.id",
    "agent_version": "gen_ai.agent.version",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "choice_count": "gen_ai.request.choice.count",
    "conversation": "gen_ai.conversation.id",
    "dimensions": "gen_ai.embeddings.dimension.count",
    "encoding_formats": "gen_ai.request.encoding_formats",
    "error_type": "error.type",
    "finish_reasons": "gen_ai.response.finish_reasons",
    "first_chunk": "gen_ai.response.time_to_first_chunk",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "input_messages": "gen_ai.input.messages",
    "input_tokens": "gen_ai.usage.input_tokens",
    "max_tokens": "gen_ai.request.max_tokens",
    "metric.duration": "gen_ai.client.operation.duration",
    "metric.first_chunk": "gen_ai.client.operation.time_to_first_chunk",
    "metric.input_tokens": "gen_ai.client.token.usage",
    "metric.output_tokens": "gen_ai.client.token.usage",
    "model": "gen_ai.request.model",
    "operation": "gen_ai.operation.name",
    "output_messages": "gen_ai.output.messages",
    "output_tokens": "gen_ai.usage.output_tokens",
    "output_type": "gen_ai.output.type",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "prompt_name": "gen_ai.prompt.name",
    "provider": "gen_ai.provider.name",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "response_id": "gen_ai.response.id",
    "response_model": "gen_ai.response.model",
    "seed": "gen_ai.request.seed",
    "stop_sequences": "gen_ai.request.stop_sequences",
    "stream": "gen_ai.request.stream",
    "system_instructions": "gen_ai.system_instructions",
    "temperature": "gen_ai.request.temperature",
    "token_type": "gen_ai.token.type",
    "tool": "gen_ai.tool.name",
    "tool_arguments": "gen_ai.tool.call.arguments",
    "tool_call_id": "gen_ai.tool.call.id",
    "tool_definitions": "gen_ai.tool.definitions",
    "tool_description": "gen_ai.tool.description",
    "tool_result": "gen_ai.tool.call.result",
    "tool_type": "gen_ai.tool.type",
    "top_k": "gen_ai.request.top_k",
    "top_p": "gen_ai.request.top_p",
    "workflow": "gen_ai.workflow.name",
}
"""What we call a thing, and its name in version 1.41."""

_NEXT: Mapping[str, str] = {
    **SEMCONV,
    "cache_write_tokens": "gen_ai.usage.cache_write.input_tokens",
    "metric.duration": "gen_ai.client.inference.duration",
    "metric.first_chunk": "gen_ai.client.inference.time_to_first_chunk",
    "metric.input_tokens": "gen_ai.client.inference.operation.input_tokens",
    "metric.output_tokens": "gen_ai.client.inference.operation.output_tokens",
}

ARGUMENTS: Mapping[str, str] = {
    "choice_count": "choice_count", "dimensions": "dimensions", "encoding_format": "encoding_formats",
    "frequency_penalty": "frequency_penalty", "max_completion_tokens": "max_tokens", "max_output_tokens": "max_tokens",
    "max_tokens": "max_tokens", "model": "model", "n": "choice_count", "presence_penalty": "presence_penalty",
    "seed": "seed", "stop": "stop_sequences", "stop_sequences": "stop_sequences", "temperature": "temperature",
    "top_k": "top_k", "top_p": "top_p",
}  # fmt: skip
"""What the arguments of functions that ask a model are called, and what they are.

Source: the parameters of openai 3, anthropic 2 and google-genai 2, as of 2026-08.
"""

FORMATS = frozenset({"output_schema", "response_format", "schema", "text_format"})
"""Arguments that say what form an answer has to have."""

INSTRUCTIONS = frozenset({"instructions", "system", "system_instruction", "system_prompt"})
"""Arguments that hold what the application says in advance."""

CACHE_HIT = "beluga.cache.hit"
"""True where the answer was kept from an earlier call, so that nothing was used; our own, as for the next."""

OUTCOME = "beluga.stream.outcome"
"""``completed``, ``abandoned``, ``cancelled`` or ``error``; our own, because no convention has a word for it."""

PROMPT_VERSION = "gen_ai.prompt.version"
"""The version of a prompt: a name of the version to come, written already, because 1.41 has no word for it."""

INTERNAL_OPERATIONS = frozenset({"execute_tool", "invoke_agent", "invoke_workflow"})
"""Operations inside this process; every other one calls a provider and has a span of kind client."""

_OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"
_LEGACY = "gen_ai.system"
_LEGACY_VALUES = {
    "azure.ai.inference": "az.ai.inference",
    "azure.ai.openai": "az.ai.openai",
    "x_ai": "xai",
}


def names() -> Mapping[str, str]:
    """Return the table that ``OTEL_SEMCONV_STABILITY_OPT_IN`` asks for.

    It is `SEMCONV`, or with ``gen_ai_latest_experimental`` in the variable that of the version to come.

    Example:
        >>> names()["provider"]
        'gen_ai.provider.name'
    """
    return _NEXT if "gen_ai_latest_experimental" in _opted() else SEMCONV


def legacy_attributes(provider: str | None) -> dict[str, str]:
    """Return ``gen_ai.system`` for dashboards that still read it, if ``gen_ai/dup`` is in the variable.

    It was replaced by ``gen_ai.provider.name`` in 1.37; ``dup`` is the conventions' word for "both".
    """
    if provider is None or "gen_ai/dup" not in _opted():
        return {}
    return {_LEGACY: _LEGACY_VALUES.get(provider, provider)}


def requested(arguments: Mapping[str, Any], table: Mapping[str, str]) -> dict[str, Any]:
    """Return what `arguments` ask of a model, by the names of `table`.

    Example:
        >>> requested({"question": "how are you?", "temperature": 0.2, "stop": "END", "n": 1}, SEMCONV)
        {'gen_ai.request.temperature': 0.2, 'gen_ai.request.stop_sequences': ['END']}
    """
    asked: dict[str, Any] = {}
    for name, value in arguments.items():
        key = ARGUMENTS.get(name)
        if key in _LISTS and isinstance(value, str):
            asked[table[key]] = [value]
        elif key == "choice_count":
            if value != 1:  # the conventions leave it out then
                asked[table[key]] = value
        elif key is not None and isinstance(value, (str, int, float, list, tuple)):
            asked[table[key]] = value
        elif name in FORMATS and value is not None:
            plain = isinstance(value, Mapping) and value.get("type") == "text"
            asked[table["output_type"]] = "text" if plain else "json"
    return asked


_LISTS = frozenset({"encoding_formats", "stop_sequences"})


def _opted() -> set[str]:
    return {word.strip() for word in os.environ.get(_OPT_IN, "").split(",")}


_INT64 = 2**63
"""The wire format has no larger int, and its encoder refuses the batch that holds one."""

_SHOWN = frozenset({("decimal", "Decimal"), ("uuid", "UUID")})
"""Numbers of a class that takes 3 ms to import; whoever has one did it."""
_MOMENTS = (datetime.date, datetime.time)
_PLAIN = frozenset({bool, float})


def attributes_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` as legal attributes: each as the nearest legal value, or left out where there is none.

    Example:
        >>> import decimal
        >>> attributes_of({"limit": None, "price": decimal.Decimal("0.10"), "tags": {"a"}, "client": object()})
        {'price': '0.10', 'tags': ['a']}
    """
    if type(values) is not dict and not isinstance(values, Mapping):  # nearly always it is one, at once
        message = f"attributes are a mapping of names to values, not {type(values).__name__}"
        raise TypeError(message)
    legal = {}
    for key, value in values.items():
        if value is None or not isinstance(key, str) or not key:
            continue
        found = _legal(value)
        if found is not None:
            legal[encodable(key)] = found
    return legal


def _legal(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return encodable(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if -_INT64 <= value < _INT64 else str(value)
    try:
        return _nearest(value)
    except Exception:  # a stranger's __iter__ or __str__ may raise anything
        return None


def _nearest(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return _legal(value.value)
    for base in (str, int, float):
        if isinstance(value, base):
            return _legal(base(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        return _sequence(value)
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, _MOMENTS):
        return value.isoformat()
    is_shown = any((base.__module__, base.__name__) in _SHOWN for base in type(value).__mro__)
    return _legal(str(value)) if is_shown or isinstance(value, os.PathLike) else None


def _sequence(value: Any) -> list[Any]:
    items = [legal for item in value if (legal := _legal(item)) is not None and not isinstance(legal, list)]
    if isinstance(value, (set, frozenset)):
        items.sort(key=str)  # sets have no order, and a trace should not change from run to run
    return items if len({type(item) for item in items}) <= 1 else [str(item) for item in items]


def encodable(text: str) -> str:
    """Put question marks in the place of lone surrogates, which UTF-8 cannot hold: one would cost the whole export."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


WITHHELD = "[WITHHELD]"
"""Stands for a text that could not be redacted."""

READ_AT_MOST = 20_000
"""Characters that are looked at; a text is cut here before redaction, and to its limit only after it."""


_LIMIT = 4_000
"""Characters at most that are kept of one text."""

_ON = frozenset({"1", "true", "span_only", "span_and_event"})


def redact(text: str) -> str:
    """Return `text` without personal data and secrets; it raises where the guards cannot work."""
    return _guards()(text)


def checked(redactor: Redact, limit: int = 1_000) -> Redact:
    """Return `redactor` as a function that never raises: what it fails on is withheld.

    Args:
        redactor: Takes a text and returns the one to keep.
        limit: Characters at most of what is kept.

    Example:
        >>> checked(lambda text: text.replace("Ada", "[NAME]"))("Ada writes")
        '[NAME] writes'
        >>> checked(lambda text: 1 / 0)("Ada writes")
        '[WITHHELD]'
    """

    def redacted(text: str) -> str:
        try:
            kept = redactor(text[:READ_AT_MOST])
        except Exception:
            return WITHHELD
        if not isinstance(kept, str):
            return WITHHELD
        return kept if len(kept) <= limit else f"{kept[:limit]}…"

    return redacted


def redactor(capture: bool | Callable[[str], str] | None) -> Callable[[str], str] | None:
    """Return what content goes through, or None where none is captured.

    Args:
        capture: Whether, or a redactor in place of ours; None asks
            ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` whether content is wanted on spans.
    """
    if callable(capture):
        return checked(capture, _LIMIT)
    wanted = _asked_for() if capture is None else capture
    return checked(redact, _LIMIT) if wanted else None


def _asked_for() -> bool:
    return os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "").strip().lower() in _ON


@functools.cache
def _guards() -> Redact:
    from beluga.guards import PIIRedactor, SecretRedactor

    secrets, personal = SecretRedactor(), PIIRedactor()
    return lambda text: personal.redact(secrets.redact(text))
