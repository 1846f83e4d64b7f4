"""Redacting a stream of bytes."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga._cli.guards import redact


def run(data):
    sink = io.BytesIO()
    assert redact(io.BytesIO(data), sink) == 0
    return sink.getvalue()


def test_secrets_and_personal_data():
    """Both go, everything else stays."""
    key = "sk-" + "aB3dE5gH7jK9mN1pQ2sT4vW6"

    assert run(f"mail ana@example.com key {key}\r\nok\n".encode()) == b"mail [EMAIL] key [OPENAI_KEY]\r\nok\n"


@given(st.binary(max_size=300).filter(lambda data: b"@" not in data))
def test_bytes_without_findings_pass_unchanged(data):
    """Bytes that are no UTF-8 come out as they went in."""
    harmless = bytes(byte for byte in data if not 0x30 <= byte <= 0x3A)

    assert run(harmless + b" ana@example.com " + harmless) == harmless + b" [EMAIL] " + harmless


@pytest.mark.parametrize("cut", range(12))
def test_characters_cut_by_a_read(cut):
    """A character that arrives in two reads is one character."""

    class Slow(io.BytesIO):
        def read1(self, _size=-1):
            return self.read(max(1, cut))

    sink = io.BytesIO()
    text = "größer ana@exämple.com 日本".encode()
    redact(Slow(text), sink)

    assert sink.getvalue().decode() == "größer [EMAIL] 日本"


def test_memory_is_constant():
    """Eight megabytes take no more memory than one."""
    peaks = []
    for size in (200_000, 1_600_000):

        class Lines(io.RawIOBase):
            left = size

            def readable(self):
                return True

            def readinto(self, buffer):
                line = b"nothing to see here, move along please\n" * 1500
                count = min(len(buffer), len(line), self.left)
                buffer[:count] = line[:count]
                self.left -= count
                return count

        class Null(io.RawIOBase):
            def write(self, data):
                return len(data)

        tracemalloc.start()
        redact(io.BufferedReader(Lines()), Null())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
