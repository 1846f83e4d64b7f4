"""Images, recordings and files as parts of a message."""

from __future__ import annotations

from typing import ClassVar, Literal
from urllib.parse import unquote_to_bytes

import attrs

__all__ = ["AudioPart", "FilePart", "ImagePart"]

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


_SAME_TYPE = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
}


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
        ValueError: When the bytes are no image, not of the type given, or of a type that they do not tell.

    Example:
        >>> ImagePart(data=b"GIF89a" + bytes(20))
        ImagePart(url=None, data=<26 bytes>, mime_type='image/gif', detail='auto')
    """

    family: ClassVar[str] = "image/"

    detail: Literal["auto", "low", "high"] = attrs.field(
        default="auto", validator=attrs.validators.in_(("auto", "low", "high"))
    )


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
