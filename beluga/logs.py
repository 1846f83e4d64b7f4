"""The log boundary: no secret reaches a sink, and every line says which trace it belongs to.

`install` adds no sink and changes no configuration. It stands at the one door that every line passes on its
way to a sink, after all patchers and before all filters and formats: ``emit`` of loguru's handlers, and
``handle`` of the standard library's. So it covers handlers that exist, handlers added later, and the report
of a failing sink.

What passes is a masked copy: message, ``extra`` (objects are masked when they are printed), exceptions with
their causes, and the text of tracebacks, whose values (``diagnose``) are never shown. Masking that fails
lets nothing through but the fact, and never raises into the application.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import functools
import logging
import sys
import threading
import traceback
import uuid
from typing import TYPE_CHECKING, Any

import attrs

from beluga import events
from beluga.masking import is_secret_key, mask, mask_secrets, mask_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["FAILED", "LoguruHandler", "install", "log_events", "uninstall", "verify"]

FAILED = "[log masking failed]"
"""The message of a line that could not be masked."""

_PLAIN = (
    str, bytes, bytearray, int, float, complex, type(None), dict, list, tuple, set, frozenset, type,
    enum.Enum,
    BaseException, dt.date, dt.time, dt.timedelta, decimal.Decimal, uuid.UUID,
)  # fmt: skip
_TELLING = 4
"""Characters from which a secret's value is looked for in the message: a shorter one is part of other words."""
_lock = threading.Lock()
_originals: dict[str, Callable[..., Any]] = {}
_last = threading.local()


def install() -> None:
    """Mask everything that is logged from now on, through loguru and the standard library.

    A second call changes nothing.

    Lines logged inside a recording span get its full ``trace_id`` and ``span_id``: in ``extra``, as
    attributes of standard records, and shown by loguru's default handler.

    Raises:
        RuntimeError: This version of loguru has another inside, so that nothing would be covered.
    """
    handler = _loguru_handler()
    with _lock:
        if _originals:
            return
        _originals["loguru"] = handler.emit
        _originals["logging"] = logging.Handler.handle
        handler.emit = _guarded_emit(handler.emit)
        logging.Handler.handle = _guarded_handle(logging.Handler.handle)  # type: ignore[method-assign]  # the door itself


def uninstall() -> None:
    """Take the boundary away again; for tests."""
    handler = _loguru_handler()
    with _lock:
        if _originals:
            handler.emit = _originals.pop("loguru")
            logging.Handler.handle = _originals.pop("logging")  # type: ignore[method-assign]  # see above


def verify() -> None:
    """Log a made-up secret in every way there is, and see that it does not come through.

    It goes to a sink of the check's own; no sink of the application gets a line.

    Raises:
        RuntimeError: It came through; the message names the ways.
    """
    leaks = [way for way, printed in _probe() if _CANARY in printed]
    if leaks:
        msg = f"secrets reach the logs by: {', '.join(leaks)}; call beluga.logs.install() first"
        raise RuntimeError(msg)


def log_events(*types: type[events.Event]) -> events.Subscription:
    """Log a line through loguru for each event of `types`, or for all events where none is named.

    The fields stand in the line and in ``extra``; inside a recording span `install` adds the ids of the trace.
    What needs attention is a warning: a refusal, an opened circuit, a blocked text, a failed node, a rejected file.

    Returns:
        The unsubscriber, which is a context manager too.

    Example:
        >>> with log_events(events.CircuitChanged):
        ...     pass
    """
    return events.subscribe(_log_event, *types)


_WARNINGS = (
    events.CallRefused, events.GuardBlocked, events.NodeFailed, events.ConfigRejected, events.FallbackTaken,
)  # fmt: skip


def _log_event(event: events.Event) -> None:
    from loguru import logger

    fields = {name: value for name, value in attrs.asdict(event, recurse=False).items() if value not in (None, ())}
    opened = isinstance(event, events.CircuitChanged) and event.new == "open"
    level = "WARNING" if opened or isinstance(event, _WARNINGS) else "INFO"
    told = " ".join(f"{name}={value}" for name, value in fields.items())
    logger.bind(event=type(event).__name__, **fields).log(level, "{} {}", type(event).__name__, told)


class LoguruHandler(logging.Handler):
    """Hands the standard library's records over to loguru, with their level, place and exception.

    Example:
        >>> logging.getLogger("httpx").addHandler(LoguruHandler())
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Log `record` with loguru, as if from where it was logged."""
        from loguru import logger

        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        # The depth is counted, because a logger's own wrappers lie between.
        frame, depth = sys._getframe(1), 1  # noqa: SLF001 - the one way to the caller's place
        while frame.f_back is not None and frame.f_code.co_filename in {logging.__file__, __file__}:
            frame, depth = frame.f_back, depth + 1
        logger.opt(depth=depth, exception=record.exc_info).log(level, "{}", _std_message(record))


# ------------------------------------------------------------------------------------------------ loguru


def _loguru_handler() -> Any:
    from loguru import _handler

    handler = getattr(_handler, "Handler", None)
    if handler is None or not callable(getattr(handler, "emit", None)):
        msg = "this version of loguru is not known, so its sinks cannot be covered; use loguru 0.7"
        raise RuntimeError(msg)
    return handler


def _guarded_emit(emit: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(emit)
    def guarded(self: Any, record: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        formatter = getattr(self, "_exception_formatter", None)
        if formatter is not None and not isinstance(formatter, _MaskingFormatter):
            self._exception_formatter = _MaskingFormatter(formatter)
        masked = _masked_once(record)
        if getattr(self, "_id", None) == 0 and "trace_id" in masked["extra"]:
            extra = masked["extra"]
            shown = f"{masked['message']} trace_id={extra['trace_id']} span_id={extra['span_id']}"
            masked = {**masked, "message": shown}
        emit(self, masked, *args, **kwargs)

    return guarded


def _masked_once(record: dict[str, Any]) -> dict[str, Any]:
    """Mask `record` for the first handler and reuse that for the others: they share one record."""
    if record["exception"] is not None:  # not kept: it holds every frame of its traceback
        return _masked_record(record)
    if getattr(_last, "source", None) is not record:
        _last.masked = _masked_record(record)
        _last.source = record
    masked: dict[str, Any] = _last.masked
    return masked


def _masked_record(record: dict[str, Any]) -> dict[str, Any]:
    masked = dict(record)
    try:
        masked["message"] = mask_text(_without_secret_values(str(record["message"]), record["extra"]))
        masked["extra"] = {**_masked_extra(record["extra"]), **_trace_ids()}
        if record["exception"] is not None:
            kind, value, trace = record["exception"]
            masked["exception"] = type(record["exception"])(kind, mask_secrets(value), trace)
    except Exception:
        masked.update(message=FAILED, extra={}, exception=None)
    return masked


def _without_secret_values(message: str, extra: dict[str, Any]) -> str:
    """Mask in `message` what stands in `extra` under a secret's name: ``info("as {password}", password=...)``."""
    for name, value in extra.items():
        if isinstance(value, str) and len(value) >= _TELLING and is_secret_key(str(name)):
            message = message.replace(value, mask(value))
    return message


def _masked_extra(extra: dict[str, Any]) -> dict[str, Any]:
    masked = mask_secrets(dict(extra))
    return {mask_text(str(name)): _lazily(value) for name, value in masked.items()}


def _lazily(value: Any) -> Any:
    """Put `Masked` around what prints itself in its own way, at any depth of plain containers."""
    if type(value) is dict:
        return {name: _lazily(inner) for name, inner in value.items()}
    if type(value) in {list, tuple, set, frozenset}:
        return type(value)(_lazily(inner) for inner in value)
    return value if isinstance(value, _PLAIN) and type(value).__str__ in _KNOWN_STR else Masked(value)


_KNOWN_STR = {kind.__str__ for kind in _PLAIN}


class Masked:
    """An object whose printed form is masked."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __str__(self) -> str:
        return _printed(str, self._value)

    def __repr__(self) -> str:
        return _printed(repr, self._value)

    def __format__(self, spec: str) -> str:
        return _printed(lambda value: format(value, spec), self._value)


def _printed(write: Callable[[Any], str], value: Any) -> str:
    try:
        return mask_text(write(value))
    except Exception:
        return FAILED


class _MaskingFormatter:
    """Masks the text of tracebacks, whose lines of source may hold a secret too, and never shows values."""

    def __init__(self, formatter: Any) -> None:
        self._formatter = formatter

    def format_exception(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        try:
            self._formatter._diagnose = False  # noqa: SLF001 - values are cut off before anybody could mask them
            yield mask_text("".join(self._formatter.format_exception(*args, **kwargs)))
        except Exception:
            yield FAILED + "\n"


# ----------------------------------------------------------------------------------- the standard library


_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "trace_id", "span_id"}


def _guarded_handle(handle: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(handle)
    def guarded(self: logging.Handler, record: logging.LogRecord) -> Any:
        return handle(self, record if isinstance(self, LoguruHandler) else _masked_std_record(record))

    return guarded


def _masked_std_record(record: logging.LogRecord) -> logging.LogRecord:
    masked = logging.makeLogRecord(record.__dict__)
    try:
        masked.msg, masked.args = mask_text(_std_message(record)), None
        if record.exc_info and record.exc_info[1] is not None:
            kind, value, trace = record.exc_info
            masked.exc_info = (kind, mask_secrets(value), trace)
            masked.exc_text = mask_text("".join(traceback.format_exception(kind, value, trace)).rstrip("\n"))
        elif record.exc_text:
            masked.exc_text = mask_text(record.exc_text)
        if record.stack_info:
            masked.stack_info = mask_text(record.stack_info)
        extra = {name: value for name, value in record.__dict__.items() if name not in _OWN_FIELDS}
        masked.__dict__.update(_masked_extra(extra))
        masked.__dict__.update(_trace_ids())
    except Exception:
        masked = logging.makeLogRecord({"name": record.name, "levelno": record.levelno, "levelname": record.levelname})
        masked.msg = FAILED
    return masked


def _std_message(record: logging.LogRecord) -> str:
    """Return the message, what it takes by a secret's name masked: ``info("as %(password)s", {"password": ...})``."""
    if isinstance(record.args, dict):
        return str(record.msg) % mask_secrets(record.args)
    return record.getMessage()


# ---------------------------------------------------------------------------------------------- traces


def _trace_ids() -> dict[str, str]:
    """Return the ids of the current span; nothing where there is none, or no OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


# ------------------------------------------------------------------------------------------ self-check

_CANARY = "-".join(("sk", "beluga0canary1never2logged3anywhere"))  # noqa: FLY002 - in one piece it looks like a key


class _Talker:
    def __repr__(self) -> str:
        return f"<client {_CANARY}>"


def _fail() -> None:
    hidden = _CANARY
    try:
        raise ValueError(hidden)  # noqa: TRY301 - the traceback of this line is under test
    except ValueError as error:
        msg = f"failed with {hidden}"
        raise RuntimeError(msg) from error


def _probe() -> Iterator[tuple[str, str]]:
    """Yield each way to log a secret, and what a sink would get."""
    from loguru import _logger

    loguru: Any = _logger  # its inside has no types

    printed: list[str] = []
    # A logger of its own: the application's handlers get nothing of this.
    log: Any = loguru.Logger(loguru.Core(), None, 0, False, False, False, False, True, [], {})
    log.add(
        lambda message: printed.append(f"{message}{message.record['extra']}{message.record['exception']}"),
        format="{message} {extra}",
        diagnose=True,
        catch=False,
    )
    ways: dict[str, Callable[[], object]] = {
        "message": lambda: log.info(f"key {_CANARY}"),  # noqa: G004 - the way under test
        "arguments": lambda: log.info("key {}", _CANARY),  # noqa: PLE1205 - loguru's way
        "extra": lambda: log.bind(api_key=_CANARY).info("x"),
        "nested extra": lambda: log.bind(data={"list": [{"note": _CANARY}]}).info("x"),
        "an object in extra": lambda: log.bind(client=_Talker()).info("x"),
        "a patcher": lambda: log.patch(lambda record: record["extra"].update(late=_CANARY)).info("x"),
        "exceptions": lambda: _log_failure(log),
    }
    for way, act in ways.items():
        printed.clear()
        act()
        yield f"loguru, {way}", "".join(printed)
    yield from _probe_logging()


def _log_failure(log: Any) -> None:
    try:
        _fail()
    except RuntimeError:
        log.exception("failed")


def _probe_logging() -> Iterator[tuple[str, str]]:
    class Sink(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            printed.append(self.format(record) + repr(record.__dict__))

    printed: list[str] = []
    log = logging.Logger("beluga.logs.verify")  # noqa: LOG001 - outside the tree, so that no handler hears it
    log.addHandler(Sink())
    ways: dict[str, Callable[[], object]] = {
        "message": lambda: log.warning(f"key {_CANARY}"),  # noqa: G004 - the way under test
        "arguments": lambda: log.warning("key %s", _CANARY),
        "extra": lambda: log.warning("x", extra={"api_key": _CANARY, "client": _Talker()}),
        "exceptions": lambda: _log_failure(log),
    }
    for way, act in ways.items():
        printed.clear()
        act()
        yield f"logging, {way}", "".join(printed)
