"""The parts of the boundary, for those who place them themselves; each works without `install`."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

from beluga.logs.records import masker

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["MaskingFilter", "MaskingFormatter", "MaskingProcessor", "before_send"]


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


def before_send(event: dict[str, Any], hint: dict[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG001 - Sentry's signature
    """Return an event of Sentry without secrets: messages, local variables, headers, breadcrumbs, extra.

    It serves as ``before_send``, ``before_send_transaction``, ``before_send_log`` and ``before_breadcrumb``.

    Example:
        >>> before_send({"extra": {"api_key": "tok-secret-value-here"}}, {})
        {'extra': {'api_key': 'to*****************re'}}
    """
    masked: dict[str, Any] = masker().data(event)
    return masked
