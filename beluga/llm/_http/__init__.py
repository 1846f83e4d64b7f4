"""Models that are reached over HTTP: what tells one API from another, and one server of an API from the next.

A `Dialect` is how an API is spoken, as pure functions: OpenAI's chat completions, Anthropic's messages. A `Profile` is
one kind of server that speaks it, as a record: what it calls the bound of an answer, which ids it takes, what it wants
back. `PROFILES` has one for each that people talk to. Dialects read profiles; nothing else asks who the other side is.

Source: the API references of the providers, and what their servers refused, as of 2026-08.
"""

from __future__ import annotations

import functools
import importlib
import re
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from urllib.parse import urlsplit

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http.exchange import ServerSentEvent
    from beluga.schema import Chunk, Message

__all__ = ["ANTHROPIC", "OPENAI", "PROFILES", "Dialect", "ErrorEvent", "Profile", "Reader", "profile_of"]


class ErrorEvent(Exception):
    """A provider says in the middle of an answer, or in its place, that it failed.

    Args:
        body: What it says: an object with an ``error``.
    """

    def __init__(self, body: Any) -> None:
        super().__init__("an error in an answer")
        self.body = body


class Reader(Protocol):
    """Reads one answer, whole or as a stream; it may raise whatever a wrong shape leads to.

    A whole answer is read as a stream of one piece, so both mean the same.
    """

    odd: list[str]
    """How the answer strayed from its API."""

    @property
    def done(self) -> bool:
        """Whether the last chunk went out."""
        ...

    @property
    def answered(self) -> bool:
        """Whether all that matters has come, so that what fails from here on cannot spoil it."""
        ...

    def whole(self, body: Any) -> Iterable[Chunk]:
        """Return the chunks of a whole answer, up to and with the last one.

        Raises:
            ErrorEvent: The provider says that it failed.
        """
        ...

    def read(self, event: ServerSentEvent) -> Iterable[Chunk]:
        """Return the chunks that `event` completes.

        Raises:
            ErrorEvent: The provider says that it failed.
        """
        ...

    def end(self) -> Iterable[Chunk]:
        """Return the last chunks of a stream that has ended without its end mark, none where it was cut."""
        ...


@attrs.frozen(kw_only=True)
class Dialect:
    """How one API is asked, and how it answers.

    Args:
        path: What is added to the base URL, from the model's name and whether a stream is wanted.
        request: The JSON of a request, from the profile, the model's name, the messages and the options.
        streamed: The same request, for a stream.
        reader: Makes the reader of one answer.
        fixed_headers: The headers of every request.
    """

    path: Callable[[str, bool], str]
    request: Callable[[Profile, str, Iterable[Message], Mapping[str, Any]], dict[str, Any]]
    streamed: Callable[[Profile, dict[str, Any]], dict[str, Any]]
    reader: Callable[[Profile], Reader]
    fixed_headers: Mapping[str, str] = {}


@attrs.frozen(kw_only=True)
class Profile:
    """One kind of server; what is not said here is as careful as it can be.

    Args:
        provider: Its name.
        dialect: What it speaks.
        base_url: Where its API begins; empty where each user has a place of his own.
        hosts: Ends of the names of its hosts.
        port: The port on this machine by which it is known.
        key_variable: The environment variable of its key; empty where it needs none.
        key_header: The header of the key; ``authorization`` has "Bearer " before it.
        request_id: The header that holds the id of the request.
        limits: The names of the headers in which it tells its rate limits, those of `LIMIT_HEADERS`; empty for none.
        bound: The field that bounds the length of an answer.
        caches: Whether it takes a cache key, and knows marks on newer models.
        asks_usage: Whether a stream has to be asked for its usage.
        thoughts: The field in which it wants thoughts back; ``content`` for a part of the content, None for none.
        call_ids: The ids of tool calls that it takes; others are rewritten.
        unique_ids: Whether an id may stand for one call of a conversation only.
        raw_arguments: Whether it takes arguments back that are not JSON.
        strict: Whether it knows schemas that the model must keep to.
        answers_by_tool: Whether it takes no schema of an answer, so that the answer is asked for as a call of a tool.
        system_role: The role of the application's instructions.
        takes_extras: Whether it wants fields back that only it understands.
        kin: Whose opaque parts it understands, if not only its own.
        refuses: Fields of a request that it does not take, as the fake provider does not where it plays this server.
        bad_request: The status with which it refuses.
    """

    provider: str
    dialect: Literal["openai", "responses", "anthropic", "gemini"] = "openai"
    base_url: str = ""
    hosts: tuple[str, ...] = ()
    port: int | None = None
    key_variable: str = ""
    key_header: str = "authorization"
    request_id: str = "x-request-id"
    limits: str = ""
    bound: str = "max_tokens"
    caches: bool = False
    asks_usage: bool = True
    thoughts: str | None = "reasoning_content"
    call_ids: re.Pattern[str] | None = None
    unique_ids: bool = False
    raw_arguments: bool = False
    strict: bool = True
    answers_by_tool: bool = False
    system_role: str = "system"
    takes_extras: bool = True
    kin: str = ""
    refuses: frozenset[str] = frozenset()
    bad_request: int = 400

    @property
    def speech(self) -> Dialect:
        """How it is spoken with."""
        return _spoken(self.dialect)

    @property
    def origin(self) -> str:
        """The provider of the opaque parts that it gives and takes."""
        return self.kin or self.provider

    def key_headers(self, key: str) -> dict[str, str]:
        """Return the headers that carry `key`."""
        return {self.key_header: f"Bearer {key}" if self.key_header == "authorization" else key} if key else {}


# Loaded when a model of one is made: whoever uses one needs nothing of the others.
_DIALECTS: Final = {
    "openai": ("beluga.llm._http.openai_decoding", "CHAT_COMPLETIONS"),
    "responses": ("beluga.llm._http.responses", "RESPONSES"),
    "gemini": ("beluga.llm._http.gemini", "GENERATE_CONTENT"),
    "anthropic": ("beluga.llm._http.anthropic_decoding", "MESSAGES"),
}


@functools.cache
def _spoken(name: str) -> Dialect:
    module, attribute = _DIALECTS[name]
    dialect: Dialect = getattr(importlib.import_module(module), attribute)
    return dialect


_SHORT_IDS: Final = re.compile(r".{1,40}", re.DOTALL)  # OpenAI: "Expected a string with maximum length 40"
_WORD_IDS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NINE: Final = re.compile(r"[A-Za-z0-9]{9}")

OPENAI: Final = Profile(
    provider="openai",
    base_url="https://api.openai.com/v1",
    hosts=("api.openai.com",),
    key_variable="OPENAI_API_KEY",
    limits="openai",
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
    limits="anthropic",
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
            limits="",
            answers_by_tool=True,
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
            limits="mistral",
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
            limits="openai",
            bound="max_completion_tokens",
            thoughts="reasoning",
            refuses=frozenset({"logprobs", "top_logprobs", "logit_bias", "prompt_cache_key"}),
        ),
        Profile(
            provider="deepseek",
            base_url="https://api.deepseek.com",
            hosts=("api.deepseek.com",),
            key_variable="DEEPSEEK_API_KEY",
            answers_by_tool=True,
        ),
        Profile(
            provider="openrouter",
            base_url="https://openrouter.ai/api/v1",
            hosts=("openrouter.ai",),
            key_variable="OPENROUTER_API_KEY",
            limits="openrouter",
            thoughts="reasoning",
        ),
        Profile(
            provider="together",
            base_url="https://api.together.xyz/v1",
            hosts=("api.together.xyz", "api.together.ai"),
            key_variable="TOGETHER_API_KEY",
            limits="together",
            thoughts="reasoning",
        ),
        Profile(
            provider="cerebras",
            base_url="https://api.cerebras.ai/v1",
            hosts=("api.cerebras.ai",),
            key_variable="CEREBRAS_API_KEY",
            limits="cerebras",
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
