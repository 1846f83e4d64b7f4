"""A transport around another one that writes down what goes through it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from beluga.llm.fake.recordings import Recorded
from beluga.llm.fake.transport import as_request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from beluga.llm.fake._wire.events import HTTPRequest
    from beluga.llm.fake.cassette import Cassette

__all__ = ["recording"]


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
