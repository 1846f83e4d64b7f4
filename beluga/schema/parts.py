"""What a message consists of: texts, thoughts, media, tool calls and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal
from urllib.parse import unquote_to_bytes

import attrs

__all__ = [
    "AudioPart",
    "CachePoint",
    "FilePart",
    "ImagePart",
    "OpaquePart",
    "Part",
    "TextPart",
    "ThinkingPart",
    "ToolCall",
    "ToolResult",
]

# (offset, magic bytes, MIME type). Source: WHATWG MIME Sniffing, section 6; RFC 9639 for FLAC.
_MAGIC = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBPVP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"OggS\x00", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"%PDF-", "application/pdf"),
)
_SAME_TYPE = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
}


def sniff(data: bytes) -> str | None:
    """Return the MIME type that the first bytes of `data` tell, or None.

    Example:
        >>> sniff(b"GIF89a" + bytes(20))
        'image/gif'
    """
    return next((mime for offset, magic, mime in _MAGIC if data.startswith(magic, offset)), None)


def decode_data_url(url: str) -> tuple[bytes, str]:
    r"""Return the bytes and the MIME type of a ``data:`` URL.

    Raises:
        ValueError: When it has no comma or its base64 is broken.

    Example:
        >>> decode_data_url("data:image/png;base64,iVBORw==")
        (b'\x89PNG', 'image/png')

    Source: RFC 2397.
    """
    import base64
    import binascii

    header, comma, payload = url.partition(":")[2].partition(",")
    if not comma:
        message = "a data URL has a comma between its type and its content, this one has none"
        raise ValueError(message)
    mime, *parameters = header.split(";")
    content = unquote_to_bytes(payload)
    if parameters and parameters[-1].strip().lower() == "base64":
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            message = f"the base64 of the data URL cannot be decoded: {error}"
            raise ValueError(message) from None
    return content, mime.strip().lower() or "text/plain"


def is_one_of(*words: str) -> Callable[[object, attrs.Attribute[Any], object], None]:
    """Return a validator that refuses all but `words`."""

    def check(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value not in words:
            known = ", ".join(map(repr, words))
            message = f"{type(instance).__name__}.{attribute.name} is one of {known}, not {value!r}"
            raise ValueError(message)

    return check


def _size(data: bytes | None) -> str:
    return "None" if data is None else f"<{len(data)} bytes>"


@attrs.frozen
class Media:
    """Content that lies at a URL or is held as bytes: exactly one of both.

    A ``data:`` URL is decoded, so that equal contents are equal records.
    """

    family: ClassVar[str] = ""

    url: str | None = None
    data: bytes | None = attrs.field(default=None, repr=_size)
    mime_type: str | None = None

    def __attrs_post_init__(self) -> None:
        kind = type(self).__name__
        if (self.url is None) == (self.data is None):
            message = f"{kind} takes exactly one of url= and data=, not {'none' if self.url is None else 'both'}"
            raise TypeError(message)
        for name in ("url", "mime_type", "name"):
            given = getattr(self, name, None)
            if given is not None and not isinstance(given, str):
                message = f"{kind}.{name} must be a str, not {type(given).__name__}"
                raise TypeError(message)
        url, data, mime_type = self.url, self.data, _canonical(self.mime_type)
        if url is not None and url[:5].lower() == "data:":
            data, said = decode_data_url(url)
            url, mime_type = None, mime_type or _canonical(said)
        elif url is not None and "://" not in url:
            message = f"{kind}.url needs a scheme such as https://; for a local file read it and pass data="
            raise ValueError(message)
        if data is not None:
            mime_type = self._known_type(data, mime_type)
        if mime_type is not None and not mime_type.startswith(self.family):
            message = f"{kind} cannot hold {mime_type!r}; use FilePart for other kinds of files"
            raise ValueError(message)
        for name, value in (("url", url), ("data", data), ("mime_type", mime_type)):
            object.__setattr__(self, name, value)

    def _known_type(self, data: bytes, mime_type: str | None) -> str:
        kind = type(self).__name__
        if not isinstance(data, bytes):
            message = f"{kind}.data must be bytes, not {type(data).__name__}; base64 goes into a data: URL"
            raise TypeError(message)
        if not data:
            message = f"{kind}.data must not be empty"
            raise ValueError(message)
        sniffed = sniff(data)
        known = mime_type or sniffed
        if known is None:
            message = f"the bytes of this {kind} do not tell what they are; pass mime_type="
            raise ValueError(message)
        if sniffed is not None and self.family and sniffed != known:
            message = f"the bytes of this {kind} are {sniffed!r} and not {known!r}; leave mime_type out"
            raise ValueError(message)
        return known


def _canonical(mime_type: str | None) -> str | None:
    if mime_type is None:
        return None
    plain = mime_type.partition(";")[0].strip().lower()
    return _SAME_TYPE.get(plain, plain)


@attrs.frozen
class ImagePart(Media):
    """An image.

    Args:
        url: Where it lies; a ``data:`` URL is decoded into `data`.
        data: Its bytes. Exactly one of `url` and `data` is given.
        mime_type: Such as ``"image/png"``; None reads it from the bytes, and leaves it open for a URL.
        detail: ``"high"`` for diagrams and small print, ``"low"`` for a quick look, ``"auto"`` leaves it to
            the provider.

    Raises:
        TypeError: When both or none of `url` and `data` are given.
        ValueError: When the bytes are not an image, not of the type given, or of a type that they do not tell.

    Example:
        >>> ImagePart(data=b"GIF89a" + bytes(20))
        ImagePart(url=None, data=<26 bytes>, mime_type='image/gif', detail='auto')
    """

    family: ClassVar[str] = "image/"

    detail: Literal["auto", "low", "high"] = attrs.field(default="auto", validator=is_one_of("auto", "low", "high"))


@attrs.frozen
class AudioPart(Media):
    """A recording.

    Args:
        url: Where it lies.
        data: Its bytes. Exactly one of `url` and `data` is given.
        mime_type: Such as ``"audio/wav"``; None reads it from the bytes.
    """

    family: ClassVar[str] = "audio/"


@attrs.frozen
class FilePart(Media):
    """A document of any kind.

    Args:
        url: Where it lies.
        data: Its bytes. Exactly one of `url` and `data` is given.
        mime_type: Such as ``"application/pdf"``; None reads it from the bytes where they tell it.
        name: The file name to show to the model.
    """

    name: str | None = None


def is_str(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is not a str, without quoting it as attrs' own check would: it may be anybody's text."""
    if not isinstance(value, str):
        message = f"{type(instance).__name__}.{attribute.name} must be a str, not {type(value).__name__}"
        raise TypeError(message)


def is_str_or_none(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is neither a str nor left out."""
    if value is not None:
        is_str(instance, attribute, value)


def as_dict(value: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping of JSON values."""
    if not isinstance(value, Mapping):
        message = f"a JSON object is a mapping, not {type(value).__name__}; a text that is none goes into raw="
        raise TypeError(message)
    return dict(value)


def is_name(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Refuse what is not a str, and the empty one."""
    is_str(instance, attribute, value)
    if not value:
        message = f"{type(instance).__name__}.{attribute.name} must not be empty"
        raise ValueError(message)


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
        arguments: The parsed arguments; empty when they were not a JSON object.
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
            message = f"CachePoint.ttl is a positive number of seconds, not {self.ttl!r}"
            raise ValueError(message)


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
        default="part", validator=is_one_of("part", "previous", "message")
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
        message = f'{kind} takes exactly one of content="..." and parts=[...], not {given}'
        raise TypeError(message)
    if content is not None:
        if not isinstance(content, str):
            message = f"the content of a {kind} is a str, not {type(content).__name__}; give a list as parts="
            raise TypeError(message)
        return (TextPart(content),)
    if isinstance(parts, (str, bytes, set, frozenset)) or not isinstance(parts, Iterable):
        message = f"the parts of a {kind} are a list, not {type(parts).__name__}; give a single text as content="
        raise TypeError(message)
    gathered = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    for part in gathered:
        if not isinstance(part, accepted):
            names = ", ".join(sorted(each.__name__ for each in accepted))
            message = f"a {kind} cannot hold a {type(part).__name__}, only {names}"
            raise TypeError(message)
    return gathered


def texts(parts: tuple[Part, ...]) -> list[str]:
    """Return what the text parts among `parts` say."""
    return [part.text for part in parts if isinstance(part, TextPart)]


def set_tool_answer(owner: object, parts: tuple[Part, ...], tool_call_id: str, is_error: bool) -> None:
    """Fill the fields that `ToolResult` and `ToolMessage` share."""
    if not isinstance(tool_call_id, str) or not tool_call_id:
        message = f"{type(owner).__name__} needs the tool_call_id of the ToolCall that it answers"
        raise TypeError(message)
    if not isinstance(is_error, bool):
        message = f"{type(owner).__name__}.is_error is True or False, not {type(is_error).__name__}"
        raise TypeError(message)
    for name, value in (("parts", parts), ("tool_call_id", tool_call_id), ("is_error", is_error)):
        object.__setattr__(owner, name, value)
