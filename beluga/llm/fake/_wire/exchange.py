"""One exchange: a request is read in the dialect of its path, put to the script, and played or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga.llm.fake._wire.anthropic.dialect import Anthropic
from beluga.llm.fake._wire.encoding import encode
from beluga.llm.fake._wire.openai.dialect import OpenAI
from beluga.llm.fake._wire.parsing import Invalid, read_object
from beluga.llm.fake._wire.playback import played, sent
from beluga.llm.fake.script import ScriptExhausted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Protocol

    from beluga.llm.fake._wire.dialect import Dialect
    from beluga.llm.fake._wire.events import HTTPRequest, WireEvent
    from beluga.llm.fake.replies import Turn
    from beluga.schema import Message

    class Play(Protocol):
        """Takes what is asked from the script, and logs it."""

        def __call__(
            self, messages: tuple[Message, ...], options: dict[str, Any], dialect: str, headers: Mapping[str, str]
        ) -> Turn:
            """Return the answer.

            Raises:
                ScriptExhausted: There is none.
            """
            ...


__all__ = ["Exchange", "refused"]

_OPENAI, _ANTHROPIC = OpenAI(), Anthropic()
_ENDPOINTS: dict[str, Dialect] = {
    "/v1/chat/completions": _OPENAI,
    "/v1/messages": _ANTHROPIC,
    "/chat/completions": _OPENAI,
    "/messages": _ANTHROPIC,
}
_MODELS = ("fake",)

_FINAL = ("x-should-retry", "false")
"""Tells the providers' SDKs that another attempt is no use, whatever the status."""

_BAD_REQUEST, _NOT_FOUND, _WRONG_METHOD, _FAILED = 400, 404, 405, 500


@attrs.frozen
class Exchange:
    """Answers HTTP requests from a script.

    Args:
        play: Takes a turn from the script.
    """

    play: Play

    def __call__(self, request: HTTPRequest) -> Iterator[WireEvent]:
        """Take the answer to `request` from the script, and return what happens then."""
        dialect = _asked(request)
        if dialect is None or request.method != "POST":
            return _elsewhere(request, dialect)
        try:
            question = dialect.question(read_object(request.body))
            turn = self.play(question.messages, question.options, dialect.name, request.headers)
        except Invalid as problem:
            return _refused(dialect, _BAD_REQUEST, "", problem)
        except ScriptExhausted as error:
            return _refused(dialect, _BAD_REQUEST, str(error))
        except Exception as error:
            # A callable or a predicate of the test failed, far from whoever would see it raised.
            return _refused(dialect, _FAILED, f"the script itself failed: {type(error).__name__}: {error}")
        return played(dialect, turn, question)


def refused(request: HTTPRequest, message: str) -> Iterator[WireEvent]:
    """Return an error of status 400 that is not worth a retry, in the dialect that `request` is in."""
    return _refused(_asked(request) or _spoken(request), _BAD_REQUEST, message)


def _asked(request: HTTPRequest) -> Dialect | None:
    """Return the dialect whose place the path is, also below another root, or None."""
    known = _ENDPOINTS.get(request.path)
    if known is None:
        path = _path(request)
        known = next((dialect for place, dialect in _ENDPOINTS.items() if path.endswith(place)), None)
    return known


def _path(request: HTTPRequest) -> str:
    return request.path.partition("?")[0].rstrip("/")


def _elsewhere(request: HTTPRequest, dialect: Dialect | None) -> Iterator[WireEvent]:
    """Return the answer to what asks for no completion."""
    path = _path(request)
    if dialect is not None:
        return _refused(dialect, _WRONG_METHOD, f"{path} takes POST, not {request.method}")
    dialect = _spoken(request)
    if path.endswith("/models") and request.method == "GET":
        return iter(sent(encode(dialect.models(_MODELS)), 200, dialect.headers(0)))
    known = "/v1/chat/completions, /v1/messages and /v1/models"
    return _refused(dialect, _NOT_FOUND, f"the fake provider knows {known}, not {request.method} {path or '/'}")


def _spoken(request: HTTPRequest) -> Dialect:
    return _ANTHROPIC if "anthropic-version" in request.headers else _OPENAI


def _refused(dialect: Dialect, status: int, message: str, problem: Invalid | None = None) -> Iterator[WireEvent]:
    body = dialect.refusal(status, message, "fake-0", problem)
    return iter(sent(encode(body), status, (*dialect.headers(0), _FINAL)))
