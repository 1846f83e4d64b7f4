"""What the exchange asks of a provider's way to speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beluga.llm.fake._wire.documents import Invalid
    from beluga.llm.fake.faults import Fault
    from beluga.llm.fake.replies import Turn
    from beluga.schema import Chunk, Message, Response

__all__ = ["Question", "ServedDialect", "StreamWriter"]


@attrs.frozen
class Question:
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

    def question(self, body: dict[str, Any], path: str) -> Question:
        """Read the body of a request to `path`.

        Raises:
            Invalid: The provider would refuse it.
        """
        ...

    def answer(self, response: Response, question: Question) -> bytes:
        """Return the body of a whole answer to `question`."""
        ...

    def stream(self, turn: Turn, question: Question) -> StreamWriter:
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
