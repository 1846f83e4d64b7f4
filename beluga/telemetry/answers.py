"""Read what a model's answer tells about itself: ours, openai's and anthropic's, by shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from beluga._foreign.usage import merged, reported, usage_of

if TYPE_CHECKING:
    from beluga.schema import Usage

__all__ = ["SILENT", "Answer"]

SILENT = frozenset({str, bytes, int, float, bool, type(None)})
"""Types that report nothing, so that a stream of plain texts costs no look-ups."""


@attrs.define
class Answer:
    """What is known of an answer so far; later chunks of a stream add to it.

    Example:
        >>> answer = Answer()
        >>> answer.read({"model": "gpt-4o", "choices": [{"finish_reason": "stop"}]})
        >>> answer.model, answer.finish_reasons
        ('gpt-4o', ['stop'])
    """

    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    finish_reasons: list[str] | None = None

    def read(self, value: Any) -> None:
        """Take in a result or a chunk; what cannot be read tells nothing."""
        self.read_usage(value)
        try:
            whole = reported(value)
            self.id = self.id or _text(whole, "id")
            self.model = self.model or _text(whole, "model")
            self.finish_reasons = _reasons(whole) or self.finish_reasons
        except Exception:  # a stranger's property may raise anything
            return

    def read_usage(self, value: Any) -> None:
        """Take in the usage alone: in a result that is no model's, an id or a model is the application's own."""
        try:
            self.usage = merged(self.usage, usage_of(value))
        except Exception:  # see above
            return


def _reasons(value: Any) -> list[str]:
    choices = _get(value, "choices")
    if isinstance(choices, (list, tuple)):
        return [reason for choice in choices if (reason := _text(choice, "finish_reason"))]
    reason = _text(value, "finish_reason") or _text(value, "stop_reason")
    reason = reason or _text(_get(value, "delta"), "stop_reason")
    return [reason] if reason else []


def _get(holder: Any, name: str) -> Any:
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def _text(holder: Any, name: str) -> str | None:
    found = _get(holder, name)
    return found if isinstance(found, str) and found else None
