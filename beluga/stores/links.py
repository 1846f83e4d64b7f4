"""Connections to a server: redis-py makes them (addresses, TLS, passwords, databases), and the talk over them is ours.

A thread has a connection of its own. An event loop has one that all its tasks share:

    task A  ask ---.                                    .---> A        what is asked within one turn of the loop goes
    task B  ask ---+--> one write --> server --> [A B C] +--> (B)      out in one write, and answers come in the order
    task C  ask ---'                                    '---> C        of the questions; B was cancelled meanwhile

So nobody takes the answer of somebody else, however calls end: an answer that nobody waits for is read in its turn and
goes to `Question.undo`, which gives back what it stands for. redis-py would drop the connection, and every cancelled
call cost a new one.
"""

from __future__ import annotations

import asyncio
import collections
from typing import TYPE_CHECKING, Any

from beluga.clock import SYSTEM

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Callable

    from beluga.stores.scripts import Script

__all__ = ["LoopLink", "Question", "ServerError", "ThreadLink"]


class ServerError(Exception):
    """An answer that says why there is none."""


class Question:
    """One command on its way.

    Args:
        script: What is asked.
        key: The key.
        given: Its arguments.
        undo: Takes the answer if nobody waits for it any more.
    """

    __slots__ = ("command", "future", "script", "sent", "undo")

    def __init__(self, script: Script, key: str, given: tuple[float, ...], undo: Callable[[Any], None] | None) -> None:
        figures = [b"%d" % value if value == int(value) else b"%.17g" % value for value in given]
        self.command: bytes = packed(b"EVALSHA", script.sha, b"1", key.encode(), *figures)
        self.script: Script | None = script
        self.undo = undo
        self.sent: float = 0.0
        self.future: asyncio.Future[Any] | None = None

    @classmethod
    def loading(cls, script: Script) -> Question:
        """Return what makes the script known to the server, so that what is told at first keeps its place."""
        question = cls(script, "", (), None)
        question.command, question.script = packed(b"SCRIPT", b"LOAD", script.lua), None
        return question

    def again(self, answer: Any) -> bytes | None:
        """Return what to send instead if the server does not know the script; a second time it is an answer."""
        script = self.script
        if script is None or not isinstance(answer, ServerError) or not str(answer).startswith("NOSCRIPT"):
            return None
        self.script = None
        return packed(b"EVAL", script.lua, *_rest(self.command))

    def pass_over(self, answer: Any) -> None:
        """Take note of an answer that nobody waits for."""
        if self.undo is not None and not isinstance(answer, ServerError):
            self.undo(answer)


def packed(*parts: bytes) -> bytes:
    """Return a command as it is sent."""
    return b"*%d\r\n" % len(parts) + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


def _rest(command: bytes) -> list[bytes]:
    """Return the parts of an EVALSHA from the third on."""
    return command.split(b"\r\n")[6:-1:2]


class _IncompleteError(Exception):
    """The rest of an answer has yet to come."""


class _Answers:
    """Cuts what comes in into answers. Source: the protocol of Redis, version 2."""

    def __init__(self) -> None:
        self._data = b""

    def feed(self, data: bytes) -> None:
        self._data = self._data + data if self._data else data

    def take(self) -> Any:
        """Return the next answer, or None while it is not there."""
        if not self._data:
            return None
        try:
            answer, end = _parsed(self._data, 0)
        except _IncompleteError:
            return None
        self._data = self._data[end:]
        return answer


def _parsed(data: bytes, at: int) -> tuple[Any, int]:
    end = data.find(b"\r\n", at)
    if end < 0:
        raise _IncompleteError
    kind, line, end = data[at], data[at + 1 : end], end + 2
    if kind == ord(":"):
        return int(line), end
    if kind == ord("$"):
        size = int(line)
        if len(data) < end + size + 2:
            raise _IncompleteError
        return (b"", end) if size < 0 else (data[end : end + size], end + size + 2)
    if kind == ord("*"):
        items = []
        for _ in range(int(line)):
            item, end = _parsed(data, end)
            items.append(item)
        return items, end
    if kind == ord("+"):
        return line, end
    return ServerError(line.decode("utf-8", "replace")), end


class ThreadLink:
    """The connection of one thread, which blocks.

    Args:
        connection: One of redis-py's, connected.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection  # closes the socket when nobody holds it any more
        self._socket: socket.socket = connection._sock  # noqa: SLF001 - the name since redis-py 2
        self._answers = _Answers()
        self._owed: collections.deque[Question] = collections.deque()
        self.is_busy: bool = False
        """Whether a step of this very thread is in the middle of a question: only a finaliser or a handler sees it."""

    def ask(self, question: Question, seconds: float) -> Any:
        """Return the answer.

        Raises:
            TimeoutError: It did not come within `seconds`; it is still owed.
            OSError: The connection is broken.
        """
        self.is_busy = True
        try:
            self._send(question, question.command, seconds)
            until = question.sent + seconds
            while True:
                answered = self._owed[0]
                answer = self._answer(until)
                self._owed.popleft()
                repeated = answered.again(answer)
                if repeated is not None:
                    self._send(answered, repeated, seconds)
                elif answered is question:
                    return answer
                else:
                    answered.pass_over(answer)
        finally:
            self.is_busy = False

    def tell(self, question: Question, seconds: float) -> None:
        """Send without waiting."""
        self._send(question, question.command, seconds)

    def _send(self, question: Question, command: bytes, seconds: float) -> None:
        question.sent = SYSTEM.monotonic()
        self._owed.append(question)
        self._socket.settimeout(seconds)
        self._socket.sendall(command)

    def _answer(self, until: float) -> Any:
        first = True
        while (answer := self._answers.take()) is None:
            if not first:
                left = until - SYSTEM.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._socket.settimeout(left)
            first = False
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError
            self._answers.feed(data)
        return answer


class LoopLink(asyncio.Protocol):
    """The connection that all tasks of one event loop share.

    Args:
        seconds: How long an answer may take.
        lost: Called with the reason when the connection is of no use any more.
    """

    def __init__(self, seconds: float, lost: Callable[[LoopLink, str], Exception]) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._seconds = seconds
        self._lost = lost
        self._answers = _Answers()
        self._owed: collections.deque[Question] = collections.deque()
        self._gathered: list[bytes] | None = None
        self._watched = False
        self._writer: Any = None
        self._end: AsyncGenerator[None, None] | None = None

    async def open(self, connection: Any) -> None:
        """Take over a connection of redis-py's once it is made."""
        async with asyncio.timeout(self._seconds):
            await connection.connect()
        # The names since redis-py 4.2, when it took in aioredis.
        self._writer, connection._writer, connection._reader = connection._writer, None, None  # noqa: SLF001
        self._writer.transport.set_protocol(self)
        # A loop that shuts down closes its async generators, and so this connection.
        self._end = self._ended()
        await anext(self._end)

    async def _ended(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        """End it."""
        self._writer.transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._writer is not None and not self._writer.transport.is_closing()

    def ask(self, question: Question) -> asyncio.Future[Any]:
        """Return the answer as a future."""
        future = question.future = self.loop.create_future()
        self.tell(question)
        return future

    def tell(self, question: Question) -> None:
        """Send without waiting."""
        self._send(question, question.command)

    def _send(self, question: Question, command: bytes) -> None:
        question.sent = self.loop.time()
        self._owed.append(question)
        if not self._watched:
            self._watched = True
            self.loop.call_at(question.sent + self._seconds, self._watch)
        if self._gathered is None:  # the first one in this turn goes at once, those after it together
            self._gathered = []
            self.loop.call_soon(self._flush)
            self._writer.transport.write(command)
        else:
            self._gathered.append(command)

    def _flush(self) -> None:
        gathered, self._gathered = self._gathered, None
        if gathered and self.is_open:
            self._writer.transport.write(b"".join(gathered))

    def _watch(self) -> None:
        """See to it that no question waits for longer than it may; one timer serves all."""
        self._watched = False
        if not self._owed:
            return
        due = self._owed[0].sent + self._seconds
        if due > self.loop.time():
            self._watched = True
            self.loop.call_at(due, self._watch)
        else:
            self._fail(f"no answer within {self._seconds:g} s")

    def data_received(self, data: bytes) -> None:
        """Hand the answers to those who wait for them."""
        self._answers.feed(data)
        while (answer := self._answers.take()) is not None:
            question = self._owed.popleft()
            repeated = question.again(answer)
            if repeated is not None:
                self._send(question, repeated)
            elif question.future is None or question.future.done():
                question.pass_over(answer)
            else:
                question.future.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait that there will be no answer."""
        del exc  # its text may name anything
        self._fail("the connection was closed")

    def _fail(self, reason: str) -> None:
        owed = [each.future for each in self._owed]
        self._owed.clear()
        if self.is_open:
            self.close()
        if not owed:
            return  # it was idle
        error = self._lost(self, reason)
        for future in owed:
            if future is not None and not future.done():
                future.set_exception(error)
