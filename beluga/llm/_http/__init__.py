"""Models that are reached over HTTP: what tells one API from another, and one server of an API from the next.

A `Dialect` is how an API is spoken, as pure functions: OpenAI's chat completions, Anthropic's messages. A `Profile` is
one kind of server that speaks it, as a record: what it calls the bound of an answer, which ids it takes, what it wants
back. Dialects read profiles; nothing else asks who the other side is.
"""

from __future__ import annotations

import functools
import importlib
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import attrs

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http.sse import ServerSentEvent
    from beluga.schema import Chunk, Message

__all__ = ["Dialect", "ErrorEvent", "Profile", "Reader"]


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
        bound: The field that bounds the length of an answer.
        caches: Whether it takes a cache key, and knows marks on newer models.
        asks_usage: Whether a stream has to be asked for its usage.
        thoughts: The field in which it wants thoughts back; ``content`` for a part of the content, None for none.
        call_ids: The ids of tool calls that it takes; others are rewritten.
        unique_ids: Whether an id may stand for one call of a conversation only.
        raw_arguments: Whether it takes arguments back that are not JSON.
        strict: Whether it knows schemas that the model must keep to.
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
    bound: str = "max_tokens"
    caches: bool = False
    asks_usage: bool = True
    thoughts: str | None = "reasoning_content"
    call_ids: re.Pattern[str] | None = None
    unique_ids: bool = False
    raw_arguments: bool = False
    strict: bool = True
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
