"""Recorded exchanges: how they are overheard, what is kept of them as plain JSON, and what is never kept.

Headers are kept by an allow-list, so a credential is left out without being recognised. What is left is
masked as a log line would be, and the credentials of the request itself are looked for everywhere else.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga.llm.fake._wire.documents import encode
from beluga.llm.fake.transport import as_request
from beluga.masking import MASK, is_secret_key, mask_secrets, mask_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from beluga.llm.fake._wire import HTTPRequest
    from beluga.llm.fake.cassette import Cassette

__all__ = ["Recorded", "kept_request", "pieces", "recording"]

_KEPT_HEADERS = frozenset({
    *("accept", "content-type", "content-encoding", "retry-after", "retry-after-ms", "x-should-retry"),
    *("request-id", "x-request-id", "anthropic-version", "anthropic-beta", "openai-version"),
})  # fmt: skip
_KEPT_FAMILIES = ("x-ratelimit-", "anthropic-ratelimit-")
_SHORTEST_SECRET = 6
"""Characters of a credential that is looked for elsewhere: shorter ones are found in any text."""

_EVENT_END = re.compile(r"(?<=\n\n)|(?<=\r\n\r\n)")


@attrs.frozen
class Recorded:
    """One exchange.

    Args:
        request: Method, path, headers and body, as kept.
        status: Of the answer.
        headers: Of the answer, as kept.
        body: Of the answer, in the form of `_kept_body`.
        complete: Whether the answer came to its end.
    """

    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    complete: bool = True

    @classmethod
    def of(
        cls, request: HTTPRequest, status: int, headers: Iterable[tuple[str, str]], body: bytes, *, complete: bool
    ) -> Self:
        """Return what is kept of an exchange."""
        known = {name.lower(): value for name, value in headers}
        made = cls(kept_request(request), status, _kept_headers(known), _kept_body(body), complete)
        return cls(**_without(_credentials(request), attrs.asdict(made)))

    @classmethod
    def read(cls, raw: Any) -> Self:
        """Return an exchange that `attrs.asdict` has written.

        Raises:
            ValueError: It is none.
        """
        kinds = {"request": dict, "status": int, "headers": dict, "body": dict, "complete": bool}
        if not isinstance(raw, dict) or {name: type(value) for name, value in raw.items()} != kinds:
            message = f"an exchange has the fields {', '.join(kinds)}"
            raise ValueError(message)
        for _ in pieces(raw["body"]):
            pass  # raises where the body is in no known form
        return cls(**raw)


def kept_request(request: HTTPRequest) -> dict[str, Any]:
    """Return what is kept of a request; two are the same if this is, headers apart."""
    path = mask_text(request.path.partition("?")[0])
    kept: dict[str, Any] = {"method": request.method, "path": path, "headers": _kept_headers(request.headers)}
    kept["body"] = _kept_body(request.body)
    clean: dict[str, Any] = _without(_credentials(request), kept)
    return clean


def pieces(body: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of a kept body, events one by one.

    Raises:
        ValueError: It is in no known form.
    """
    match body:
        case {"json": document}:
            yield encode(document)
        case {"events": [*events]} if all(isinstance(event, str) for event in events):
            yield from (event.encode() for event in events)
        case {"text": str(text)}:
            yield text.encode()
        case {"base64": str(text)}:
            yield base64.b64decode(text, validate=True)
        case _:
            message = "a body has one of the fields json, events, text and base64"
            raise ValueError(message)


def _kept_body(body: bytes) -> dict[str, Any]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    try:
        return {"json": mask_secrets(json.loads(text))}
    except (ValueError, RecursionError):
        text = mask_text(text)
    if text.startswith(("event:", "data:", ":")):
        return {"events": [event for event in _EVENT_END.split(text) if event]}
    return {"text": text}


def _kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _KEPT_HEADERS or name.startswith(_KEPT_FAMILIES)}


def _credentials(request: HTTPRequest) -> set[str]:
    """Return the secrets that a request shows itself with, in the forms in which they may come back."""
    from urllib.parse import parse_qsl

    found = [value for name, value in request.headers.items() if is_secret_key(name)]
    found += [value for name, value in parse_qsl(request.path.partition("?")[2]) if is_secret_key(name)]
    words = (word for value in found for word in (value, *re.split(r"[\s;,=]+", value)))
    return {word for word in words if len(word) >= _SHORTEST_SECRET and word.lower() not in {"bearer", "digest"}}


def _without(secrets: set[str], value: Any) -> Any:
    """Return a copy of JSON in which no text holds one of the `secrets`."""
    if not secrets:
        return value
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, dict):
        return {_without(secrets, name): _without(secrets, inner) for name, inner in value.items()}
    return [_without(secrets, inner) for inner in value] if isinstance(value, list) else value


def recording(module: Any, transport: Any, cassette: Cassette) -> Any:
    """Return a transport of `module` that passes on to `transport` and records on `cassette`."""
    transport_class, _ = _classes(module)
    return transport_class(module, transport, cassette)


@functools.cache
def _classes(module: Any) -> tuple[type[Any], type[Any]]:
    """Return the two classes below with the bases that clients of `module` check for."""
    return (
        type("RecordingTransport", (_Recorder, module.BaseTransport, module.AsyncBaseTransport), {}),
        type("RecordingBody", (_Tee, module.SyncByteStream, module.AsyncByteStream), {}),
    )


class _Recorder:
    def __init__(self, module: Any, transport: Any, cassette: Cassette) -> None:
        self._module = module
        self._transport = transport
        self._cassette = cassette

    def handle_request(self, request: Any) -> Any:
        asked = as_request(request, request.read())
        return self._overheard(asked, self._transport.handle_request(_plain(request)))

    async def handle_async_request(self, request: Any) -> Any:
        asked = as_request(request, await request.aread())
        return self._overheard(asked, await self._transport.handle_async_request(_plain(request)))

    def close(self) -> None:
        self._transport.close()

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _overheard(self, asked: HTTPRequest, response: Any) -> Any:
        _, body_class = _classes(self._module)
        return self._module.Response(
            response.status_code,
            headers=response.headers,
            stream=body_class(response, asked, self._cassette),
            extensions=response.extensions,
        )


class _Tee:
    """The body of an answer, which is recorded when it ends or is left."""

    def __init__(self, response: Any, asked: HTTPRequest, cassette: Cassette) -> None:
        self._response = response
        self._asked = asked
        self._cassette = cassette
        self._heard: list[bytes] = []
        self._recorded = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._response.stream:
            self._heard.append(piece)
            yield piece
        self._record(complete=True)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.stream:
            self._heard.append(piece)
            yield piece
        self._record(complete=True)

    def close(self) -> None:
        self._record(complete=False)
        self._response.stream.close()

    async def aclose(self) -> None:
        self._record(complete=False)
        await self._response.stream.aclose()

    def _record(self, *, complete: bool) -> None:
        if self._recorded:
            return
        self._recorded = True
        headers = self._response.headers.items()
        body = b"".join(self._heard)
        self._cassette.add(Recorded.of(self._asked, self._response.status_code, headers, body, complete=complete))


def _plain(request: Any) -> Any:
    """Ask for an answer that is not compressed, so that people can read it."""
    request.headers["accept-encoding"] = "identity"
    return request
