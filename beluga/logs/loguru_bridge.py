"""Ways into loguru: the standard library's records, and a line for each event of the layers."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import attrs

from beluga import events
from beluga.logs.records import masker

__all__ = ["LoguruHandler", "log_events"]

_HERE = str(Path(__file__).parent)


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
        while frame.f_back is not None and _is_between(frame.f_code.co_filename):
            frame, depth = frame.f_back, depth + 1
        text = masker().record(record).getMessage()
        logger.opt(depth=depth, exception=record.exc_info).log(level, "{}", text)


def _is_between(filename: str) -> bool:
    return filename == logging.__file__ or filename.startswith(_HERE)


_WARNINGS = (
    events.CallRefused, events.GuardBlockedEvent, events.NodeFailed, events.ConfigRejected, events.FallbackTaken,
    events.RetriesNested,
)  # fmt: skip


def log_events(*types: type[events.Event], logger: logging.Logger | None = None) -> events.Subscription:
    """Log a line for each event of `types`, or for all events where none is named.

    The fields stand in the line and in ``extra``; inside a recording span `install` adds the ids of the trace.
    What needs attention is a warning: a refusal, an opened circuit, a blocked text, a failed node, a rejected file.

    Args:
        types: The classes of events.
        logger: A logger of the standard library; None means loguru.

    Returns:
        The unsubscriber, which is a context manager too.

    Example:
        >>> with log_events(events.CircuitChanged):
        ...     pass
    """

    def log(event: events.Event) -> None:
        name = type(event).__name__
        fields = {key: value for key, value in attrs.asdict(event, recurse=False).items() if value not in (None, ())}
        told = " ".join((name, *(f"{key}={value}" for key, value in fields.items())))
        if logger is not None:
            # "name" and the like are taken in a record, so that each field has the event's name in front.
            logger.log(_level(event), "%s", told, extra={"event": name, "event_fields": fields})
        else:
            from loguru import logger as ours

            ours.bind(event=name, **fields).log("WARNING" if _level(event) == _WARNING else "INFO", "{}", told)

    return events.subscribe(log, *types)


_INFO, _WARNING = 20, 30


def _level(event: events.Event) -> int:
    opened = isinstance(event, events.CircuitChanged) and event.new == "open"
    return _WARNING if opened or isinstance(event, _WARNINGS) else _INFO
