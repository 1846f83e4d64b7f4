"""One question and its answer, without any input or output: what to send, and what that makes of what comes."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga.llm._http import failures
from beluga.llm._http.dialect import ErrorEvent
from beluga.llm._http.sse import EventDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beluga.errors import ProviderError
    from beluga.llm._http.dialect import Dialect
    from beluga.schema import Chunk, Response

__all__ = ["Exchange"]

_GOOD: Final = range(200, 300)

# What a decoder runs into when an answer has not the shape that it should have; the last one where it is too deep.
_WRONG_SHAPE: Final = (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError)


class Exchange:
    """One question and its answer.

    Args:
        dialect: How the provider speaks.
        request: What ``build_request`` of an HTTP client is called with.
    """

    def __init__(self, dialect: Dialect, request: Mapping[str, Any]) -> None:
        self.request = request
        self._dialect = dialect
        self._chunks: int | None = None  # what went out of a stream, once there is one
        self._answer = self._described(0, {})
        self._decoder = EventDecoder()
        self._reader = dialect.reader()

    def answered(self, status: int, headers: Mapping[str, str], content: bytes) -> Response:
        """Return the answer to a question that was no stream.

        Raises:
            ProviderError: When it is none.
        """
        answer = self._answer = self._described(status, headers)
        if status not in _GOOD:
            raise self.refused(content)
        body = failures.parsed(content)
        if body is None:
            raise failures.nonsense(answer, "is no JSON")
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            raise self.refused(content)
        try:
            response = self._dialect.response(body)
        except _WRONG_SHAPE:
            raise failures.nonsense(answer, "has not the shape of one") from None
        limits = answer.limits()
        return response if limits is None else attrs.evolve(response, limits=limits)

    def opens_stream(self, status: int, headers: Mapping[str, str]) -> bool:
        """Take the head of an answer that should be a stream, and say whether it is one."""
        self._answer, self._chunks = self._described(status, headers), 0
        return status in _GOOD and self._answer.media_type not in {"application/json", "text/html"}

    def refused(self, content: bytes) -> ProviderError:
        """Return the error for an answer that is none, whose whole body is `content`."""
        answer, self._chunks = self._answer, None
        answer.body = failures.parsed(content)
        if answer.status_code in _GOOD and not (isinstance(answer.body, dict) and answer.body.get("error")):
            return failures.nonsense(answer, "is no stream of events")
        return failures.refusal(answer)

    @property
    def is_complete(self) -> bool:
        """Whether the stream has ended by its own account.

        Its end mark is read on from, as a connection whose body was read to the end can be used again; but who goes on
        to send would keep his reader for ever.
        """
        return self._reader.done

    def feed(self, data: bytes) -> Iterator[Chunk]:
        """Yield the chunks that `data` completes.

        Raises:
            ProviderError: When the stream breaks off with an error, or makes no sense.
        """
        for event in self._decoder.feed(data):
            if self._reader.done:
                return
            try:
                chunks = list(self._reader.read(event))
            except ErrorEvent as error:
                self._answer.body = error.body
                raise failures.refusal(self._answer, self._chunks) from None
            except json.JSONDecodeError:
                raise failures.nonsense(self._answer, "has an event that is no JSON", self._chunks) from None
            except _WRONG_SHAPE:
                raise failures.nonsense(self._answer, "has an event of a wrong shape", self._chunks) from None
            for chunk in chunks:
                self._chunks = (self._chunks or 0) + 1
                yield chunk

    def finish(self) -> None:
        """Make sure that the stream was complete when it ended.

        Raises:
            ProviderError: When it was not.
        """
        if not self._reader.done:
            raise failures.nonsense(self._answer, "ended without saying that it was complete", self._chunks)

    @contextlib.contextmanager
    def transport_errors(self) -> Iterator[None]:
        """Turn what the HTTP client raises in the block into a `ProviderError`.

        A failure after the answer was complete is nobody's business.
        """
        try:
            yield
        except Exception as error:
            if not failures.is_transport_error(error):
                raise
            if not self._reader.done:
                raise failures.unreachable(self._dialect.provider, error, self._chunks) from error

    def _described(self, status: int, headers: Mapping[str, str]) -> failures.HTTPAnswer:
        return failures.HTTPAnswer(self._dialect.provider, status, headers, self._dialect.request_id)
