"""What tells one provider's API from another's: a record of pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beluga.llm._http.sse import ServerSentEvent
    from beluga.schema import Chunk, Message, Response

__all__ = ["Dialect", "ErrorEvent", "Reader"]


class ErrorEvent(Exception):
    """A provider breaks off its stream and says why.

    Args:
        body: What it says, as parsed.
    """

    def __init__(self, body: Any) -> None:
        super().__init__("an error event in a stream")
        self.body = body


class Reader(Protocol):
    """Reads one stream; it may raise whatever a wrong shape leads to."""

    @property
    def done(self) -> bool:
        """Whether the stream has said that it is complete."""
        ...

    def read(self, event: ServerSentEvent) -> Iterable[Chunk]:
        """Return the chunks that `event` completes.

        Raises:
            ErrorEvent: When it is one.
        """
        ...


@attrs.frozen(kw_only=True)
class Dialect:
    """How one provider wants to be asked, and how it answers.

    Args:
        provider: Its name, as in the registry.
        base_url: Where its API begins.
        path: What is added to that for a chat.
        key_variable: The environment variable of its API key.
        headers: The headers that carry a key.
        fixed_headers: The headers of every request.
        request: The JSON of a request, from the model's name, the messages and the options.
        streamed: The same request, for a stream.
        response: The answer from its JSON; it may raise whatever a wrong shape leads to.
        reader: Makes the reader of one stream.
        request_id: The header that holds the id of the request, in lower case.
    """

    provider: str
    base_url: str
    path: str
    key_variable: str
    headers: Callable[[str], Mapping[str, str]]
    request: Callable[[str, Iterable[Message], Mapping[str, Any]], dict[str, Any]]
    streamed: Callable[[dict[str, Any]], dict[str, Any]]
    response: Callable[[Any], Response]
    reader: Callable[[], Reader]
    request_id: str
    fixed_headers: Mapping[str, str] = {}
