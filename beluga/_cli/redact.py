"""``beluga redact``: take personal data and secrets out of a stream of bytes."""

from __future__ import annotations

from typing import BinaryIO

from beluga._cli.texts import decoded
from beluga.guards.pii import PIIRedactor
from beluga.guards.secrets import SecretRedactor

__all__ = ["redact"]

_CHUNK = 65536


def redact(source: BinaryIO, sink: BinaryIO) -> int:
    """Copy `source` to `sink` with placeholders for secrets and personal data, in constant memory.

    Bytes that are not UTF-8 pass unchanged. What is read is written as soon as it can no longer change.

    Args:
        source: Where to read, to its end.
        sink: Where to write; it is flushed and left open.

    Returns:
        The exit status, 0.
    """
    # Secrets first: a key holds digits that look like a number of somebody's.
    streams = (SecretRedactor().stream(), PIIRedactor().stream())
    for chunk in decoded(source, _CHUNK):
        text = chunk
        for stream in streams:
            text = stream.feed(text)
        _write(sink, text)
    text = ""
    for stream in streams:
        text = stream.feed(text) + stream.close()
    _write(sink, text)
    return 0


def _write(sink: BinaryIO, text: str) -> None:
    if text:
        sink.write(text.encode("utf-8", "surrogateescape"))
        sink.flush()
