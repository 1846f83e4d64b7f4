"""A store in this process, for tests: the same questions and answers, on virtual time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from beluga._engine.state import new_lock
from beluga.clock import environment
from beluga.stores.base import Mode, Store
from beluga.stores.scripts import MICROSECONDS, Records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.stores.scripts import Question

__all__ = ["FakeStore"]


class FakeStore(Store):
    """Stand in for a `RedisStore` in tests: it answers what a server would, at once and at the time of the fake clock.

    Processes that share a server are functions that share a `FakeStore`.

    Args:
        prefix: As for `RedisStore`.
        on_failure: Likewise.

    Example:
        >>> from beluga import RateLimiter
        >>> store = FakeStore()
        >>> one, other = (RateLimiter(1, name="openai", store=store) for _ in range(2))
        >>> one.allow(), other.allow()
        (True, False)
        >>> with store.down():  # limits count in each process then
        ...     other.allow()
        True
    """

    def __init__(self, *, prefix: str = "beluga", on_failure: Mode | None = None) -> None:
        super().__init__("fake", prefix, on_failure)
        self._records = Records()
        self._lock = new_lock()
        self._failure: str | None = None
        self.asked: int = 0
        """How many questions it was asked, with what it was told."""

    def ask(self, question: Question) -> Any:
        """Answer at once."""
        self.asked += 1
        if self._failure is not None:
            raise self.lost(self._failure)
        now = float(int(environment().clock.time() * MICROSECONDS))
        with self._lock:
            for held, _ in tuple(self._held.values()):  # virtual time ends no lease whose holder lives
                held.run(self._records, now)
            answer = question.run(self._records, now)
        self.found()
        return answer

    ask_async = ask

    def tell(self, question: Question, *, is_async: bool) -> None:
        """Do it at once."""
        del is_async
        if self._failure is None:
            answer = self.ask(question)
            if question.undo is not None:
                question.undo(answer)

    def be_counted(self, *, is_async: bool) -> None:
        """Count nobody: a test sets how many `members` there are."""

    @contextlib.contextmanager
    def down(self, reason: str = "it is down for a test") -> Iterator[None]:
        """Let nothing be answered within this block."""
        self._failure = reason
        try:
            yield
        finally:
            self._failure = None

    def __len__(self) -> int:
        """Return how many keys it holds."""
        return len(self._records)
