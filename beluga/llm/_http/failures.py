"""Every way in which an exchange over HTTP fails, as the one error that says so.

A message is put together from what is known to be harmless: statuses, class names, and of the provider's own words
only those that are plain identifiers. So neither a key, nor the prompt, nor the answer can get into a log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga._foreign import get, items, text
from beluga._foreign.errors import class_names, words
from beluga.classification import ErrorCode, classify, is_transient, retry_after
from beluga.clock import environment
from beluga.errors import ProviderError
from beluga.schema import RateLimitInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HTTPAnswer", "inner_status", "is_transport_error", "nonsense", "refusal", "unreachable"]

_PLAIN_WORD: Final = re.compile(r"[a-z][a-z_]{0,63}")  # a key has digits or capitals
_PARAMETER: Final = re.compile(r"[a-z][a-z_]{0,31}(?:[.\[][a-z0-9_\]]{1,32}){0,6}")
_REQUEST_ID: Final = re.compile(r"[\w-]{1,80}")
_MEDIA_TYPE: Final = re.compile(r"[a-z]{1,20}/[a-z.+-]{1,40}")
_GOOD: Final = range(200, 300)
_SECONDS: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s")
_ERROR_STATUSES: Final = range(400, 600)

_HINTS: Final = {
    ErrorCode.AUTH_ERROR: "check the API key and what it may do",
    ErrorCode.QUOTA_EXHAUSTED: "the account is out of credit, another attempt will not help",
    ErrorCode.CONTEXT_LENGTH: "shorten the conversation",
    ErrorCode.NOT_FOUND: "check the name of the model and base_url",
}


@attrs.define
class HTTPAnswer:
    """What a provider answered over HTTP, with the names under which `classify` and its kin look for such things.

    Args:
        provider: Who.
        status_code: The HTTP status.
        headers: The headers.
        id_header: The header that holds the id of the request.
        body: The body, parsed, or None.
    """

    provider: str
    status_code: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    id_header: str
    body: Any = attrs.field(default=None, repr=False)

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, where it looks like one."""
        found = self.headers.get(self.id_header) or ""
        return found if _REQUEST_ID.fullmatch(found) else None

    @property
    def media_type(self) -> str:
        """The type of the body, without parameters; empty where none is given."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()

    def limits(self) -> RateLimitInfo | None:
        """Read what the headers say about rate limits."""
        return RateLimitInfo.parse(self.headers, environment().clock.time())


def refusal(answer: HTTPAnswer, chunks: int | None = None) -> ProviderError:
    """Return the error for an error status, or for an error inside a good one.

    Args:
        answer: What came.
        chunks: How many chunks of a stream came before it; None where it was not a stream.
    """
    status = answer.status_code
    if status not in _ERROR_STATUSES:
        answer.status_code = inner_status(answer.body) or status  # gateways put that of whom they asked into a 200
    known = classify(answer)
    # A failure in place of an answer, of which nothing speaks against another attempt; a redirection is not one.
    failed = chunks is not None or status in _GOOD
    code = known or (ErrorCode.PROVIDER_UNAVAILABLE if failed else ErrorCode.INVALID_RESPONSE)
    limits = answer.limits()
    wait = retry_after(answer, environment().clock.time())
    wait = _retry_delay(answer.body) if wait is None else wait
    if wait is None and limits is not None and code is ErrorCode.RATE_LIMIT:
        wait = limits.wait
    where = f"answered {status}" if chunks is None else f"broke off its stream after {_counted(chunks)}"
    message = "; ".join(
        [
            f"{answer.provider} {where}{_spoken(answer)}",
            *([f"it asks to wait {wait:.3g} s"] if wait is not None else ()),
            *([_HINTS[code]] if code in _HINTS else ()),
            *_identified(answer),
        ]
    )
    return ProviderError(
        message,
        code=code,
        status=status,
        request_id=answer.request_id,
        retryable=None if known is None else is_transient(answer),
        retry_after=wait,
        partial=bool(chunks),
        limits=limits,
        body=answer.body,
    )


def _retry_delay(body: Any) -> float | None:
    """Return the seconds that Google asks to wait, a ``RetryInfo`` among the details of its error."""
    for detail in items(body, "error", "details") or ():
        told = _SECONDS.fullmatch(text(detail, "retryDelay") or "")
        if told is not None:
            return float(told[1])
    return None


def inner_status(body: Any) -> int | None:
    """Return the error status that stands inside of an error, as a number or as a text."""
    for name in ("code", "status", "status_code", "http_status"):
        value = get(body, "error", name)
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value[:4])
        if isinstance(value, int) and value in _ERROR_STATUSES:
            return value
    return None


def nonsense(answer: HTTPAnswer, what: str, chunks: int | None = None) -> ProviderError:
    """Return the error for a good status with something else than an answer in it.

    Args:
        answer: What came.
        what: What is wrong, such as "is not JSON".
        chunks: How many chunks of a stream came before it; None where it was not a stream.
    """
    kind = f" of type {answer.media_type}" if _MEDIA_TYPE.fullmatch(answer.media_type) else ""
    subject = f"answer{kind}" if chunks is None else f"stream{kind}"
    after = "" if not chunks else f", after {_counted(chunks)}"
    return ProviderError(
        "; ".join([f"the {subject} of {answer.provider} {what}{after}", *_identified(answer)]),
        code=ErrorCode.INVALID_RESPONSE,
        status=answer.status_code,
        request_id=answer.request_id,
        partial=bool(chunks),
    )


def is_transport_error(error: BaseException) -> bool:
    """Say whether `error` is one of httpx, of either name, about the way there and back."""
    return not _TRANSPORT_ERRORS.isdisjoint(class_names(error))


_TRANSPORT_ERRORS: Final = frozenset({"httpx.TransportError", "httpx.DecodingError", "httpx.TooManyRedirects"})


def unreachable(provider: str, error: Exception, chunks: int | None = None) -> ProviderError:
    """Return the error for an exchange that the network, or a time-out, put an end to.

    Args:
        provider: Who should have answered.
        error: What httpx raised; the caller makes it the cause.
        chunks: How many chunks of a stream had come; None before its headers, and where it was not a stream.
    """
    what = "did not answer" if chunks is None else f"stopped after {_counted(chunks)}"
    subject = provider if chunks is None else f"the stream of {provider}"
    return ProviderError(
        f"{subject} {what}: {type(error).__name__}",
        code=classify(error),
        retryable=is_transient(error),
        partial=bool(chunks),
    )


def _spoken(answer: HTTPAnswer) -> str:
    """Return the provider's own words for it, the harmless ones."""
    said = [word for word in words(answer) if _PLAIN_WORD.fullmatch(word) and word != "error"]
    parameter = text(answer.body, "error", "param")
    about = f", about {parameter}" if parameter and _PARAMETER.fullmatch(parameter) else ""
    return f" ({said[0]}{about})" if said else ""


def _identified(answer: HTTPAnswer) -> list[str]:
    return [] if answer.request_id is None else [f"request {answer.request_id}"]


def _counted(chunks: int) -> str:
    return "1 chunk" if chunks == 1 else f"{chunks} chunks"
