"""``beluga redact``: take personal data and secrets out of a stream of bytes."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, BinaryIO

from beluga.guards.pii import PIIRedactor
from beluga.guards.secrets import SecretRedactor

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    for chunk in _decoded(source):
        text = chunk
        for stream in streams:
            text = stream.feed(text)
        _write(sink, text)
    text = ""
    for stream in streams:
        text = stream.feed(text) + stream.close()
    _write(sink, text)
    return 0


def _decoded(source: BinaryIO) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    read = getattr(source, "read1", source.read)  # what is there, rather than waiting for a full chunk
    while chunk := read(_CHUNK):
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _write(sink: BinaryIO, text: str) -> None:
    if text:
        sink.write(text.encode("utf-8", "surrogateescape"))
        sink.flush()
