"""Recorded exchanges as plain JSON: what is kept of them, what is never kept, and which request is which.

Headers are kept by an allow-list, so a credential is left out without being recognised. What is left is
masked as a log line would be, and the credentials of the request itself are looked for everywhere else.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any, Self

import attrs

from beluga.llm.fake._wire.encoding import encode
from beluga.masking import MASK, is_secret_key, mask_secrets, mask_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beluga.llm.fake._wire.events import HTTPRequest

__all__ = ["Recorded", "kept_request", "pieces"]

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
            msg = f"an exchange has the fields {', '.join(kinds)}"
            raise ValueError(msg)
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
            msg = "a body has one of the fields json, events, text and base64"
            raise ValueError(msg)


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
