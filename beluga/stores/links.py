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
import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from beluga.clock import SYSTEM
from beluga.stores.scripts import Question

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncGenerator, Callable

    from beluga.stores.scripts import Script

__all__ = ["WIDE", "Command", "LoopLink", "ServerError", "ThreadLink"]


WIDE = (
    "OOM",
    "READONLY",
    "LOADING",
    "MOVED",
    "MISCONF",
    "NOPERM",
    "MASTERDOWN",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "BUSY",
)


class ServerError(Exception):
    """An answer that says why there is none."""


class Command:
    """A question on its way."""

    __slots__ = ("_is_repeated", "future", "is_loading", "question", "sent", "text")

    def __init__(self, question: Question) -> None:
        head, tail = _framed(question.script, question.given, question.payload is not None)
        key, payload = question.key.encode(), question.payload
        self.text: bytes = b"%b$%d\r\n%b\r\n%b" % (head, len(key), key, tail)
        if payload is not None:
            self.text += _bulk(payload)
        self.question: Question = question
        self.is_loading: bool = False
        self._is_repeated = False
        self.sent: float = 0.0
        self.future: asyncio.Future[Any] | None = None

    @classmethod
    def loading(cls, script: Script) -> Command:
        """Return what makes the script known to the server, so that what is told at first keeps its place."""
        command = cls(Question(script, ""))
        command.text, command.is_loading = b"*3\r\n" + _bulk(b"SCRIPT", b"LOAD", script.lua), True
        return command

    def again(self, answer: Any) -> bytes | None:
        """Return what to send instead if the server does not know the script; a second time it is an answer."""
        if type(answer) is not ServerError or self._is_repeated or not str(answer).startswith("NOSCRIPT"):
            return None
        self._is_repeated = True
        script = self.question.script
        return self.text.replace(_bulk(b"EVALSHA", script.sha), _bulk(b"EVAL", script.lua), 1)

    def kept(self) -> bool:
        """Say whether it is to be told again, as its connection broke before the answer; then it is as new."""
        self._is_repeated = False
        return self.question.script.keeps and not self.is_loading

    def is_refused(self, answer: Any) -> bool:
        """Say whether it is to be told again, as the server is full, loading, or a replica now."""
        return isinstance(answer, ServerError) and any(word in str(answer) for word in WIDE) and self.kept()

    @property
    def is_told(self) -> bool:
        """Whether it gives something back, so that a loop that ends waits until the server has it."""
        return self.future is None and self.question.undo is None and not self.is_loading

    def pass_over(self, answer: Any) -> None:
        """Take note of an answer that nobody waits for."""
        if self.question.undo is not None and not isinstance(answer, ServerError):
            self.question.undo(answer)


def _bulk(*parts: bytes) -> bytes:
    """Return parts of a command as they are sent."""
    return b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])


@lru_cache(maxsize=1024)
def _framed(script: Script, given: tuple[float, ...], has_payload: bool) -> tuple[bytes, bytes]:
    """Return what stands before and after the key; most calls ask the same of different keys, and it takes 5 us."""
    figures = [b"%d" % value if value == int(value) else b"%.17g" % value for value in given]
    return b"*%d\r\n" % (4 + len(given) + has_payload) + _bulk(b"EVALSHA", script.sha, b"1"), _bulk(*figures)


class _Answers:
    """Cuts what comes in into answers. Source: the protocol of Redis, version 2."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Any]:
        """Return the answers that are complete now."""
        data, at, answers = self._rest + data, 0, []
        try:
            while at < len(data):
                answer, end = _parsed(data, at)
                answers.append(answer)
                at = end
        except _IncompleteError:
            pass
        self._rest = data[at:]
        return answers


class _IncompleteError(Exception):
    """The rest of an answer has yet to come."""


def _parsed(data: bytes, at: int) -> tuple[Any, int]:
    """Return the answer that begins at `at`, and where the next one does."""
    kind, line, at = _line(data, at)
    if kind == _LIST:
        items = []
        for _ in range(int(line)):
            kind = data[at] if at < len(data) else 0
            if kind == _NUMBER:  # most answers hold little else: a call less for each
                _, line, at = _line(data, at)
                items.append(int(line))
            else:
                item, at = _parsed(data, at)
                items.append(item)
        return items, at
    if kind == _NUMBER:
        return int(line), at
    if kind == _TEXT:
        size = max(0, int(line))
        end = at + size + 2 if line[:1] != b"-" else at
        if len(data) < end:
            raise _IncompleteError
        return data[at : at + size], end
    if kind == _STATUS:
        return line, at
    return ServerError(line.decode("utf-8", "replace")), at


_NUMBER, _TEXT, _LIST, _STATUS = b":$*+"


def _line(data: bytes, at: int) -> tuple[int, bytes, int]:
    end = data.find(b"\r\n", at)
    if end < 0:
        raise _IncompleteError
    return data[at], data[at + 1 : end], end + 2


class ThreadLink:
    """The connection of one thread, which blocks.

    Args:
        connection: One of redis-py's, connected.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection  # closes the socket when nobody holds it any more
        self._socket: socket.socket = connection._sock  # noqa: SLF001 - the name since redis-py 2
        self._answers = _Answers()
        self._ready: collections.deque[Any] = collections.deque()
        self._owed: collections.deque[Command] = collections.deque()
        self._refused: list[Command] = []
        self.is_busy: bool = False
        """Whether a step of this very thread is in the middle of a question: only a finaliser or a handler sees it."""

    def ask(self, command: Command, seconds: float) -> Any:
        """Return the answer.

        Raises:
            TimeoutError: It did not come within `seconds`; it is still owed.
            OSError: The connection is broken.
        """
        self.is_busy = True
        try:
            self._send(command, command.text, seconds)
            until, fresh = command.sent + seconds, True
            while True:
                answered = self._owed[0]
                answer, fresh = self._answer(until, fresh=fresh), False
                self._owed.popleft()
                repeated = answered.again(answer)
                if repeated is not None:
                    self._send(answered, repeated, seconds)
                elif answered is command:
                    return answer
                elif answered.is_refused(answer):
                    self._refused.append(answered)
                else:
                    answered.pass_over(answer)
        finally:
            self.is_busy = False

    def refused(self) -> list[Command]:
        """Return what the server would not take now, once."""
        refused, self._refused = self._refused, []
        return refused

    def lost(self) -> list[Command]:
        """Return what is to be told again, as this connection is given up."""
        return [command for command in self._owed if command.kept()]

    def tell(self, command: Command, seconds: float) -> None:
        """Send without waiting."""
        self.is_busy = True
        try:
            self._send(command, command.text, seconds)
        finally:
            self.is_busy = False

    def _send(self, command: Command, text: bytes, seconds: float) -> None:
        command.sent = SYSTEM.monotonic()
        self._owed.append(command)
        self._socket.settimeout(seconds)
        self._socket.sendall(text)

    def _answer(self, until: float, *, fresh: bool) -> Any:
        while not self._ready:
            if not fresh:
                left = until - SYSTEM.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._socket.settimeout(left)
            fresh = False
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError
            self._ready += self._answers.feed(data)
        return self._ready.popleft()


class LoopLink(asyncio.Protocol):
    """The connection that all tasks of one event loop share.

    Args:
        seconds: How long an answer may take.
        lost: Called with the reason when the connection is of no use any more.
        untold: What is to be told; anybody may append to it at any time, also a finaliser in the middle of a step here.
    """

    def __init__(
        self, seconds: float, lost: Callable[[LoopLink, str], Exception], untold: collections.deque[Command]
    ) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self._seconds = seconds
        self._lost = lost
        self._untold = untold
        self._answers = _Answers()
        self._owed: collections.deque[Command] = collections.deque()
        self._gathered: list[bytes] | None = None
        self.lost: list[Command] = []
        """What is to be told again, once this connection is given up."""
        self._watched = False
        self._writer: Any = None
        self._end: AsyncGenerator[None, None] | None = None
        self._drained: asyncio.Future[None] | None = None

    async def open(self, connection: Any) -> None:
        """Take over a connection of redis-py's once it is made."""
        async with asyncio.timeout(self._seconds):
            await connection.connect()
        # The names since redis-py 4.2, when it took in aioredis.
        self._writer, connection._writer, connection._reader = connection._writer, None, None  # noqa: SLF001 - the stream is ours now
        self._writer.transport.set_protocol(self)
        # A loop that shuts down closes its async generators, and so this connection.
        self._end = self._ended()
        await anext(self._end)

    async def _ended(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            if self.is_open:
                self.tell_rest()
            if self.is_open and any(command.is_told for command in self._owed):  # it still counts
                self._drained = self.loop.create_future()
                await asyncio.wait([self._drained], timeout=self._seconds)
            self._owed.clear()
            self._writer.transport.abort()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._writer is not None and not self._writer.transport.is_closing()

    def ask(self, command: Command) -> asyncio.Future[Any]:
        """Return the answer as a future."""
        future = command.future = self.loop.create_future()
        if self._untold:
            self.tell_rest()
        self._send(command, command.text)
        return future

    def tell_rest(self) -> None:
        """Send what is to be told, without waiting."""
        with contextlib.suppress(IndexError):  # a thread was quicker
            while self._untold and self.is_open:
                command = self._untold.popleft()
                self._send(command, command.text)

    def _send(self, command: Command, text: bytes) -> None:
        command.sent = self.loop.time()
        self._owed.append(command)
        if not self._watched:
            self._watched = True
            self.loop.call_at(command.sent + self._seconds, self._watch)
        if self._gathered is None:  # the first one in this turn goes at once, those after it together
            self._gathered = []
            self.loop.call_soon(self._flush)
            self._writer.transport.write(text)
        else:
            self._gathered.append(text)

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
        for answer in self._answers.feed(data):
            command = self._owed.popleft()
            repeated = command.again(answer)
            if repeated is not None:
                self._send(command, repeated)
            elif command.future is None and command.is_refused(answer):
                self._untold.append(command)
            elif command.future is None or command.future.done():
                command.pass_over(answer)
            else:
                command.future.set_result(answer)
        if self._drained is not None and not self._owed and not self._drained.done():
            self._drained.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait that there will be no answer."""
        del exc  # its text may name anything
        self._fail("the connection was closed")

    def _fail(self, reason: str) -> None:
        self.lost = [command for command in self._owed if command.kept()]
        owed = [each.future for each in self._owed]
        self._owed.clear()
        if self.is_open:
            self._writer.transport.abort()
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        if not owed:
            return  # it was idle
        error = self._lost(self, reason)
        for future in owed:
            if future is not None and not future.done():
                future.set_exception(error)
