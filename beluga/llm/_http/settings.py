"""The settings of a model over HTTP, checked when it is made; no message quotes what may be a secret."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from beluga.errors import ConfigError

if TYPE_CHECKING:
    from beluga.llm._http.dialect import Profile

__all__ = ["checked_headers", "checked_key", "checked_options", "checked_timeout", "checked_url"]

_KEY: Final = re.compile(r"[\x21-\x7e]*")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # Source: RFC 9110, section 5.6.2, "Tokens"
_HEADER_VALUE: Final = re.compile(r"(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?")
_BASE_URL: Final = re.compile(r"https?://[^/?#\s\x00-\x20\x7f]+(?:/[^?#\s\x00-\x20\x7f]*)?(?:\?[^#\s\x00-\x20\x7f]*)?")

_TAKEN: Final = {
    "messages": "they are the first argument",
    "stream": "call stream() or astream() for an answer in pieces, and generate() or agenerate() for a whole one",
}


def checked_key(api_key: str | None, profile: Profile) -> str:
    """Return the key, or say where it was looked for; it is never quoted."""
    source = "api_key="
    if api_key is None:
        source = profile.key_variable
        api_key = os.environ.get(source, "") if source else ""
        if source and not api_key:
            message = f"{profile.provider} needs an API key: pass api_key=, or set {source}, which is empty or not set"
            raise ConfigError(message)
    if not isinstance(api_key, str) or not _KEY.fullmatch(api_key):
        message = (
            f"the API key from {source} cannot be sent as a header: it is a text of ASCII characters without spaces "
            "or line breaks; call .strip() on what you read from a file"
        )
        raise ConfigError(message)
    return api_key


def checked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers with their names in lower case, so that one written otherwise goes before beluga's own."""
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        message = f"headers= is a mapping of names to values, not {type(headers).__name__}"
        raise TypeError(message)
    for name, value in headers.items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            message = "a name in headers= is a text of ASCII letters, digits and '-', without spaces"
            raise ValueError(message)
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            message = f"the value of {name!r} in headers= is an ASCII text without line breaks and outer spaces"
            raise ValueError(message)
    return {name.lower(): value for name, value in headers.items()}


def checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of a call; those that would take the place of what beluga writes itself are refused."""
    for name, instead in _TAKEN.items():
        if name in options:
            message = f"{name}= is no option of a call: {instead}"
            raise TypeError(message)
    return options


def checked_body(body: Any) -> Mapping[str, Any]:
    """Return the fields that go over those of the request."""
    if body is None:
        return {}
    if not isinstance(body, Mapping):
        message = f"extra_body= is a mapping of fields to JSON values, not {type(body).__name__}"
        raise TypeError(message)
    return checked_options(dict(body))


def checked_url(base_url: str | None, profile: Profile) -> str:
    """Return the URL to which a path can be added."""
    base_url = str(base_url or profile.base_url)
    if not base_url:
        message = f"each user of {profile.provider} has a place of his own there: pass base_url="
        raise ConfigError(message)
    if not _BASE_URL.fullmatch(base_url) or not _has_port(base_url):
        message = "base_url= begins with http:// or https:// and a host, such as http://127.0.0.1:8080/v1, without a #"
        raise ConfigError(message)
    return base_url


def url_of(base_url: str, path: str) -> str:
    """Return the URL of `path`, before the query of `base_url`; ``/v1`` at the end of one is not said twice.

    Example:
        >>> url_of("https://x.openai.azure.com/openai/deployments/d?api-version=1", "/chat/completions")
        'https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1'
    """
    base, mark, query = base_url.partition("?")
    base = base.rstrip("/")
    if path.startswith("/v1/"):
        base = base.removesuffix("/v1")
    return f"{base}{path}{mark}{query}"


def _has_port(url: str) -> bool:
    """Say whether the port, if there is one, is a port."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def checked_timeout(timeout: Any) -> float | None:
    """Return the seconds, or None for none given."""
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0.0 < timeout < math.inf:
        message = f"timeout= is a number of seconds above 0, not {timeout!r}"
        raise ValueError(message)
    return float(timeout)
