"""What a message consists of: texts, thoughts, media, tool calls and their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import attrs

from beluga.schema.media import AudioPart, FilePart, ImagePart

__all__ = ["CachePoint", "OpaquePart", "Part", "TextPart", "ThinkingPart", "ToolCall", "ToolResult"]


def is_str(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is no str, without quoting it as attrs' own check would: it may be anybody's text."""
    if not isinstance(value, str):
        msg = f"{type(instance).__name__}.{attribute.name} must be a str, not {type(value).__name__}"
        raise TypeError(msg)


def is_str_or_none(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is neither a str nor left out."""
    if value is not None:
        is_str(instance, attribute, value)


def as_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping of JSON values."""
    if not isinstance(value, Mapping):
        msg = f"a JSON object is a mapping, not {type(value).__name__}; a text that is none goes into raw="
        raise TypeError(msg)
    return dict(value)


def is_name(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is no str, and the empty one."""
    is_str(instance, attribute, value)
    if not value:
        msg = f"{type(instance).__name__}.{attribute.name} must not be empty"
        raise ValueError(msg)


@attrs.frozen
class TextPart:
    """Plain text."""

    text: str = attrs.field(validator=is_str)


@attrs.frozen
class ThinkingPart:
    """What a model thought before it answered.

    Args:
        text: The thoughts, or a summary of them.
        signature: The provider's seal, which it wants back unchanged in the next turn.
    """

    text: str = attrs.field(validator=is_str)
    signature: str | None = attrs.field(default=None, validator=is_str_or_none)


@attrs.frozen
class ToolCall:
    """A model's wish to have a tool called.

    Args:
        id: What the result will refer to.
        name: The tool.
        arguments: The parsed arguments; empty when they were no JSON object.
        raw: The arguments as the model wrote them, kept only when they could not be parsed.
    """

    id: str = attrs.field(validator=is_str)
    name: str = attrs.field(validator=is_name)
    # A dict has no hash; equal calls still have equal ids and names.
    arguments: dict[str, Any] = attrs.field(factory=dict, converter=as_dict, hash=False)
    raw: str | None = attrs.field(default=None, validator=is_str_or_none)


@attrs.frozen
class CachePoint:
    """The end of what the provider should keep in its prompt cache.

    Args:
        ttl: Seconds to keep it; None is the provider's own default.
    """

    ttl: float | None = None

    def __attrs_post_init__(self) -> None:
        if self.ttl is None:
            return
        if isinstance(self.ttl, bool) or not isinstance(self.ttl, int | float) or not self.ttl > 0:
            msg = f"CachePoint.ttl is a positive number of seconds, not {self.ttl!r}"
            raise ValueError(msg)


@attrs.frozen
class OpaquePart:
    """What a provider answered and beluga has no record for: it goes back unchanged, and to that provider alone.

    Args:
        provider: Who said it, as the model's ``provider``.
        data: What was said, as JSON values.
        scope: Where it belongs: a part of its own, more fields of the part before it, or of the whole message.

    Example:
        >>> OpaquePart("anthropic", {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search"}).scope
        'part'
    """

    provider: str = attrs.field(validator=is_name)
    data: dict[str, Any] = attrs.field(converter=as_dict, hash=False, repr=False)
    scope: Literal["part", "previous", "message"] = attrs.field(
        default="part", validator=attrs.validators.in_(("part", "previous", "message"))
    )


@attrs.frozen(init=False)
class ToolResult:
    """What a tool answered, as a part of a user's message; `ToolMessage` is the same as a message.

    Args:
        content: The answer as text; or give `parts`.
        tool_call_id: The `ToolCall.id` that it answers.
        is_error: The tool failed, and the text says how.
        parts: Texts, images and files in their order.
    """

    parts: tuple[Part, ...]
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
        set_tool_answer(self, gathered(self, content, parts, TOOL_PARTS), tool_call_id, is_error)

    @property
    def text(self) -> str:
        """The text parts, a line each."""
        return "\n".join(texts(self.parts))


Part = TextPart | ImagePart | AudioPart | FilePart | ThinkingPart | ToolCall | ToolResult | CachePoint | OpaquePart
"""Any part of a message."""

TOOL_PARTS = (TextPart, ImagePart, FilePart, CachePoint, OpaquePart)


def gathered(
    owner: object, content: str | None, parts: Iterable[Part | str] | None, accepted: tuple[type, ...]
) -> tuple[Part, ...]:
    """Return the parts of a message or result from the two ways to give them."""
    kind = type(owner).__name__
    if (content is None) == (parts is None):
        given = "none" if content is None else "both"
        msg = f'{kind} takes exactly one of content="..." and parts=[...], not {given}'
        raise TypeError(msg)
    if content is not None:
        if not isinstance(content, str):
            msg = f"the content of a {kind} is a str, not {type(content).__name__}; give a list as parts="
            raise TypeError(msg)
        return (TextPart(content),)
    if isinstance(parts, (str, bytes, set, frozenset)) or not isinstance(parts, Iterable):
        msg = f"the parts of a {kind} are a list, not {type(parts).__name__}; give a single text as content="
        raise TypeError(msg)
    gathered = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    for part in gathered:
        if not isinstance(part, accepted):
            names = ", ".join(sorted(each.__name__ for each in accepted))
            msg = f"a {kind} cannot hold a {type(part).__name__}, only {names}"
            raise TypeError(msg)
    return gathered


def texts(parts: tuple[Part, ...]) -> list[str]:
    """Return what the text parts among `parts` say."""
    return [part.text for part in parts if isinstance(part, TextPart)]


def set_tool_answer(owner: object, parts: tuple[Part, ...], tool_call_id: str, is_error: bool) -> None:
    """Fill the fields that `ToolResult` and `ToolMessage` share."""
    if not isinstance(tool_call_id, str) or not tool_call_id:
        msg = f"{type(owner).__name__} needs the tool_call_id of the ToolCall that it answers"
        raise TypeError(msg)
    if not isinstance(is_error, bool):
        msg = f"{type(owner).__name__}.is_error is True or False, not {type(is_error).__name__}"
        raise TypeError(msg)
    for name, value in (("parts", parts), ("tool_call_id", tool_call_id), ("is_error", is_error)):
        object.__setattr__(owner, name, value)
