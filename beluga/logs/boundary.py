"""Put the boundary up around loguru and the standard library, and take it away.

`install` adds no sink and changes no configuration. It stands at the doors that every line passes on its way to a sink:

    log call -> record -> [handle] -> filters -> [filter] -> formatter -> [format] -> text -> sink
                          masks the              masks what               masks what
                          whole record           filters added            formatters did

in brackets those of `logging.Handler`; loguru's are in `loguru_doors`. So it covers handlers that exist, handlers
added later, and the report of a failing sink. Each handler gets a masked copy: the application's objects, its
exceptions and the records that other handlers see are not changed. Masking that fails lets nothing through but the
fact, and never raises into the application.
"""

from __future__ import annotations

import functools
import logging
import threading
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Any

from beluga.logs import loguru_doors
from beluga.logs.records import Masker, masker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["doors", "install", "uninstall"]

_lock = threading.Lock()
_closed: list[tuple[type, str, Any]] = []
"""The doors that are closed now, each with what stood there before; None where nothing did."""

_WRITERS = (logging.StreamHandler.emit, logging.FileHandler.emit)
"""Of what these handlers get nothing goes out but the text that the last door masks: a plain line is masked once."""

_handled = threading.local()
"""The masked copy that a handler of this thread is at work on."""


def install(*, pii: bool = False) -> None:
    """Mask everything that is logged from now on, through loguru and the standard library.

    A second call changes nothing, unless it asks for more. Processes that `multiprocessing` starts from now on are
    covered too, however they are started.

    Lines logged inside a recording span get its full ``trace_id`` and ``span_id``: in ``extra``, as
    attributes of standard records, and shown by loguru's default handler.

    Args:
        pii: Whether to take personal data out too, as `beluga.guards.PIIRedactor` finds it.

    Raises:
        RuntimeError: This version of loguru has another inside, so that nothing would be covered.
    """
    ours = masker(pii=pii)
    with _lock:
        if _closed and not (pii and loguru_doors.current() is not ours):
            return
        _open_all()
        for owner, name, door in doors(ours, pii=pii):
            _closed.append((owner, name, vars(owner).get(name)))
            setattr(owner, name, door)
        loguru_doors.use(ours)


def uninstall() -> None:
    """Take the boundary away again; for tests."""
    with _lock:
        _open_all()


def _open_all() -> None:
    loguru_doors.use(None)
    while _closed:
        owner, name, before = _closed.pop()
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def doors(ours: Masker, *, pii: bool) -> list[tuple[type, str, Callable[..., Any]]]:
    """Return what to put where: the owner of each door, its name there, and the door."""
    return [
        *loguru_doors.doors(),
        (logging.Handler, "handle", _handle(logging.Handler.handle, ours)),
        (logging.Handler, "filter", _filter(logging.Handler.filter, ours)),
        (logging.Handler, "format", _format(logging.Handler.format, ours)),
        (logging.Handler, "handleError", _report(logging.Handler.handleError, ours)),
        (BaseProcess, "__reduce_ex__", functools.partialmethod(_take_along, pii)),  # type: ignore[list-item]  # a descriptor
    ]


def _handle(handle: Callable[..., Any], ours: Masker) -> Callable[..., Any]:
    @functools.wraps(handle)
    def guarded(self: logging.Handler, record: logging.LogRecord) -> Any:
        outer = getattr(_handled, "record", None)
        is_text = type(self).emit in _WRITERS and not self.filters and ours.is_plain(record)
        _handled.record = masked = ours.copy(record) if is_text else ours.record(record)
        try:
            return handle(self, masked)
        finally:
            _handled.record = outer

    return guarded


def _filter(choose: Callable[..., Any], ours: Masker) -> Callable[..., Any]:
    @functools.wraps(choose)
    def guarded(self: logging.Handler, record: logging.LogRecord) -> Any:
        if not self.filters or getattr(_handled, "record", None) is not record:
            return choose(self, record)
        before = dict(vars(record))
        answer = choose(self, record)
        if isinstance(answer, logging.LogRecord) and answer is not record:  # from Python 3.12 on
            return ours.record(answer)
        if answer and any(before.get(name, before) is not value for name, value in vars(record).items()):
            vars(record).update(vars(ours.record(record)))
        return answer

    return guarded


def _format(write: Callable[..., str], ours: Masker) -> Callable[..., str]:
    @functools.wraps(write)
    def guarded(self: logging.Handler, record: logging.LogRecord) -> str:
        text = write(self, record)
        return ours.line(text) if isinstance(text, str) else text

    return guarded


def _report(report: Callable[..., None], ours: Masker) -> Callable[..., None]:
    @functools.wraps(report)
    def guarded(self: logging.Handler, record: logging.LogRecord) -> None:
        report(self, ours.record(record))

    return guarded


def _take_along(process: BaseProcess, pii: bool, protocol: Any) -> Any:
    """Pickle a process so that whoever unpickles it, its own spawned Python, puts the boundary up first."""
    made = object.__reduce_ex__(process, protocol)
    return (_arrive, (pii, *made[:2]), *made[2:])


def _arrive(pii: bool, make: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    install(pii=pii)
    return make(*args)
