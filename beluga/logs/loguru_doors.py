"""loguru behind the boundary.

loguru has no public place behind its filters and formatters, so three private ones are wrapped, each checked by a
contract test against the versions that are supported: ``Logger._log``, where a message meets its arguments;
``Handler.emit``, where a record meets a handler; and the sink of each handler, where its text goes.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any

from beluga.logs.records import Masker, trace_ids
from beluga.masking.standins import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["KNOWN_VERSIONS", "current", "doors", "use"]

KNOWN_VERSIONS = "0.7.2 and 0.7.3"
_OPTIONS = 9
_DEPTH, _LAZY = 1, 3
"""Places in loguru's tuple of options."""

_PLAIN = (str, float, bool, type(None))
_last = threading.local()
_current: Masker | None = None


def current() -> Masker | None:
    """Return what masks now; None while there is no boundary."""
    return _current


def use(ours: Masker | None) -> None:
    """Mask with `ours` from now on; None lets all through."""
    global _current  # noqa: PLW0603 - the sinks that are wrapped stay so, and must hear that the boundary is gone
    _current = ours
    _last.source = None


def doors() -> list[tuple[type, str, Callable[..., Any]]]:
    """Return loguru's doors, as `beluga.logs.boundary.doors` does.

    Raises:
        RuntimeError: This version of loguru has another inside.
    """
    from loguru import _handler, _logger

    handler: Any = getattr(_handler, "Handler", None)
    logger: Any = getattr(_logger, "Logger", None)
    parts = (getattr(handler, "emit", None), getattr(logger, "_log", None), getattr(_handler, "Message", None))
    if not all(map(callable, parts)) or len(getattr(logger(*[None] * 10), "_options", ())) != _OPTIONS:
        from importlib.metadata import version

        message = f"loguru {version('loguru')} is not known, so its sinks cannot be covered; known are {KNOWN_VERSIONS}"
        raise RuntimeError(message)
    return [(handler, "emit", _emit(handler.emit)), (logger, "_log", _log(logger._log))]  # noqa: SLF001 - see above


def _log(log: Callable[..., None]) -> Callable[..., None]:
    """Mask arguments before the message is made of them: ``info("as {0[password]} for {client.token}", ...)``."""

    @functools.wraps(log)
    def guarded(self: Any, level: Any, from_decorator: Any, options: Any, message: Any, args: Any, kwargs: Any) -> None:
        # One frame more lies between the caller and loguru, which counts them.
        options = (*options[:_DEPTH], options[_DEPTH] + 1, *options[_DEPTH + 1 :])
        if _current is not None and (kwargs or any(type(arg) not in _PLAIN for arg in args)):
            shown = _later if options[_LAZY] else _current.field
            try:
                args = [shown("", arg) for arg in args]
                kwargs = {name: shown(name, value) for name, value in kwargs.items()}
            except Exception:
                message, args, kwargs = FAILED, (), {}
        log(self, level, from_decorator, options, message, args, kwargs)

    return guarded


def _later(name: str, make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function that masks what the lazy argument `make` gives."""
    return lambda: _current.field(name, make()) if _current is not None else make()


def _emit(emit: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(emit)
    def guarded(
        self: Any, record: dict[str, Any], level: Any, from_decorator: Any, is_raw: Any, colored_message: Any
    ) -> None:
        more = (level, from_decorator, is_raw, colored_message)
        if _current is None:
            emit(self, record, *more)
            return
        _cover(self)
        if colored_message is None and _is_plain(self, record):
            masked = {**record, "extra": trace_ids()}
        else:
            masked = _masked_once(record, _current)
        if getattr(self, "_id", None) == 0 and "trace_id" in masked["extra"]:
            extra = masked["extra"]
            shown = f"{masked['message']} trace_id={extra['trace_id']} span_id={extra['span_id']}"
            masked = {**masked, "message": shown}
        # A copy for each, as filters and formatters may put something into it.
        emit(self, {**masked, "extra": dict(masked["extra"])}, *more)

    return guarded


def _is_plain(handler: Any, record: dict[str, Any]) -> bool:
    """Say whether nothing of a record goes out but the text that its sink masks: a plain line is masked once."""
    has_more = record["extra"] or record["exception"] is not None
    return not has_more and handler._filter is None and not handler._is_formatter_dynamic and _is_text(handler._sink)  # noqa: SLF001 - loguru's has no other place


def _is_text(sink: Any) -> bool:
    """Say whether a sink of ours only writes the text of a message, and does not look at its record."""
    return type(getattr(sink, "_sink", None)).__name__ in {"StreamSink", "FileSink"}


def _cover(handler: Any) -> None:
    """Put ours around what of a handler comes after the record: its sink, its reports, its writer of tracebacks."""
    formatter, sink = getattr(handler, "_exception_formatter", None), getattr(handler, "_sink", None)
    if formatter is not None and not isinstance(formatter, _ExceptionFormatter):
        handler._exception_formatter = _ExceptionFormatter(formatter)  # noqa: SLF001 - loguru's has no other place
    if sink is not None and not isinstance(sink, _Sink):  # a process that only fills the queue has none
        handler._sink = _Sink(sink)  # noqa: SLF001 - loguru's has no other place
        handler._error_interceptor = _Interceptor(handler._error_interceptor)  # noqa: SLF001 - the same


def _masked_once(record: dict[str, Any], ours: Masker) -> dict[str, Any]:
    """Mask `record` for the first handler and reuse that for the others: they share one record."""
    if record["exception"] is not None:  # not kept: it holds every frame of its traceback
        return _masked(record, ours)
    if getattr(_last, "source", None) is not record:
        _last.masked = _masked(record, ours)
        _last.source = record
    masked: dict[str, Any] = _last.masked
    return masked


def _masked(record: dict[str, Any], ours: Masker) -> dict[str, Any]:
    masked = dict(record)
    try:
        masked["message"] = ours.message(str(record["message"]), record["extra"])
        masked["extra"] = {**ours.fields(record["extra"]), **trace_ids()}
        if record["exception"] is not None:
            masked["exception"] = type(record["exception"])(*ours.exc_info(tuple(record["exception"])))
    except Exception:
        masked.update(message=FAILED, extra=dict.fromkeys(record["extra"], FAILED), exception=None)
    return masked


class _ExceptionFormatter:
    """Masks the text of tracebacks, whose lines of source may hold a secret too, and never shows values."""

    def __init__(self, formatter: Any) -> None:
        self._formatter = formatter

    def format_exception(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        ours = _current
        if ours is None:
            yield from self._formatter.format_exception(*args, **kwargs)
            return
        try:
            self._formatter._diagnose = False  # noqa: SLF001 - values are cut off before anybody could mask them
            yield ours.line("".join(self._formatter.format_exception(*args, **kwargs)))
        except Exception:
            yield FAILED + "\n"


class _Interceptor:
    """Masks the record in loguru's report of a sink that failed."""

    def __init__(self, interceptor: Any) -> None:
        self._interceptor = interceptor

    def __getattr__(self, name: str) -> Any:
        if name == "_interceptor":  # not there yet while it is unpickled
            raise AttributeError(name)
        return getattr(self._interceptor, name)

    def print(self, record: Any = None, **options: Any) -> None:
        ours = _current
        self._interceptor.print(record if ours is None or record is None else _masked(record, ours), **options)


class _Sink:
    """Masks what a handler's own filter and formatter have made of a masked record."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink

    def __getattr__(self, name: str) -> Any:
        if name == "_sink":  # not there yet while it is unpickled
            raise AttributeError(name)
        return getattr(self._sink, name)

    def write(self, message: Any) -> None:
        ours = _current
        if ours is not None:
            masked = type(message)(ours.line(str(message)))
            masked.record = message.record if _is_text(self) else _masked(message.record, ours)
            message = masked
        self._sink.write(message)
