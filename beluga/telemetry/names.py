"""The attribute names of OpenTelemetry's conventions for generative AI, in one versioned table.

The names are ours to keep: the Python package of the conventions marks every one of them as moved to another
repository, which has no release yet.

Source: semantic conventions for generative AI, version 1.41 (the last one published in full), and the migration guide
of the repository ``semantic-conventions-genai`` as of 2026-08 for the version to come.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["INTERNAL_OPERATIONS", "OUTCOME", "SEMCONV", "legacy_attributes", "names"]

SEMCONV: Mapping[str, str] = {
    "agent": "gen_ai.agent.name",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "cached_tokens": "gen_ai.usage.cache_read.input_tokens",
    "error_type": "error.type",
    "finish_reasons": "gen_ai.response.finish_reasons",
    "first_chunk": "gen_ai.response.time_to_first_chunk",
    "input_messages": "gen_ai.input.messages",
    "input_tokens": "gen_ai.usage.input_tokens",
    "metric.duration": "gen_ai.client.operation.duration",
    "metric.first_chunk": "gen_ai.client.operation.time_to_first_chunk",
    "metric.input_tokens": "gen_ai.client.token.usage",
    "metric.output_tokens": "gen_ai.client.token.usage",
    "model": "gen_ai.request.model",
    "operation": "gen_ai.operation.name",
    "output_messages": "gen_ai.output.messages",
    "output_tokens": "gen_ai.usage.output_tokens",
    "provider": "gen_ai.provider.name",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "response_id": "gen_ai.response.id",
    "response_model": "gen_ai.response.model",
    "stream": "gen_ai.request.stream",
    "token_type": "gen_ai.token.type",
    "tool": "gen_ai.tool.name",
    "tool_arguments": "gen_ai.tool.call.arguments",
    "tool_result": "gen_ai.tool.call.result",
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

OUTCOME = "beluga.stream.outcome"
"""``completed``, ``abandoned``, ``cancelled`` or ``error``; our own, because no convention has a word for it."""

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


def _opted() -> set[str]:
    return {word.strip() for word in os.environ.get(_OPT_IN, "").split(",")}
