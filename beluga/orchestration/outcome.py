"""What came of one branch of a scatter."""

from __future__ import annotations

from typing import Any, Literal

import attrs

__all__ = ["Outcome", "Status"]

Status = Literal["ok", "failed", "cancelled", "timed_out"]


@attrs.frozen
class Outcome:
    """What came of one branch; its repr shows neither value nor error, which may be confidential.

    Args:
        index: The branch's place among the declared ones, counted from 0.
        name: Its name.
        status: ``"ok"``; ``"failed"`` where it raised; ``"cancelled"`` where its result was not needed any more;
            ``"timed_out"`` where its time ran out.
        value: What it returned; None unless it is ok.
        error: What it raised, or the `DeadlineExceeded` of its time-out; None where it is ok or was not needed.
        elapsed: Seconds from its start to its end, or to the moment at which the others were enough.
    """

    index: int
    name: str
    status: Status
    value: Any = attrs.field(default=None, repr=False)
    error: BaseException | None = attrs.field(default=None, repr=False)
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it gave a value."""
        return self.status == "ok"
