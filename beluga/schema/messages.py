"""The four kinds of messages of a conversation, what a model answers, and what knows from which prompt it was made.

The last, so that a trace can tell them, know its name and version; they are a str and a list in everything else. What
is made of them anew, by ``+`` or a guard, no longer knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import attrs

from beluga.schema.parts import (
    TOOL_PARTS,
    AudioPart,
    CachePoint,
    FilePart,
    ImagePart,
    OpaquePart,
    Part,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
    gathered,
    set_tool_answer,
    texts,
)
from beluga.schema.usage import RateLimitInfo, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "AIMessage",
    "Chunk",
    "Embeddings",
    "HumanMessage",
    "Message",
    "NamedMessages",
    "NamedText",
    "PromptName",
    "Response",
    "SystemMessage",
    "ToolMessage",
    "prompt_of",
]

_UNCOUNTED = Usage()


@attrs.frozen(init=False)
class Message:
    """Base of the four kinds of messages; use one of those.

    Args:
        content: The text, which becomes one `TextPart`.
        parts: Or the parts in their order; a str among them becomes a `TextPart`.

    Raises:
        TypeError: When both or none are given, or a part does not belong into this kind of message.
    """

    role: ClassVar[Literal["system", "user", "assistant", "tool"]]
    accepts: ClassVar[tuple[type, ...]] = ()
    separator: ClassVar[str] = "\n"

    parts: tuple[Part, ...]

    def __init__(self, content: str | None = None, *, parts: Iterable[Part | str] | None = None) -> None:
        object.__setattr__(self, "parts", gathered(self, content, parts, self.accepts))

    @property
    def text(self) -> str:
        """The text parts together.

        Each part of a prompt was written as a block of its own, so these are joined with a newline. A
        model's answer is one flow that the provider cut into blocks, so those are joined with nothing.
        """
        return self.separator.join(texts(self.parts))


@attrs.frozen(init=False)
class SystemMessage(Message):
    """The application's instructions to the model."""

    role: ClassVar[Literal["system"]] = "system"
    accepts: ClassVar[tuple[type, ...]] = (TextPart, CachePoint, OpaquePart)


@attrs.frozen(init=False)
class HumanMessage(Message):
    """What the user says and shows.

    Example:
        >>> image = ImagePart(url="https://example.com/a.png", detail="high")
        >>> message = HumanMessage(parts=["What is this?", image])
        >>> message.text
        'What is this?'
        >>> HumanMessage("hello") == HumanMessage(parts=[TextPart("hello")])
        True
    """

    role: ClassVar[Literal["user"]] = "user"
    accepts: ClassVar[tuple[type, ...]] = (TextPart, ImagePart, AudioPart, FilePart, ToolResult, CachePoint, OpaquePart)


@attrs.frozen(init=False)
class AIMessage(Message):
    """What the model answered: text, thoughts and tool calls in the order in which it gave them."""

    role: ClassVar[Literal["assistant"]] = "assistant"
    accepts: ClassVar[tuple[type, ...]] = (
        *(TextPart, ThinkingPart, ToolCall),
        *(ImagePart, AudioPart, FilePart, CachePoint, OpaquePart),
    )
    separator: ClassVar[str] = ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls in their order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    @property
    def thinking(self) -> str:
        """The thoughts together."""
        return "".join(part.text for part in self.parts if isinstance(part, ThinkingPart))


@attrs.frozen(init=False)
class ToolMessage(Message):  # type: ignore[override]  # about __attrs_init__, which nobody calls
    """What a tool answered.

    Args:
        content: The answer as text; or give `parts`.
        tool_call_id: The `ToolCall.id` that it answers.
        is_error: The tool failed, and the text says how.
        parts: Texts, images and files in their order.
    """

    role: ClassVar[Literal["tool"]] = "tool"
    accepts: ClassVar[tuple[type, ...]] = TOOL_PARTS

    tool_call_id: str
    is_error: bool

    def __init__(
        self,
        content: str | None = None,
        tool_call_id: str = "",
        is_error: bool = False,
        *,
        parts: Iterable[Part | str] | None = None,
    ) -> None:
        set_tool_answer(self, gathered(self, content, parts, self.accepts), tool_call_id, is_error)


@attrs.frozen
class PromptName:
    """By which name and version a prompt is known."""

    name: str
    version: str


class NamedText(str):
    """A text that was rendered from a named template.

    Example:
        >>> text = NamedText("Hello Ana", PromptName("greeting", "1.10"))
        >>> text == "Hello Ana", text.prompt.version
        (True, '1.10')
    """

    __slots__ = ("prompt",)
    prompt: PromptName

    def __new__(cls, text: str, prompt: PromptName) -> Self:
        """Make the text."""
        made = super().__new__(cls, text)
        made.prompt = prompt
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedText, (str(self), self.prompt)


class NamedMessages(list[Message]):
    """The messages that a named builder has built."""

    __slots__ = ("prompt",)

    def __init__(self, messages: Iterable[Message], prompt: PromptName) -> None:
        super().__init__(messages)
        self.prompt: PromptName = prompt

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedMessages, (list(self), self.prompt)


def prompt_of(value: Any) -> PromptName | None:
    """Return from which prompt a text, a message or a list of messages was made, the first of several; else None."""
    kind = type(value)
    if kind is str:  # nearly always
        return None
    if kind is NamedText or kind is NamedMessages:
        return value.prompt  # type: ignore[no-any-return]  # the type was just looked at
    if isinstance(value, Message):
        value = [getattr(part, "text", None) for part in value.parts]
    if isinstance(value, (list, tuple)):
        return next((found for each in value if (found := prompt_of(each)) is not None), None)
    return prompt_of(value["content"]) if kind is dict and isinstance(value.get("content"), (str, list)) else None


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
