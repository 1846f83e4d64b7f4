"""Record what a real provider answers, and play it again without it.

>>> client = httpx.Client(transport=record("chat.json", httpx.HTTPTransport()))  # doctest: +SKIP
>>> client = httpx.Client(transport=replay("chat.json").transport(httpx))  # doctest: +SKIP
"""

from __future__ import annotations

import json
import os
import pathlib
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga.llm.fake._wire import Break, Head
from beluga.llm.fake._wire.exchange import refused
from beluga.llm.fake.recordings import Recorded, kept_request, pieces
from beluga.llm.fake.transport import Surfaces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga.llm.fake._wire import HTTPRequest, Responder, WireEvent

__all__ = ["Cassette", "record", "replay"]

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
            ValueError: It is no cassette.
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
        more = "" if len(places) <= _DIFFERENCES else f" and {len(places) - _DIFFERENCES} more"
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
        TypeError: `transport` is none.
    """
    from beluga.llm.fake.recordings import recording

    folder = pathlib.Path(path).absolute().parent
    if not folder.is_dir():
        message = f"the folder {folder} for the cassette does not exist"
        raise FileNotFoundError(message)
    roots = (sys.modules[kind.__module__.partition(".")[0]] for kind in type(transport).__mro__)
    module = next((root for root in roots if hasattr(root, "AsyncBaseTransport")), None)
    if module is None:
        message = f"record() takes a transport of httpx or httpx2, not {type(transport).__name__}"
        raise TypeError(message)
    return recording(module, transport, Cassette(path))


def replay(path: str | os.PathLike[str]) -> Cassette:
    """Return a recorded cassette, which has the surfaces of a fake provider: `transport` and `serve`.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no cassette.

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
