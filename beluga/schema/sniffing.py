"""What kind of file some bytes are, and what a ``data:`` URL holds."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

__all__ = ["decode_data_url", "sniff"]

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
        msg = "a data URL has a comma between its type and its content, this one has none"
        raise ValueError(msg)
    mime, *parameters = header.split(";")
    content = unquote_to_bytes(payload)
    if parameters and parameters[-1].strip().lower() == "base64":
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            msg = f"the base64 of the data URL cannot be decoded: {error}"
            raise ValueError(msg) from None
    return content, mime.strip().lower() or "text/plain"
