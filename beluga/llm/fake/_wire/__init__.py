"""The wire without a socket: a request's bytes go in, and what happens on the line comes out.

::

    HTTPRequest ──> Exchange ──> Dialect.question ──> the script's Turn
                                                            │
    Head, bytes, Pause, Break  <── Dialect.answer, ... <────┘

Nothing here reads, writes, waits or raises for effect. A transport and a server do what the events say,
each in its own way, so that one script looks the same through both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

import attrs

from beluga.llm.fake.turns import Pause

if TYPE_CHECKING:
    from beluga.llm.fake._wire.documents import Invalid
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.turns import Turn
    from beluga.schema import Chunk, Message, Response

__all__ = ["Break", "HTTPRequest", "Head", "ModelRequest", "Responder", "ServedDialect", "StreamWriter", "WireEvent"]


@attrs.frozen
class HTTPRequest:
    """A request as it came.

    Args:
        method: In capitals.
        path: With its query.
        headers: By name in lower case.
        body: The whole of it.
    """

    method: str
    path: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)


@attrs.frozen
class Head:
    """Status and headers; the body's bytes follow."""

    status: int
    headers: tuple[tuple[str, str], ...]


@attrs.frozen
class Break:
    """The end of the connection before the end of the answer.

    Args:
        kind: ``"connect_error"`` and ``"connect_timeout"``: it never stood; ``"read_timeout"``: nothing
            comes any more; ``"cut"``: it was closed.
    """

    kind: Literal["connect_error", "connect_timeout", "read_timeout", "cut"]


WireEvent = Head | bytes | Pause | Break
"""One step of an answer. A `Head` comes once and before all bytes, and nothing after a `Break`."""

Responder = Callable[[HTTPRequest], Iterator[WireEvent]]
"""Answers requests: a fake provider, or a cassette that plays a recording."""


@attrs.frozen
class ModelRequest:
    """What a body asks for.

    Args:
        messages: The conversation.
        options: Everything else of the body, with tools as records where they are known.
        stream: Whether the answer is wanted piece by piece.
        include_usage: Whether a stream is to end with its cost; only OpenAI asks.
        logprobs: Whether each token is to come with its probability.
    """

    messages: tuple[Message, ...]
    options: dict[str, Any]
    stream: bool = False
    include_usage: bool = True
    logprobs: bool = False


class StreamWriter(Protocol):
    """Turns the chunks of one answer into server-sent events."""

    def opening(self) -> list[bytes]:
        """Return the events before the first chunk."""
        ...

    def chunk(self, chunk: Chunk) -> list[bytes]:
        """Return the events of one chunk; of the last one, which has a finish reason, all that end the stream."""
        ...

    def broken(self) -> bytes:
        """Return an event whose data is not JSON."""
        ...

    def failed(self, fault: Fault) -> bytes:
        """Return the event that ends a stream with an error."""
        ...


class ServedDialect(Protocol):
    """How one provider reads requests and writes answers."""

    name: str
    bad_request: int
    """The status for a body that makes no sense."""

    def question(self, body: dict[str, Any], path: str) -> ModelRequest:
        """Read the body of a request to `path`.

        Raises:
            Invalid: The provider would refuse it.
        """
        ...

    def answer(self, response: Response, question: ModelRequest) -> bytes:
        """Return the body of a whole answer to `question`."""
        ...

    def stream(self, turn: Turn, question: ModelRequest) -> StreamWriter:
        """Return what writes the answer piece by piece."""
        ...

    def status(self, fault: Fault) -> int:
        """Return the status of a fault that is answered with an error."""
        ...

    def fault(self, fault: Fault, message: str, request_id: str) -> dict[str, Any]:
        """Return the error body of a fault."""
        ...

    def refusal(self, status: int, message: str, request_id: str, problem: Invalid | None = None) -> dict[str, Any]:
        """Return the error body for a request that cannot be answered."""
        ...

    def headers(self, number: int, fault: Fault | None = None) -> tuple[tuple[str, str], ...]:
        """Return the headers of the answer to call `number`: its id and what is left of the limits."""
        ...

    def models(self, names: tuple[str, ...]) -> Mapping[str, Any]:
        """Return the list of models."""
        ...

    def model(self, name: str) -> Mapping[str, Any]:
        """Return one model."""
        ...
