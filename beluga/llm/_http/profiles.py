"""The kinds of servers that people talk to, one record each, and how one is told by its host.

Source: the API references of the providers, and what their servers refused, as of 2026-08.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import attrs

from beluga.llm._http import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ANTHROPIC", "OPENAI", "PROFILES", "profile_of"]

_SHORT_IDS: Final = re.compile(r".{1,40}", re.DOTALL)  # OpenAI: "Expected a string with maximum length 40"
_WORD_IDS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NINE: Final = re.compile(r"[A-Za-z0-9]{9}")

OPENAI: Final = Profile(
    provider="openai",
    base_url="https://api.openai.com/v1",
    hosts=("api.openai.com",),
    key_variable="OPENAI_API_KEY",
    bound="max_completion_tokens",
    caches=True,
    thoughts=None,
    takes_extras=False,
    call_ids=_SHORT_IDS,
    raw_arguments=True,
)

ANTHROPIC: Final = Profile(
    provider="anthropic",
    dialect="anthropic",
    base_url="https://api.anthropic.com",
    hosts=("api.anthropic.com",),
    key_variable="ANTHROPIC_API_KEY",
    key_header="x-api-key",
    request_id="request-id",
    call_ids=_WORD_IDS,
    unique_ids=True,
)

PROFILES: Final = {
    profile.provider: profile
    for profile in (
        OPENAI,
        attrs.evolve(OPENAI, provider="openai-responses", dialect="responses", bound="max_output_tokens"),
        ANTHROPIC,
        attrs.evolve(
            ANTHROPIC,
            provider="bedrock-anthropic",
            base_url="",
            hosts=(".amazonaws.com", ".api.aws"),
            key_variable="AWS_BEARER_TOKEN_BEDROCK",
            key_header="authorization",
            request_id="x-amzn-requestid",
            kin="anthropic",
        ),
        attrs.evolve(
            OPENAI,
            provider="azure",
            base_url="",
            hosts=(".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com"),
            key_variable="AZURE_OPENAI_API_KEY",
            key_header="api-key",
            request_id="apim-request-id",
            kin="openai",
        ),
        Profile(
            provider="mistral",
            base_url="https://api.mistral.ai/v1",
            hosts=("api.mistral.ai", "codestral.mistral.ai"),
            key_variable="MISTRAL_API_KEY",
            request_id="mistral-correlation-id",
            asks_usage=False,  # it always tells; the option is an extra input, which it refuses
            thoughts="content",
            call_ids=_NINE,
            refuses=frozenset(
                {"stream_options", "max_completion_tokens", "prompt_cache_key", "logprobs", "user", "store"}
            ),
            bad_request=422,
        ),
        Profile(
            provider="groq",
            base_url="https://api.groq.com/openai/v1",
            hosts=("api.groq.com",),
            key_variable="GROQ_API_KEY",
            bound="max_completion_tokens",
            thoughts="reasoning",
            refuses=frozenset({"logprobs", "top_logprobs", "logit_bias", "prompt_cache_key"}),
        ),
        Profile(
            provider="deepseek",
            base_url="https://api.deepseek.com",
            hosts=("api.deepseek.com",),
            key_variable="DEEPSEEK_API_KEY",
        ),
        Profile(
            provider="openrouter",
            base_url="https://openrouter.ai/api/v1",
            hosts=("openrouter.ai",),
            key_variable="OPENROUTER_API_KEY",
            thoughts="reasoning",
        ),
        Profile(
            provider="together",
            base_url="https://api.together.xyz/v1",
            hosts=("api.together.xyz", "api.together.ai"),
            key_variable="TOGETHER_API_KEY",
            thoughts="reasoning",
        ),
        Profile(
            provider="cerebras",
            base_url="https://api.cerebras.ai/v1",
            hosts=("api.cerebras.ai",),
            key_variable="CEREBRAS_API_KEY",
            bound="max_completion_tokens",
            thoughts="reasoning",
            refuses=frozenset({"frequency_penalty", "presence_penalty", "logit_bias", "prompt_cache_key"}),
        ),
        Profile(
            provider="gemini",
            dialect="gemini",
            base_url="https://generativelanguage.googleapis.com/v1beta",
            key_variable="GEMINI_API_KEY",
            key_header="x-goog-api-key",
            bound="maxOutputTokens",
        ),
        Profile(
            provider="gemini-openai",
            base_url="https://generativelanguage.googleapis.com/v1beta/openai",
            hosts=("generativelanguage.googleapis.com",),
            key_variable="GEMINI_API_KEY",
            thoughts=None,
        ),
        Profile(provider="ollama", base_url="http://localhost:11434/v1", port=11434, thoughts="reasoning"),
        Profile(provider="vllm", base_url="http://localhost:8000/v1", thoughts="reasoning"),
        Profile(provider="llama.cpp", base_url="http://localhost:8080/v1"),
        Profile(provider="lmstudio", base_url="http://localhost:1234/v1", port=1234),
    )
}

_CAREFUL: Final = Profile(
    provider="openai", base_url=OPENAI.base_url, key_variable=OPENAI.key_variable, kin="openai-compatible"
)
"""Some server that speaks as OpenAI does: nobody knows what else it takes."""

_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - a name to know, not to listen on


def profile_of(name: str, base_url: str | None) -> Profile:
    """Return the profile of the provider `name` at `base_url`.

    A generic name, ``openai`` or ``anthropic``, is made precise by the host of the URL.

    Example:
        >>> profile_of("openai", "https://api.mistral.ai/v1").provider, profile_of("openai", None).bound
        ('mistral', 'max_completion_tokens')
    """
    profile = PROFILES[name]
    if base_url is None or profile not in {OPENAI, ANTHROPIC}:
        return profile
    alike = (each for each in PROFILES.values() if each.dialect == profile.dialect)
    return _known(base_url, alike) or (_CAREFUL if profile is OPENAI else profile)


def _known(base_url: str, profiles: Iterable[Profile]) -> Profile | None:
    try:
        url = urlsplit(base_url)
        host, port = url.hostname or "", url.port
    except ValueError:
        return None  # which is told when the URL is checked
    for profile in profiles:
        if any(host == end or host.endswith(end if end[0] == "." else f".{end}") for end in profile.hosts):
            return profile
        if host in _LOCAL and port is not None and port == profile.port:
            return profile
    return None
