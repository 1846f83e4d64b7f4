"""The whole answer from its chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beluga._foreign.usage import merged
from beluga.schema import AIMessage, Response, TextPart, ThinkingPart, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beluga.schema import Chunk, Part

__all__ = ["Collector", "collect"]


def collect(chunks: Iterable[Chunk]) -> Response:
    """Return the response that a stream amounts to; without a finish reason where it was cut.

    For an async stream feed a `Collector` in the loop.

    Args:
        chunks: As a model streams them.

    Example:
        >>> from beluga.llm import FakeProvider
        >>> collect(FakeProvider("It is sunny.").stream("How is the weather?")).text
        'It is sunny.'
    """
    collector = Collector()
    for chunk in chunks:
        collector.add(chunk)
    return collector.response()


class Collector:
    """Takes the chunks of one stream.

    Texts that follow each other become one part, thoughts too up to their signature; tool calls stand where they came.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._usage: Usage | None = None
        self._reason: str | None = None

    def add(self, chunk: Chunk) -> None:
        """Take the next chunk."""
        if chunk.thinking:
            self._end_text()
            self._thoughts.append(chunk.thinking)
        if chunk.signature is not None:
            self._end_text()
            self._end_thoughts(chunk.signature)
        if chunk.text:
            self._end_thoughts()
            self._text.append(chunk.text)
        if chunk.tool_call is not None:
            self._end_text()
            self._end_thoughts()
            self._parts.append(chunk.tool_call)
        self._usage = merged(self._usage, chunk.usage)
        self._reason = chunk.finish_reason or self._reason

    def response(self) -> Response:
        """Return the response so far."""
        self._end_text()
        self._end_thoughts()
        return Response(AIMessage(parts=self._parts), self._usage or Usage(), self._reason)

    def _end_text(self) -> None:
        if self._text:
            self._parts.append(TextPart("".join(self._text)))
            self._text.clear()

    def _end_thoughts(self, signature: str | None = None) -> None:
        if self._thoughts or signature is not None:
            self._parts.append(ThinkingPart("".join(self._thoughts), signature))
            self._thoughts.clear()
