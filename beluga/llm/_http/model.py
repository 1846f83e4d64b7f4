"""A model that is reached over HTTP: the one place that sends and receives."""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from beluga._engine.timeouts import remaining
from beluga.errors import ConfigError
from beluga.llm._http.clients import Clients
from beluga.llm._http.exchange import Exchange
from beluga.llm._http.parts import asks_by_tool, cannot_say, encoded
from beluga.llm.base import as_messages

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from beluga.llm._http import Profile
    from beluga.schema import Chunk, Embeddings, Message, Response

__all__ = ["HttpModel"]

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
    return f"{base}{path}{'&' if mark and '?' in path else mark}{query}"


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


_CONNECT: Final = 5.0
_SILENCE: Final = 600.0
"""What the providers' own SDKs wait: a model that thinks may say nothing for minutes."""


class HttpModel:
    """A chat model of one provider.

    It makes one request for each call and retries nothing: put `beluga.retry` and its kin around what calls it.
    Under a `beluga.budget` no phase of a request waits longer than the time that is left.

    Args:
        profile: The kind of server.
        model: The model's name; the option ``model=`` of a call goes before it.
        api_key: The key; None takes it from the provider's environment variable, an empty text sends none.
        base_url: Where the API begins; None is the provider's own. A query, such as ``?api-version=``, is kept.
        timeout: Seconds to wait for the next byte, to connect for at most 5 of them; None is 600, and with a client of
            your own what that says.
        headers: More headers for each request; one of the same name, in any case, goes before beluga's own.
        client: An ``httpx.Client`` to send with; it stays yours to close.
        async_client: An ``httpx.AsyncClient`` for the async calls, likewise.
        transport: Instead of clients, the transport of those made here.
        options: Options for each call, before those of the call itself.

    Raises:
        ConfigError: There is no key, or one that cannot be sent; `base_url` is not a URL to add a path to.
        ValueError: The time-out is not above 0, or a header cannot be sent.
        TypeError: A setting is of the wrong kind, or an option would take the place of what beluga writes itself.
        ImportError: httpx is not installed.
    """

    def __init__(
        self,
        profile: Profile,
        *,
        model: str,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
        client: Any = None,
        async_client: Any = None,
        transport: Any = None,
        **options: Any,
    ) -> None:
        if not isinstance(model, str) or not model:
            message = f"{profile.provider}: model= is the name of a model, not {model!r}"
            raise TypeError(message)
        self.provider: str = profile.provider
        self.model: str = model
        self._profile = profile
        self._base_url = checked_url(base_url, profile)
        self._headers = {
            "content-type": "application/json",
            **profile.speech.fixed_headers,
            **profile.key_headers(checked_key(api_key, profile)),
            **checked_headers(headers),
        }
        self._timeout = checked_timeout(timeout)
        self._clients = Clients(client, async_client, transport)
        self._options = checked_options(options)

    def generate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Return the whole answer to `messages`.

        Args:
            messages: A text, a message, or a conversation.
            options: See the guide to models; what beluga does not know goes into the request as it is, and
                ``extra_body=`` is put over all of it.

        Raises:
            ProviderError: The provider refuses, cannot be reached, or answers with nonsense.
            DeadlineExceeded: Nothing is left of the time budget.
            ValueError: The provider has no form for what is in the messages.
        """
        client = self._clients.sync()
        exchange = self._exchange(messages, options, client)
        with exchange.transport_errors():
            response = client.send(client.build_request(**exchange.request))
        return exchange.answered(response.status_code, response.headers, response.content)

    async def agenerate(self, messages: str | Message | Iterable[Message], **options: Any) -> Response:
        """Do what `generate` does, without blocking the event loop."""
        client = self._clients.of_running_loop()
        exchange = self._exchange(messages, options, client)
        with exchange.transport_errors():
            response = await client.send(client.build_request(**exchange.request))
        return exchange.answered(response.status_code, response.headers, response.content)

    def stream(self, messages: str | Message | Iterable[Message], **options: Any) -> Iterator[Chunk]:
        """Yield the answer in pieces; the last has its usage and finish reason.

        The request is made with the first step of the iteration, and its connection is given back at the end, also
        where the iteration is left early.

        Raises:
            ProviderError: As for `generate`, and where the stream breaks off or ends without its end marker.
        """
        client = self._clients.sync()
        exchange = self._exchange(messages, options, client, streamed=True)
        with exchange.transport_errors():
            response = client.send(client.build_request(**exchange.request), stream=True)
            with contextlib.closing(response):
                if not exchange.opens_stream(response.status_code, response.headers):
                    raise exchange.refused(response.read())
                for data in response.iter_bytes():
                    if exchange.is_complete:
                        break
                    yield from exchange.feed(data)
        yield from exchange.finish()

    async def astream(self, messages: str | Message | Iterable[Message], **options: Any) -> AsyncIterator[Chunk]:
        """Do what `stream` does, without blocking the event loop."""
        client = self._clients.of_running_loop()
        exchange = self._exchange(messages, options, client, streamed=True)
        with exchange.transport_errors():
            response = await client.send(client.build_request(**exchange.request), stream=True)
            async with contextlib.aclosing(response):
                if not exchange.opens_stream(response.status_code, response.headers):
                    raise exchange.refused(await response.aread())
                async for data in response.aiter_bytes():
                    if exchange.is_complete:
                        break
                    for chunk in exchange.feed(data):
                        yield chunk
        for chunk in exchange.finish():
            yield chunk

    def embed(self, texts: str | Iterable[str], **options: Any) -> Embeddings:
        """Return a vector for each of `texts`; for servers that speak as OpenAI does.

        Args:
            texts: One or several.
            options: ``dimensions=``, ``model=`` for another model than that of the answers, and whatever else goes
                into the request as it is; of the model's own options only those about the connection count.

        Raises:
            ProviderError: As for `generate`.
            ValueError: The provider has no embeddings in its API, or there is no text.
        """
        client = self._clients.sync()
        exchange = self._embedding(texts, options, client)
        with exchange.transport_errors():
            response = client.send(client.build_request(**exchange.request))
        return exchange.embedded(response.status_code, response.headers, response.content)

    async def aembed(self, texts: str | Iterable[str], **options: Any) -> Embeddings:
        """Do what `embed` does, without blocking the event loop."""
        client = self._clients.of_running_loop()
        exchange = self._embedding(texts, options, client)
        with exchange.transport_errors():
            response = await client.send(client.build_request(**exchange.request))
        return exchange.embedded(response.status_code, response.headers, response.content)

    def close(self) -> None:
        """Close the connections of the sync calls; a client of your own stays open."""
        self._clients.close()

    async def aclose(self) -> None:
        """Close all connections; clients of your own stay open."""
        await self._clients.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        return f"<{self.provider} model {self.model!r}>"

    def _exchange(
        self,
        messages: str | Message | Iterable[Message],
        options: dict[str, Any],
        client: Any,
        *,
        streamed: bool = False,
    ) -> Exchange:
        options = {**self._options, **checked_options(options)}
        timeout = checked_timeout(options.pop("timeout", None)) or self._timeout
        headers = checked_headers(options.pop("headers", None))
        more = checked_body(options.pop("extra_body", None))
        model = options.pop("model", None) or self.model
        speech = self._profile.speech
        body = speech.request(self._profile, model, as_messages(messages), options)
        if streamed:
            body = speech.streamed(self._profile, body)
            if "stream_options" in options and options["stream_options"] is None:
                body.pop("stream_options", None)
        by_tool = asks_by_tool(self._profile, options)
        return self._sending({**body, **more}, speech.path(model, streamed), timeout, headers, client, by_tool=by_tool)

    def _embedding(self, texts: str | Iterable[str], options: dict[str, Any], client: Any) -> Exchange:
        if self._profile.dialect not in {"openai", "responses"}:
            cannot_say(self.provider, "texts to embed", "take a model of a server that speaks as OpenAI does")
        given = [texts] if isinstance(texts, str) else list(texts)
        if not given or not all(isinstance(text, str) and text for text in given):
            message = "embed() takes a text or several, none of them empty"
            raise ValueError(message)
        options = dict(options)
        timeout = checked_timeout(options.pop("timeout", None)) or self._timeout
        headers = checked_headers(options.pop("headers", None))
        more = checked_body(options.pop("extra_body", None))
        model = options.pop("model", None) or self.model
        wanted = {name: value for name, value in options.items() if value is not None}
        body = {"model": model, "input": given, "encoding_format": "float", **wanted, **more}
        return self._sending(body, "/embeddings", timeout, headers, client)

    def _sending(
        self,
        body: dict[str, Any],
        path: str,
        timeout: float | None,
        headers: dict[str, str],
        client: Any,
        *,
        by_tool: bool = False,
    ) -> Exchange:
        return Exchange(
            self._profile,
            {
                "method": "POST",
                "url": url_of(self._base_url, path),
                "content": encoded(body, self.provider),
                "timeout": self._phases(timeout, client),
                # In no variable: reports of errors show those of every frame, and with them the key.
                "headers": {**self._headers, **headers},
            },
            by_tool=by_tool,
        )

    def _phases(self, timeout: float | None, client: Any) -> tuple[float | None, ...]:
        """Return the seconds to connect, to read, to write and to wait for a connection of the pool."""
        if timeout is not None:
            phases: tuple[float | None, ...] = (min(_CONNECT, timeout), timeout, timeout, timeout)
        elif self._clients.is_given(client):
            theirs = client.timeout
            phases = (theirs.connect, theirs.read, theirs.write, theirs.pool)
        else:
            phases = (_CONNECT, _SILENCE, _SILENCE, _SILENCE)
        left = remaining()
        if left is None:
            return phases
        return tuple(left if phase is None else min(phase, left) for phase in phases)
