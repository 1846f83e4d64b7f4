"""What is logged, masked: lines, fields and records, for the boundary and for those who place it themselves."""

from __future__ import annotations

import functools
import logging
import sys
from typing import TYPE_CHECKING, Any

from beluga._values.walk import is_printable
from beluga.masking import mask_text
from beluga.masking.standins import FAILED, StandIns, secrets_named_in, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

__all__ = ["Masker", "MaskingFilter", "MaskingFormatter", "MaskingProcessor", "before_send", "masker", "trace_ids"]

_DEEPEST = 5
_DEEP_IN_EVENTS = 10  # down to the variables of a frame in one of several exceptions
_SURE = 6  # characters of a secret's value from which it is looked for in all of an event

_PLAIN_SIZE = len(vars(logging.makeLogRecord({})))
_SCALARS = frozenset({str, int, float, bool, type(None)})
_OWN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "trace_id", "span_id"}


class Masker:
    """Masks lines and records alike.

    Args:
        text: Masks a text.
    """

    def __init__(self, text: Callable[[str], str] = mask_text) -> None:
        self._text = text
        self._stand_ins = StandIns(text)
        self.data: Callable[[Any], Any] = self._stand_ins.data
        self.field: Callable[[object, Any], Any] = self._stand_ins.field
        self.error: Callable[[BaseException], BaseException] = self._stand_ins.error
        self.traceback: Callable[[Any], Any] = self._stand_ins.traceback

    def line(self, text: str) -> str:
        """Return `text` masked; never raises."""
        try:
            return self._text(text)
        except Exception:
            return FAILED + "\n" if text.endswith("\n") else FAILED

    def message(self, text: str, *said_with: Any) -> str:
        """Return a message masked, also of values that have a secret's name in what it was `said_with`.

        ``info(f"log in as {user} with {password}", extra={"password": password})``
        """
        secrets = (value for data in said_with for value in secrets_named_in(data, _DEEPEST))
        return self._text(without(text, secrets))

    def fields(self, extra: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return extra fields masked, with stand-ins for objects."""
        return {self._text(str(name)): self.field(name, value) for name, value in extra.items()}

    def exc_info(self, exc_info: Any) -> Any:
        """Return what stands for the three facts of an exception."""
        if not isinstance(exc_info, tuple) or exc_info[1] is None:
            return exc_info
        kind, error, trace = exc_info
        return kind, self.error(error), self.traceback(trace)

    def is_plain(self, record: logging.LogRecord) -> bool:
        """Say whether all that a record says stands in its line: a text with texts and numbers in it, and no more."""
        args = record.args
        if len(vars(record)) != _PLAIN_SIZE or type(record.msg) is not str or record.exc_info or record.stack_info:
            return False
        return not args or (type(args) is tuple and all(type(arg) in _SCALARS and is_printable(arg) for arg in args))

    def copy(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a copy of a record with the ids of its trace, not masked."""
        copied = _copy(record)
        vars(copied).update(trace_ids())
        return copied

    def record(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return a masked copy of a record of the same class; never raises."""
        masked = _copy(record)
        try:
            extra = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
            masked.msg, masked.args = self._template(record, extra)
            masked.exc_info = self.exc_info(record.exc_info)
            if record.exc_text:
                masked.exc_text = self._text(record.exc_text)
            if record.stack_info:
                masked.stack_info = self._text(record.stack_info)
            vars(masked).update(self.fields(extra))
            vars(masked).update(trace_ids())
        except Exception:
            vars(masked).update((name, FAILED) for name in vars(record) if name not in _OWN_FIELDS)
            masked.msg, masked.args = FAILED, None
            masked.exc_info = masked.exc_text = masked.stack_info = None
        return masked

    def _template(self, record: logging.LogRecord, extra: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return message and arguments, each masked as data; one text where only the whole shows the secret.

        structlog and JSON formatters look for a dict in the message, Sentry groups by the text before its arguments.
        """
        if not isinstance(record.msg, str):
            return self.data(record.msg), self.data(record.args) if record.args else record.args
        if not record.args:
            return self.message(record.msg, extra), record.args
        args = self.data(record.args)
        try:
            shown = record.msg % args
        except Exception:  # a number that is a secret is a text now, and does not fit %d
            try:
                return self.message(record.getMessage(), record.args, extra), None
            except Exception:  # nor did the arguments before: the handler reports that, without secrets
                return self._text(record.msg), args
        masked = self.message(shown, record.args, extra)
        return (record.msg, args) if masked == shown else (masked, None)


def _copy(record: logging.LogRecord) -> logging.LogRecord:
    copied = object.__new__(type(record))
    vars(copied).update(vars(record))
    return copied


def trace_ids() -> dict[str, str]:
    """Return the ids of the current span; nothing where there is none, or no OpenTelemetry."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return {}
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def masker(*, pii: bool = False) -> Masker:
    """Return the one that masks secrets, or the one that takes personal data out too."""
    return _with_personal_data() if pii else _SECRETS


_SECRETS = Masker()


@functools.cache
def _with_personal_data() -> Masker:
    from beluga.guards import PIIRedactor

    personal = PIIRedactor()
    return Masker(lambda text: personal.redact(mask_text(text)))


class MaskingFilter(logging.Filter):
    """Masks each record of the handler or logger that it is added to, for whatever comes after it.

    Filters run in the order in which they were added, so add it last. Of a traceback it cannot mask the lines of
    source; `MaskingFormatter` does.

    Args:
        pii: Whether to take personal data out too.

    Example:
        >>> logging.lastResort.addFilter(MaskingFilter())
    """

    def __init__(self, *, pii: bool = False) -> None:
        super().__init__()
        self._masker = masker(pii=pii)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask `record`, and let it through."""
        vars(record).update(vars(self._masker.record(record)))
        return True


class MaskingFormatter(logging.Formatter):
    """Formats with another formatter what has been masked, and masks the text that comes of it.

    Args:
        formatter: The other one; None means the standard library's.
        pii: Whether to take personal data out too.

    Example:
        >>> handler = logging.StreamHandler()
        >>> handler.setFormatter(MaskingFormatter(logging.Formatter("%(levelname)s %(message)s")))
    """

    def __init__(self, formatter: logging.Formatter | None = None, *, pii: bool = False) -> None:
        super().__init__()
        self._formatter = formatter or logging.Formatter()
        self._masker = masker(pii=pii)

    def format(self, record: logging.LogRecord) -> str:
        """Return the masked line; the record itself is not changed."""
        return self._masker.line(self._formatter.format(self._masker.record(record)))


class MaskingProcessor:
    """A processor for structlog; place it before the renderer, and once more after what adds fields.

    Args:
        pii: Whether to take personal data out too.

    Example:
        >>> MaskingProcessor()(None, "info", {"event": "log in", "password": "swordfish"})
        {'event': 'log in', 'password': '****'}
    """

    def __init__(self, *, pii: bool = False) -> None:
        self._masker = masker(pii=pii)

    def __call__(self, _: Any, __: str, event_dict: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the event masked; structlog's own fields, which begin with an underscore, stay."""
        for name, value in event_dict.items():
            if name == "exc_info":
                event_dict[name] = self._masker.exc_info(_three(value))
            elif isinstance(name, str) and not name.startswith("_"):
                masked = self._masker.field(name, value)
                event_dict[name] = self._masker.message(masked, event_dict) if name == "event" else masked
        return event_dict


def _three(exc_info: Any) -> Any:
    """Return structlog's forms of an exception as the three facts that `logging` has."""
    if isinstance(exc_info, BaseException):
        return type(exc_info), exc_info, exc_info.__traceback__
    return sys.exc_info() if exc_info is True else exc_info


def before_send(event: dict[str, Any], hint: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return an event of Sentry without secrets: messages, local variables, headers, breadcrumbs, extra.

    It serves as ``before_send``, ``before_send_transaction``, ``before_send_log`` and ``before_breadcrumb``.

    Example:
        >>> before_send({"extra": {"api_key": "tok-secret-value-here"}}, {})
        {'extra': {'api_key': 'to*****************re'}}
    """
    error = ((hint or {}).get("exc_info") or (None, None))[1]
    # What a local variable or the exception itself has under a secret's name may stand in any of the texts, and
    # Sentry writes variables as Python shows them.
    told = {value.strip("'\"") for data in (event, error) for value in secrets_named_in(data, _DEEP_IN_EVENTS)}
    secrets = [value for value in told if len(value) >= _SURE and not value.isalpha()]  # a word may be a field

    masked: dict[str, Any] = Masker(lambda text: mask_text(without(text, secrets))).data(event)
    return masked
