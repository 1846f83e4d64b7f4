"""What a model answers: whole or in pieces."""

from __future__ import annotations

from typing import Any

import attrs

from beluga.schema.messages import AIMessage  # noqa: TC001 - whoever resolves the fields' types needs it
from beluga.schema.parts import OpaquePart, ToolCall  # noqa: TC001 - the same
from beluga.schema.usage import RateLimitInfo, Usage

__all__ = ["Chunk", "Embeddings", "Response", "Usage"]

_UNCOUNTED = Usage()


@attrs.frozen
class Response:
    """A model's whole answer.

    Args:
        message: What it said.
        usage: What it cost in tokens.
        finish_reason: Why it ended: ``stop``, ``length``, ``tool_calls``, ``content_filter``, or a
            provider's own word.
        model: The model that answered.
        id: The provider's id of the answer.
        raw: The provider's own data, untouched; not compared.
        limits: What the provider said about its rate limits; not compared.
    """

    message: AIMessage
    usage: Usage = _UNCOUNTED
    finish_reason: str | None = None
    model: str = ""
    id: str = ""
    raw: Any = attrs.field(default=None, repr=False, eq=False)
    limits: RateLimitInfo | None = attrs.field(default=None, repr=False, eq=False)

    @property
    def text(self) -> str:
        """What the message says."""
        return self.message.text

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the message."""
        return self.message.tool_calls


@attrs.frozen
class Embeddings:
    """Vectors of texts.

    Args:
        vectors: One for each text, in their order.
        usage: What they cost in tokens.
        model: The model that made them.
    """

    vectors: tuple[tuple[float, ...], ...] = attrs.field(repr=lambda vectors: f"<{len(vectors)} vectors>")
    usage: Usage = _UNCOUNTED
    model: str = ""


@attrs.frozen
class Chunk:
    """A piece of a streamed answer.

    Args:
        text: The next piece of the answer.
        thinking: The next piece of the thoughts.
        tool_call: A tool call, whole.
        usage: What the answer cost; with the last chunk.
        finish_reason: Why the answer ended; a stream that ends without one was cut.
        signature: The provider's seal of the thoughts so far, which ends them; see `ThinkingPart`.
        begins: Whether it begins a new part although the part before it is of the same kind.
        opaque: What the provider wants back and beluga has no record for, whole.
        model: The model that answered; with the last chunk.
        id: The provider's id of the answer; with the last chunk.
        limits: What the provider said about its rate limits; with the last chunk.
    """

    text: str = ""
    thinking: str = ""
    tool_call: ToolCall | None = None
    usage: Usage | None = None
    finish_reason: str | None = None
    signature: str | None = None
    begins: bool = attrs.field(default=False, kw_only=True)
    opaque: OpaquePart | None = attrs.field(default=None, kw_only=True)
    model: str = attrs.field(default="", kw_only=True, eq=False)
    id: str = attrs.field(default="", kw_only=True, eq=False)
    limits: RateLimitInfo | None = attrs.field(default=None, kw_only=True, repr=False, eq=False)
