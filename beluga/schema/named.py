"""Texts and messages that know the name and version of the prompt they were made from, so that a trace can tell them.

They are a str and a list in everything else. What is made of them anew, by ``+`` or a guard, no longer knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga.schema.messages import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NamedMessages", "NamedText", "PromptName", "prompt_of"]


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
