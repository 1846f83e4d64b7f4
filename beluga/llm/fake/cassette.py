"""Record what a real provider answers, and play it again without it.

>>> client = httpx.Client(transport=record("chat.json", httpx.HTTPTransport()))  # doctest: +SKIP
>>> client = httpx.Client(transport=replay("chat.json").transport(httpx))  # doctest: +SKIP

Headers are kept by an allow-list, so a credential is left out without being recognised. What is left is masked as a log
line would be, and the credentials of the request itself are looked for everywhere else.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import sys
import threading
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl

import attrs

from beluga.llm.fake._wire import Break, Head
from beluga.llm.fake._wire.documents import encode
from beluga.llm.fake._wire.exchange import refused
from beluga.llm.fake.transport import Surfaces, as_request, based
from beluga.masking import MASK, is_secret_key, mask_secrets, mask_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from beluga.llm.fake._wire import HTTPRequest, Responder, WireEvent

__all__ = ["Cassette", "Recorded", "record", "replay"]

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
    def of(cls, request: HTTPRequest, response: Any, body: bytes, *, complete: bool) -> Self:
        """Return what is kept of an exchange."""
        headers = _kept_headers({name.lower(): value for name, value in response.headers.items()})
        made = cls(kept_request(request), response.status_code, headers, _kept_body(body), complete)
        return cls(**_without(_credentials(request), attrs.asdict(made)))

    @classmethod
    def read(cls, raw: Any) -> Self:
        """Return an exchange that `attrs.asdict` has written.

        Raises:
            ValueError: It is not one.
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


class _Recorder:
    """A transport that passes on to another one, and writes down what it hears."""

    def __init__(self, module: Any, transport: Any, cassette: Cassette) -> None:
        self._module = module
        self._transport = transport
        self._cassette = cassette

    def handle_request(self, request: Any) -> Any:
        return self._overheard(self._asked(request, request.read()), self._transport.handle_request(request))

    async def handle_async_request(self, request: Any) -> Any:
        asked = self._asked(request, await request.aread())
        return self._overheard(asked, await self._transport.handle_async_request(request))

    def close(self) -> None:
        self._transport.close()

    async def aclose(self) -> None:
        await self._transport.aclose()

    @staticmethod
    def _asked(request: Any, content: bytes) -> HTTPRequest:
        request.headers["accept-encoding"] = "identity"  # not compressed, so that people can read what comes
        return as_request(request, content)

    def _overheard(self, asked: HTTPRequest, response: Any) -> Any:
        _, body = based(self._module, _Recorder, _Tee)
        heard = body(response, asked, self._cassette)
        kept = {"headers": response.headers, "extensions": response.extensions}
        return self._module.Response(response.status_code, stream=heard, **kept)


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
        if not self._recorded:
            self._recorded = True
            heard = b"".join(self._heard)
            self._cassette.add(Recorded.of(self._asked, self._response, heard, complete=complete))


_FORMAT = "beluga cassette 1"
_DIFFERENCES = 5
_FRAMING = ("content-length", "transfer-encoding", "connection")


class Cassette(Surfaces):
    """Recorded exchanges, each to be played once, in the order in which equal requests came.

    Requests are equal if method, path and body are; headers and the query do not count. One that was not
    recorded is answered with status 400, the nearest recorded one, and where it differs.

    Args:
        path: The file.
    """

    def __init__(self, path: str | os.PathLike[str], exchanges: Iterable[Recorded] = ()) -> None:
        self.path: pathlib.Path = pathlib.Path(path)
        self._exchanges = list(exchanges)
        self._played: set[int] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._exchanges)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a cassette.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is not a cassette.
        """
        try:
            document = json.loads(pathlib.Path(path).read_bytes())
            if not isinstance(document, dict) or document.get("format") != _FORMAT:
                message = f'it has no "format": "{_FORMAT}"'
                raise ValueError(message)  # noqa: TRY301 - all reasons are told in one way
            exchanges = [Recorded.read(raw) for raw in document.get("exchanges", ())]
        except (ValueError, TypeError, RecursionError) as error:
            message = f"{os.fspath(path)} is no cassette: {error}; record it again"
            raise ValueError(message) from None
        return cls(path, exchanges)

    def add(self, exchange: Recorded) -> None:
        """Record one more exchange; the file is whole at every moment."""
        with self._lock:
            self._exchanges.append(exchange)
            document = {"format": _FORMAT, "exchanges": [attrs.asdict(known) for known in self._exchanges]}
            half = self.path.with_name(f".{self.path.name}.{os.getpid()}")
            half.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
            half.replace(self.path)

    def assert_done(self) -> None:
        """Raise `AssertionError` when a recorded exchange was not asked for."""
        left = [index for index in range(len(self._exchanges)) if index not in self._played]
        if left:
            numbers = ", ".join(str(index + 1) for index in left)
            message = f"{self.path.name}: of {len(self)} recorded exchanges these were not asked for: {numbers}"
            raise AssertionError(message)

    def _responder(self) -> Responder:
        return self._respond

    def _respond(self, request: HTTPRequest) -> Iterator[WireEvent]:
        asked = kept_request(request)
        found = self._take(asked)
        if found is None:
            yield from refused(request, self._why_unknown(asked))
            return
        body = list(pieces(found.body))
        headers = [(name, value) for name, value in found.headers.items() if name not in _FRAMING]
        if "events" not in found.body and found.complete:
            headers.append(("content-length", str(sum(map(len, body)))))
        yield Head(found.status, tuple(headers))
        yield from body
        if not found.complete:
            yield Break("cut")

    def _take(self, asked: dict[str, Any]) -> Recorded | None:
        with self._lock:
            for index, exchange in enumerate(self._exchanges):
                if index not in self._played and not _differences(exchange.request, asked):
                    self._played.add(index)
                    return exchange
        return None

    def _why_unknown(self, asked: dict[str, Any]) -> str:
        start = f"{self.path.name} has no recording of {asked['method']} {asked['path']}"
        differing = [(_differences(known.request, asked), index) for index, known in enumerate(self._exchanges)]
        if not differing:
            return f"{start}: it is empty"
        places, index = min(differing, key=lambda pair: (len(pair[0]), pair[1]))
        if not places:
            times = sum(not differences for differences, _ in differing)
            return f"{start} left: all {times} were played; record it again with as many calls"
        more = f" and {len(places) - _DIFFERENCES} more" if len(places) > _DIFFERENCES else ""
        where = ", ".join(places[:_DIFFERENCES]) + more
        return f"{start} with this body; the nearest is exchange {index + 1}, which differs in {where}"


def record(path: str | os.PathLike[str], transport: Any) -> Any:
    """Return a transport that passes everything on to `transport`, and writes down what was said.

    The file is begun anew. It holds no header but a few harmless ones, no query, and no secret that
    `beluga.masking` recognises or that the request's own headers show; read it before you publish it all the
    same. A secret that a model spells out over several events of a stream is not recognised.

    Args:
        path: Where to write; the folder has to be there.
        transport: A transport of httpx or httpx2, sync or async, such as ``httpx.HTTPTransport()``.

    Raises:
        FileNotFoundError: The folder is not there.
        TypeError: `transport` is not one.
    """
    folder = pathlib.Path(path).absolute().parent
    if not folder.is_dir():
        message = f"the folder {folder} for the cassette does not exist"
        raise FileNotFoundError(message)
    roots = (sys.modules[kind.__module__.partition(".")[0]] for kind in type(transport).__mro__)
    module = next((root for root in roots if hasattr(root, "AsyncBaseTransport")), None)
    if module is None:
        message = f"record() takes a transport of httpx or httpx2, not {type(transport).__name__}"
        raise TypeError(message)
    sender, _ = based(module, _Recorder, _Tee)
    return sender(module, transport, Cassette(path))


def replay(path: str | os.PathLike[str]) -> Cassette:
    """Return a recorded cassette, which has the surfaces of a fake provider: `transport` and `serve`.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not a cassette.

    Example:
        >>> import tempfile
        >>> import httpx
        >>> from beluga.llm import FakeProvider
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "models.json"
        >>> real = FakeProvider().transport(httpx)  # it would be httpx.HTTPTransport()
        >>> with httpx.Client(transport=record(path, real)) as client:
        ...     recorded = client.get("https://api.openai.com/v1/models").json()
        >>> with httpx.Client(transport=replay(path).transport(httpx)) as client:
        ...     client.get("https://api.openai.com/v1/models").json() == recorded
        True
    """
    return Cassette.load(path)


def _differences(recorded: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Return the places in which two requests differ; values are not told, as they are somebody's texts."""
    return [
        place
        for name in ("method", "path", "body")
        for place in _differing(recorded.get(name), asked.get(name), "" if name == "body" else name)
    ]


def _differing(one: Any, other: Any, place: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys([*one, *other]):
            inner = name if not place or place == "json" else f"{place.removeprefix('json.')}.{name}"
            if name not in one or name not in other:
                yield f"{inner} ({'only in the recording' if name in one else 'not in the recording'})"
            else:
                yield from _differing(one[name], other[name], inner)
    elif isinstance(one, list) and isinstance(other, list):
        for index, (left, right) in enumerate(zip(one, other, strict=False)):
            yield from _differing(left, right, f"{place}[{index}]")
        if len(one) != len(other):
            yield f"{place} (recorded {len(one)} long, asked {len(other)} long)"
    elif one != other or type(one) is not type(other):
        yield place or "body"
