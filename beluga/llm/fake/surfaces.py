"""The ways for real HTTP clients to reach something that answers: in the process, and over loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from beluga.llm.fake._wire.chunking import Chunking
    from beluga.llm.fake._wire.events import Responder
    from beluga.llm.fake.server import Server

__all__ = ["Surfaces"]


class Surfaces:
    """Base of what answers HTTP requests."""

    def transport(self, module: ModuleType, *, chunking: Chunking = None, crlf: bool = False) -> Any:
        """Return a transport for the clients of `module`, sync and async ones, that opens no socket.

        The errors are the module's own, and the client's time-outs are kept on the environment's clock: a
        stall of 90 s against a read time-out of 60 s raises ``ReadTimeout`` after 60 s of that clock.

        Args:
            module: ``httpx`` or ``httpx2``, whichever the client is built on; openai 2 is built on httpx,
                openai 3 and anthropic 2 on httpx2.
            chunking: Into how many bytes the bodies are cut: a number, a list that comes again and again, or
                ``"random"``; None leaves every event whole.
            crlf: Whether the lines of a stream end with CR LF.

        Raises:
            TypeError: `module` has no transports, or the chunking is none.
            ValueError: A size of the chunking is below 1.

        Example:
            >>> import httpx
            >>> from beluga.llm import FakeProvider
            >>> client = httpx.Client(transport=FakeProvider("It is sunny.").transport(httpx))
            >>> body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How is the weather?"}]}
            >>> answer = client.post("https://api.openai.com/v1/chat/completions", json=body).json()
            >>> answer["choices"][0]["message"]["content"]
            'It is sunny.'
        """
        from beluga.llm.fake._wire.chunking import Cut
        from beluga.llm.fake.transport import transport

        return transport(module, self._responder(), Cut(chunking, crlf))

    def serve(self, *, host: str = "127.0.0.1", port: int = 0, chunking: Chunking = None, crlf: bool = False) -> Server:
        """Return a context manager that serves HTTP to any client while the block runs, and gives the root URL.

        Clients of OpenAI add ``/v1`` to it, those of Anthropic do not. Their time-outs are real here.

        Args:
            host: The address to listen on.
            port: None is taken from others: 0 finds a free one.
            chunking: As of `transport`.
            crlf: As of `transport`.

        Raises:
            OSError: On entry, when the port is taken.
            ImportError: h11 is not installed.

        Example:
            >>> from urllib.request import urlopen
            >>> from beluga.llm import FakeProvider
            >>> with FakeProvider().serve() as url:
            ...     urlopen(f"{url}/v1/models").status
            200
        """
        from beluga.llm.fake._wire.chunking import Cut

        try:
            from beluga.llm.fake.server import Server
        except ModuleNotFoundError as error:
            message = f'to serve HTTP takes {error.name}: pip install "beluga-ai[llm]"'
            raise ImportError(message) from None
        return Server(self._responder(), host, port, Cut(chunking, crlf))

    def _responder(self) -> Responder:
        """Return what answers requests."""
        raise NotImplementedError
