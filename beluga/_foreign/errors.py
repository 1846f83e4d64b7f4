"""What an exception shows of itself: its causes, class names, error words, status and headers.

Every SDK keeps these in other places. This is the one place that knows where; it gives no opinion on what
they mean, never raises, and imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

__all__ = ["chain", "class_names", "first_header", "get", "header", "status", "words"]

# httpx2 is httpx under a new name, and httpcore's classes carry the names of httpx's.
_SAME_PACKAGE: Final = {"httpx2": "httpx", "httpcore": "httpx", "httpcore2": "httpx"}

_HTTP_STATUSES: Final = range(100, 600)


def chain(exc: BaseException) -> Iterator[BaseException]:
    """Yield `exc` and its explicit causes, each once, as causes can form a circle."""
    seen: set[int] = set()
    link: BaseException | None = exc
    while link is not None and id(link) not in seen:
        yield link
        seen.add(id(link))
        link = link.__cause__


def class_names(exc: BaseException) -> Iterator[str]:
    """Yield the classes of `exc` as ``root_package.Name``, its own first."""
    for kind in type(exc).__mro__:
        root = kind.__module__.partition(".")[0]
        yield f"{_SAME_PACKAGE.get(root, root)}.{kind.__name__}"


def words(exc: BaseException) -> Iterator[str]:
    """Yield the provider's own error words, the precise ones first.

    Anthropic's SDK keeps the whole body, OpenAI's only the ``error`` inside it.
    """
    body = get(exc, "body")
    inner = get(body, "error")
    for source in (exc, inner if isinstance(inner, Mapping) else body):
        details = get(source, "details")
        for value in (
            get(details, "error_code"),
            get(source, "error_code"),
            get(source, "code"),
            get(source, "type"),
        ):
            if isinstance(value, str):
                yield value


def status(exc: BaseException) -> int | None:
    """Return the HTTP status; aiohttp calls it ``status``, google and urllib ``code``."""
    response = get(exc, "response")
    for value in (
        get(exc, "status_code"),
        get(exc, "status"),
        get(exc, "code"),
        get(response, "status_code"),
        get(response, "status"),
        get(get(response, "ResponseMetadata"), "HTTPStatusCode"),  # botocore
    ):
        if isinstance(value, int) and value in _HTTP_STATUSES:
            return int(value)
    return None


def first_header(exc: BaseException, name: str) -> str | None:
    """Return the header `name` of `exc` or of the first cause that has it."""
    return next((value for link in chain(exc) if (value := header(link, name)) is not None), None)


def header(exc: BaseException, name: str) -> str | None:
    """Return the header `name`, given in lower case, of `exc` or of its response."""
    response = get(exc, "response")
    for headers in (
        get(exc, "headers"),
        get(response, "headers"),
        get(exc, "litellm_response_headers"),  # its own response is a stand-in without any
        get(get(response, "ResponseMetadata"), "HTTPHeaders"),  # botocore
    ):
        for key, value in _pairs(headers):
            if _as_text(key).lower() == name:
                return _as_text(value).strip()
    return None


def get(source: Any, name: str) -> Any:
    """Return the item or attribute `name` of a stranger's object, or None."""
    if isinstance(source, Mapping):
        return source.get(name)
    try:
        return getattr(source, name, None)
    except Exception:
        return None


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
