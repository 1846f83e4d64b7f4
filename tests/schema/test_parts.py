"""The parts of a message: what they accept, refuse and show."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from beluga.schema import (
    AudioPart,
    CachePoint,
    FilePart,
    ImagePart,
    TextPart,
    ThinkingPart,
    ToolCall,
    ToolResult,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(20)
WAV = b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(20)
URL = "https://example.com/a.png"


@pytest.mark.parametrize(("data", "mime_type"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_the_type_of_an_image_is_read_from_its_bytes(data: bytes, mime_type: str) -> None:
    """Without `mime_type` the first bytes tell it."""
    assert ImagePart(data=data).mime_type == mime_type


def test_an_image_needs_exactly_one_source() -> None:
    """Neither nothing nor both a URL and bytes make an image."""
    with pytest.raises(TypeError, match="exactly one of url= and data=, not none"):
        ImagePart()
    with pytest.raises(TypeError, match="exactly one of url= and data=, not both"):
        ImagePart(url=URL, data=PNG)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"url": "pictures/a.png"}, "scheme"),
        ({"data": b""}, "empty"),
        ({"data": b"neither this nor that"}, "mime_type="),
        ({"data": PNG, "mime_type": "image/gif"}, "'image/png' and not 'image/gif'"),
        ({"data": b"%PDF-1.7"}, "FilePart"),
        ({"url": URL, "mime_type": "text/html"}, "FilePart"),
        ({"url": URL, "detail": "medium"}, "detail is one of 'auto', 'low', 'high', not 'medium'"),
        ({"url": "data:image/png;base64"}, "comma"),
        ({"url": "data:image/png;base64,%%%"}, "base64"),
    ],
)
def test_a_wrong_image_is_refused(arguments: dict[str, Any], match: str) -> None:
    """An image that no provider would take is an error when it is made."""
    with pytest.raises(ValueError, match=match):
        ImagePart(**arguments)


def test_base64_is_no_bytes() -> None:
    """Text in place of bytes is refused with the way to pass base64."""
    with pytest.raises(TypeError, match="data: URL"):
        ImagePart(data=base64.b64encode(PNG).decode())


def test_a_data_url_is_decoded() -> None:
    """A data URL and the bytes that it holds make equal images."""
    url = "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert ImagePart(url=url) == ImagePart(data=PNG)
    assert FilePart(url="data:text/plain,a%20b") == FilePart(data=b"a b", mime_type="text/plain")
    assert FilePart(url="data:,x").mime_type == "text/plain"


def test_a_url_leaves_the_type_open() -> None:
    """What lies at a URL is not known before somebody fetches it."""
    assert ImagePart(url=URL).mime_type is None
    assert ImagePart(url=URL, mime_type="image/JPG").mime_type == "image/jpeg"


def test_other_media_know_their_types() -> None:
    """Recordings and documents tell their types as images do."""
    assert AudioPart(data=WAV).mime_type == "audio/wav"
    assert AudioPart(data=WAV, mime_type="audio/x-wav") == AudioPart(data=WAV)
    assert FilePart(data=b"%PDF-1.7", name="a.pdf").mime_type == "application/pdf"
    assert FilePart(data=PNG, mime_type="application/octet-stream").mime_type == "application/octet-stream"


def test_a_repr_shows_sizes_and_no_bytes() -> None:
    """The bytes of media stay out of every repr."""
    assert repr(ImagePart(data=PNG)) == ("ImagePart(url=None, data=<68 bytes>, mime_type='image/png', detail='auto')")
    assert "data=None" in repr(ImagePart(url=URL))


def test_a_tool_call_is_a_value() -> None:
    """Tool calls compare by everything, hash although arguments are a dict, and keep a copy of it."""
    arguments = {"city": "Tokyo"}
    call = ToolCall("1", "weather", arguments)
    arguments["city"] = "Oslo"
    assert call.arguments == {"city": "Tokyo"}
    assert call != ToolCall("1", "weather", arguments)
    assert {call, ToolCall("1", "weather", {"city": "Tokyo"})} == {call}


@pytest.mark.parametrize("text", [None, 5, b"secret"])
def test_what_is_no_text_is_refused_without_being_quoted(text: Any) -> None:
    """The error names the types and not the value."""
    for kind in (TextPart, ThinkingPart):
        with pytest.raises(TypeError, match=r"text must be a str, not (NoneType|int|bytes)$"):
            kind(text)


def test_a_tool_call_needs_a_name_and_a_mapping() -> None:
    """A nameless call, or arguments that are no mapping, are errors."""
    with pytest.raises(ValueError, match="name must not be empty"):
        ToolCall("1", "")
    with pytest.raises(TypeError, match="raw="):
        ToolCall("1", "weather", "{")


def test_a_tool_result_is_text_or_parts() -> None:
    """A result takes a text or parts, and its text is that of the text parts."""
    assert ToolResult("12 C", "1") == ToolResult(parts=[TextPart("12 C")], tool_call_id="1")
    assert ToolResult(parts=["a", ImagePart(url=URL), "b"], tool_call_id="1").text == "a\nb"
    with pytest.raises(TypeError, match="tool_call_id"):
        ToolResult("12 C")
    with pytest.raises(TypeError, match="cannot hold a ToolCall"):
        ToolResult(parts=[ToolCall("1", "x")], tool_call_id="1")


def test_a_cache_point_keeps_for_a_positive_time() -> None:
    """A time to live that is not positive is an error."""
    assert CachePoint() == CachePoint(ttl=None)
    for ttl in (0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="positive number of seconds"):
            CachePoint(ttl=ttl)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: ImagePart(url=5), "ImagePart.url must be a str, not int"),
        (lambda: FilePart(data=b"x", mime_type=5), "FilePart.mime_type must be a str, not int"),
        (lambda: FilePart(data=b"x", mime_type="text/plain", name=5), "FilePart.name must be a str, not int"),
        (lambda: ThinkingPart("Hm.", 5), "ThinkingPart.signature must be a str, not int"),
        (lambda: ToolCall("1", "search", raw=5), "ToolCall.raw must be a str, not int"),
        (lambda: ToolResult("found", "1", is_error="no"), "ToolResult.is_error is True or False, not str"),
        (lambda: ToolResult(parts={"found"}, tool_call_id="1"), "a list, not set"),
        (lambda: ToolResult(parts=5, tool_call_id="1"), "a list, not int"),
    ],
)
def test_a_field_of_a_wrong_type_is_refused_at_construction(make: Any, match: str) -> None:
    """Not later, by a provider, or by a traceback from inside."""
    with pytest.raises(TypeError, match=match):
        make()


@pytest.mark.parametrize("ttl", ["5", True, [1]])
def test_a_cache_points_time_is_a_number(ttl: Any) -> None:
    """True is no second."""
    with pytest.raises(ValueError, match="seconds"):
        CachePoint(ttl=ttl)
