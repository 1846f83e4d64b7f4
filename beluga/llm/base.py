"""What a model is: four ways to ask it, whoever answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from beluga._foreign.messages import conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from beluga.schema import Chunk, Message, Response

__all__ = ["Model", "as_messages"]


@runtime_checkable
class Model(Protocol):
    """A chat model.

    `messages` is a text, one message, or a conversation; what `options` there are is the model's own business.
    Anything with these four methods is a model: register its factory, put hooks around it, decorate what calls it.
    """

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer."""
        ...

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer, without blocking the event loop."""
        ...

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        """Yield the answer in pieces; the last one, and no other, has the usage and the finish reason."""
        ...

    def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        """Do what `stream` does, without blocking the event loop."""
        ...


def as_messages(messages: str | Message | Iterable[Message]) -> tuple[Message, ...]:
    """Return the conversation that `messages` stands for.

    Raises:
        TypeError: When something in it is not a message.
        ValueError: When it is empty.

    Example:
        >>> from beluga.schema import HumanMessage
        >>> as_messages("hello") == (HumanMessage("hello"),)
        True
    """
    gathered = conversation(messages)
    if not gathered:
        message = "a model needs at least one message"
        raise ValueError(message)
    return gathered
