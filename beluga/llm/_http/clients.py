"""The HTTP clients of one model: the caller's own, or some made when they are first needed."""

from __future__ import annotations

import functools
import threading
import weakref
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    import ssl

    import httpx

__all__ = ["Clients"]

_NO_HTTPX: Final = 'models that are reached over HTTP need httpx: pip install "beluga-ai[llm]"'


class Clients:
    """The sync client and one async client for each event loop, whose connections cannot serve another.

    Args:
        client: A client to use instead; it stays the caller's to close.
        async_client: The same for async calls.
        transport: What the clients made here send with; None is the network.

    Raises:
        ImportError: When a client has to be made, and httpx is not installed.
    """

    def __init__(self, client: Any = None, async_client: Any = None, transport: Any = None) -> None:
        _check(client, async_client, transport)
        self._given, self._async_given = client, async_client
        self._transport = transport
        self._sync: httpx.Client | None = None
        self._of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = (
            weakref.WeakKeyDictionary()
        )
        self._closed = False
        self._lock = threading.Lock()

    def sync(self) -> Any:
        """Return the client for this call."""
        with self._lock:
            self._refuse_when_closed()
            if self._given is not None:
                return self._given
            if self._sync is None:
                self._sync = _httpx().Client(transport=self._transport, verify=_tls())
            return self._sync

    def of_running_loop(self) -> Any:
        """Return the client for this call of an async function."""
        if self._async_given is not None:
            self._refuse_when_closed()
            return self._async_given  # whose loop may be another library's than asyncio's
        import asyncio

        loop = asyncio.get_running_loop()
        with self._lock:
            self._refuse_when_closed()
            client = self._of_loops.get(loop)
            if client is None:
                self._forget_closed_loops()
                client = self._of_loops[loop] = _httpx().AsyncClient(transport=self._transport, verify=_tls())
            return client

    def is_given(self, client: Any) -> bool:
        """Say whether `client` is the caller's own."""
        return client is self._given or client is self._async_given

    def close(self) -> None:
        """Close the sync client made here; the async ones wait for `aclose`, or end with their loops."""
        with self._lock:
            self._closed = True
            client, self._sync = self._sync, None
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Close all clients made here that this event loop can close."""
        self.close()
        if not self._of_loops:
            return
        import asyncio

        client = self._of_loops.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _forget_closed_loops(self) -> None:
        """Let go of clients that nobody can use or close any more.

        Their open connections know their loop, so it would never be collected, and its sockets stay open: one for
        each ``asyncio.run``.
        """
        for loop in [loop for loop in self._of_loops if loop.is_closed()]:
            del self._of_loops[loop]

    def _refuse_when_closed(self) -> None:
        if self._closed:
            message = "this model is closed; make a new one"
            raise RuntimeError(message)


def _check(client: Any, async_client: Any, transport: Any) -> None:
    for name, given, method in (("client", client, "send"), ("async_client", async_client, "aclose")):
        if given is not None and not callable(getattr(given, method, None)):
            message = f"{name}= is an HTTP client as httpx has them, not {type(given).__name__}"
            raise TypeError(message)
    if hasattr(client, "aclose"):
        message = "client= is for sync calls; an AsyncClient goes into async_client="
        raise TypeError(message)
    if transport is not None and (client is not None or async_client is not None):
        message = "transport= is for the clients made here; give your own client its transport itself"
        raise TypeError(message)
    methods = ("handle_request", "handle_async_request")
    if transport is not None and not any(hasattr(transport, method) for method in methods):
        message = f"transport= is a transport as httpx has them, not {type(transport).__name__}"
        raise TypeError(message)
    if client is None and async_client is None:
        _httpx()


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return what is needed to check certificates; reading them all takes 30 ms, so every client shares it."""
    context: ssl.SSLContext = _httpx().create_ssl_context()
    return context


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise ImportError(_NO_HTTPX) from None
    return httpx
