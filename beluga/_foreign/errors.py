"""What a failure shows of itself: its causes, class names, error words, status and headers.

A failure is an exception, or what a provider answered in place of an answer. Every SDK keeps these in other places.
This is the one place that knows where; it gives no opinion on what they mean, never raises, and imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from beluga._foreign import get, text

__all__ = [
    "chain",
    "class_names",
    "client_attempts",
    "first_header",
    "header",
    "headers",
    "leaves",
    "retry_delay",
    "status",
    "words",
]

# httpx2 is httpx under a new name, and httpcore's classes carry the names of httpx's.
_SAME_PACKAGE: Final = {"httpx2": "httpx", "httpcore": "httpx", "httpcore2": "httpx"}

FailureT = TypeVar("FailureT")

_HTTP_STATUSES: Final = range(100, 600)

_WORDS: Final = (
    ("details", "error_code"),
    ("error_code",),
    ("response", "Error", "Code"),  # botocore
    ("code",),
    ("type",),
)

_DETAILS: Final = (
    ("body", "details"),  # openai keeps what stands under "error"
    ("body", "error", "details"),
    ("details", "error", "details"),  # google.genai
    ("details",),  # google.api_core
)

_STATUSES: Final = (
    ("status_code",),
    ("status",),  # aiohttp
    ("code",),  # google, urllib
    ("response", "status_code"),
    ("response", "status"),
    ("response", "ResponseMetadata", "HTTPStatusCode"),  # botocore
)

_REQUEST_HEADERS: Final = (("request", "headers"), ("response", "request", "headers"))

_HEADERS: Final = (
    ("headers",),
    ("response", "headers"),
    ("litellm_response_headers",),  # its own response is a stand-in without any
    ("response", "ResponseMetadata", "HTTPHeaders"),  # botocore
)


def chain(failure: FailureT) -> Iterator[FailureT]:
    """Yield `failure` and its explicit causes, each once, as causes can form a circle."""
    seen: set[int] = set()
    link: FailureT | None = failure
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        link = getattr(link, "__cause__", None)


def leaves(failure: object) -> list[BaseException]:
    """Return the exceptions of a group that are not groups themselves; none of what is not a group."""
    if not isinstance(failure, BaseExceptionGroup):
        return []
    inner = [(each, leaves(each)) for each in failure.exceptions]
    return [leaf for each, found in inner for leaf in found or ([] if isinstance(each, BaseExceptionGroup) else [each])]


def retry_delay(failure: object) -> str | None:
    """Return the ``retryDelay`` of a ``google.rpc.RetryInfo`` in the body, such as ``"13.5s"``."""
    for path in _DETAILS:
        details = get(failure, *path)
        for detail in details if isinstance(details, (list, tuple)) else ():
            delay = get(detail, "retryDelay")
            if isinstance(delay, str):
                return delay
    return None


def class_names(failure: object) -> Iterator[str]:
    """Yield the classes of `failure` as ``root_package.Name``, its own first."""
    for kind in type(failure).__mro__:
        root = kind.__module__.partition(".")[0]
        yield f"{_SAME_PACKAGE.get(root, root)}.{kind.__name__}"


def words(failure: object) -> Iterator[str]:
    """Yield the provider's own error words, the precise ones first.

    Anthropic's SDK keeps the whole body, OpenAI's only the ``error`` inside it.
    """
    body = get(failure, "body")
    inner = get(body, "error")
    for source in (failure, inner if isinstance(inner, Mapping) else body):
        yield from filter(None, (text(source, *path) for path in _WORDS))


def status(failure: object) -> int | None:
    """Return the HTTP status."""
    for path in _STATUSES:
        value = get(failure, *path)
        if isinstance(value, int) and value in _HTTP_STATUSES:
            return int(value)
    return None


def first_header(failure: object, name: str) -> str | None:
    """Return the header `name` of `failure` or of the first cause that has it."""
    return next((value for link in chain(failure) if (value := header(link, name)) is not None), None)


def header(failure: object, name: str) -> str | None:
    """Return the header `name`, given in lower case, of `failure` or of its response."""
    return next((value for key, value in headers(failure) if key == name), None)


def headers(failure: object) -> Iterator[tuple[str, str]]:
    """Yield the headers of `failure` and of its response, the names in lower case."""
    for path in _HEADERS:
        for key, value in _pairs(get(failure, *path)):
            yield _as_text(key).lower(), _as_text(value).strip()


def client_attempts(failure: object) -> int:
    """Return how often a client that retries by itself had sent the request of `failure`; 1 where it does not say.

    OpenAI's and Anthropic's clients, which one generator makes, tell it to the server with each request.
    """
    for link in chain(failure):
        for path in _REQUEST_HEADERS:
            for key, value in _pairs(get(link, *path)):
                if _as_text(key).lower() == "x-stainless-retry-count" and _as_text(value).isdecimal():
                    return int(_as_text(value)) + 1
    return 1


def _pairs(headers: Any) -> list[tuple[Any, Any]]:
    """Return the pairs of a mapping or of a list of pairs; none of what is neither."""
    items = getattr(headers, "items", None)
    try:
        pairs: Any = items() if callable(items) else headers or ()
        return [(key, value) for key, value in pairs]
    except (TypeError, ValueError):
        return []


def _as_text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
