"""Try every way from a log call to a sink with a made-up secret, and name those on which it comes through."""

from __future__ import annotations

import io
import logging
import multiprocessing
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["verify"]

_CANARY = "-".join(("sk", "beluga0canary1never2logged3anywhere"))  # noqa: FLY002 - in one piece it looks like a key
_WORD = "swordfish0"
"""A secret that only its name tells of."""


def verify() -> None:
    """Log a made-up secret in every way there is, and see that it does not come through.

    It goes to sinks of the check's own; no sink of the application gets a line. Handlers of the application are looked
    at: what nothing can be put around is named too, with what to do about it.

    Raises:
        RuntimeError: It came through; the message names the ways.
    """
    leaks = [way for way, printed in _probe() if _CANARY in printed or _WORD in printed]
    told = [f"{', '.join(leaks)}; call beluga.logs.install() first"] if leaks else []
    told += [f"logging, {type(handler).__name__}{around}" for handler in _handlers() if (around := _around(handler))]
    if told:
        message = f"secrets reach the logs by: {'; '.join(told)}"
        raise RuntimeError(message)


class _Talker:
    password = _WORD

    def __repr__(self) -> str:
        return f"<client {_CANARY}>"


def _fail() -> None:
    hidden = _CANARY
    password = _WORD  # noqa: F841 - shown by who prints local variables
    try:
        raise ValueError(hidden)  # noqa: TRY301 - the traceback of this line is under test
    except ValueError as error:
        message = f"failed with {hidden}"
        raise RuntimeError(message) from error


def _failing(log: Any) -> Callable[[], None]:
    def act() -> None:
        try:
            _fail()
        except RuntimeError:
            log.exception("failed")

    return act


def _probe() -> Iterator[tuple[str, str]]:
    """Yield each way to log a secret, and what a sink would get."""
    yield from _probe_loguru()
    yield from _probe_logging()
    process = multiprocessing.get_context("spawn").Process()
    yield "a spawned process", "" if "logs" in process.__reduce_ex__(2)[0].__module__ else _CANARY


def _probe_loguru() -> Iterator[tuple[str, str]]:
    from loguru import _logger

    loguru: Any = _logger  # its inside has no types
    printed: list[str] = []
    # A logger of its own: the application's handlers get nothing of this.
    log: Any = loguru.Logger(loguru.Core(), None, 0, False, False, False, False, True, [], {})

    def add(record: Any) -> bool:
        if record["message"] == "filtered":
            record["extra"]["late"] = _CANARY
        return True

    def layout(record: Any) -> str:
        # In braces it would be taken for a field.
        return "{message} {extra}{exception}\n" + (_CANARY if record["message"] == "formatted" else "")

    log.add(
        lambda message: printed.append(f"{message}{message.record['extra']}{message.record['exception']}"),
        format=layout,
        filter=add,
        diagnose=True,
        catch=False,
    )
    ways: dict[str, Callable[[], object]] = {
        "message": lambda: log.info(f"key {_CANARY}"),  # noqa: G004 - the way under test
        "arguments": lambda: log.info("key {}", _CANARY),  # noqa: PLE1205 - loguru's way
        "values of an argument": lambda: log.info("{0[password]} {c.password}", {"password": _WORD}, c=_Talker()),  # noqa: PLE1205 - the same
        "extra": lambda: log.bind(api_key=_CANARY).info("x"),
        "nested extra": lambda: log.bind(data={"list": [{"note": _CANARY}]}).info("x"),
        "an object in extra": lambda: log.bind(client=_Talker()).info("x"),
        "a patcher": lambda: log.patch(lambda record: record["extra"].update(late=_CANARY)).info("x"),
        "a sink's filter": lambda: log.info("filtered"),
        "a sink's formatter": lambda: log.info("formatted"),
        "exceptions": _failing(log),
    }
    for way, act in ways.items():
        printed.clear()
        act()
        yield f"loguru, {way}", "".join(printed)


class _CheckSink(logging.StreamHandler[io.StringIO]):
    """Prints a record as text, as data, and with the local variables of its traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        self.stream.write(repr(vars(record)))
        for frame, _ in traceback.walk_tb(record.exc_info[2] if record.exc_info else None):
            self.stream.write(repr(frame.f_locals))


class _Late(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.msg == "filtered":
            record.late = _CANARY
        return True


class _Chatty(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return super().format(record) + (f" {_CANARY}" if record.msg == "formatted" else "")


def _probe_logging() -> Iterator[tuple[str, str]]:
    log = logging.Logger("beluga.logs.verify")  # noqa: LOG001 - outside the tree, so that no handler hears it
    sink = _CheckSink(io.StringIO())
    sink.addFilter(_Late())
    sink.setFormatter(_Chatty())
    log.addHandler(sink)
    ways: dict[str, Callable[[], object]] = {
        "message": lambda: log.warning(f"key {_CANARY}"),  # noqa: G004 - the way under test
        "arguments": lambda: log.warning("key %s", _CANARY),
        "a message that is data": lambda: log.warning({"event": "x", "password": _WORD}),
        "extra": lambda: log.warning("x", extra={"api_key": _CANARY, "client": _Talker()}),
        "a handler's filter": lambda: log.warning("filtered"),
        "a handler's formatter": lambda: log.warning("formatted"),
        "exceptions and their local variables": _failing(log),
    }
    for way, act in ways.items():
        sink.stream = io.StringIO()
        act()
        yield f"logging, {way}", sink.stream.getvalue()


def _handlers() -> Iterator[logging.Handler]:
    loggers = [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]
    for logger in loggers:
        yield from getattr(logger, "handlers", ())


def _around(handler: logging.Handler) -> str:
    """Say what of a handler goes around the boundary, and what to do about it; nothing where nothing does."""
    owner = next(kind for kind in type(handler).__mro__ if "handle" in vars(kind))
    if owner not in {logging.Handler, logging.NullHandler}:
        return ".handle; give it a beluga.logs.MaskingFilter"
    if getattr(handler, "rich_tracebacks", False):
        return ", which prints lines of source through no formatter; say rich_tracebacks=False"
    return ""
