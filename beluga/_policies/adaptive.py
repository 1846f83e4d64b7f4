r"""Find out how many calls at once a provider can bear.

    limit                         x refused with 31 in flight: 31 were too many
     30 |                   ____ / \____________________/\________________________
        |              ____/       29, and ever more rarely one more, to see whether 31 are too many still
     20 |         ____/
        |    ____/      a fifth more each time that a call which was sent at the limit has come back well
     10 |___/
        +------------------------------------------------------------- time

Each answer tells something. A good one that was sent when the limit was reached proves the limit; then it grows by a
fifth, or by one. A refusal tells that the calls that were in flight when it was sent were too many: the limit falls to
nine tenths and a half of them, and they are remembered as the ceiling. From there it grows by one only, after four
times as many proofs as the limit, and each refusal near the same ceiling makes four times as many necessary. So a
provider whose limit stands still is asked for more ever more rarely; well above the ceiling it is forgotten. Who never
has 20 calls in flight learns nothing about 20.

Answers that take more than twice the time of the best ones tell of a queue on the other side; then the limit falls
by a tenth.

Source: D.-M. Chiu, R. Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989; the
gradient of Netflix' concurrency-limits (Gradient2Limit, 2019), for the time of answers; RFC 9438 (CUBIC), for the way
of coming near a known ceiling slowly.
"""

from __future__ import annotations

import math
from typing import Final

__all__ = ["AdaptiveLimit"]

_GROWTH: Final = 0.2
"""How much more it may be after a proof, while no ceiling is known."""
_BACK: Final = 0.95
"""To what part of what was too many the limit falls."""
_PATIENCE: Final = (4, 4, 256)
"""How many times as many proofs as the limit one more needs: after a first refusal, times after each one near the same
ceiling, and at most."""
_NEAR: Final = 0.1
"""Up to what part of the ceiling beside it another refusal is the same ceiling's."""
_SLOWER: Final = 2.0
"""How many times the usual time an answer may take before it tells of a queue."""
_FEWEST: Final = 8
"""How many answers a judgement of their time needs."""


class AdaptiveLimit:
    """How many calls at once a provider seems to bear.

    It has no lock: what another thread or a signal handler learns meanwhile may count twice or not at all. A guess
    survives that, as long as nothing is read twice that they may take away.

    Args:
        start: The first guess.
        maximum: What it never passes.
    """

    __slots__ = ("_best", "_ceiling", "_limit", "_maximum", "_patience", "_proofs", "_times", "_told", "_told_until")

    def __init__(self, start: int, maximum: int) -> None:
        self._limit = min(start, maximum)
        self._maximum = maximum
        self._proofs = 0
        self._ceiling: int | None = None
        self._patience = 0
        self._times: list[float] = []
        self._best: float | None = None
        self._told = maximum
        self._told_until = -math.inf

    def now(self, moment: float) -> int:
        """Return the limit."""
        return min(self._limit, self._told) if moment < self._told_until else self._limit

    def went_well(self, in_flight: int, took: float | None) -> None:
        """Learn from a good answer.

        Args:
            in_flight: How many calls, this one among them, were in flight when it was sent.
            took: Its seconds; None where they say nothing, as for a stream, which goes at its reader's pace.
        """
        if took is not None and self._is_slow(took):
            self._ceiling, self._patience = self._limit, _PATIENCE[0]
            self._set(int(0.9 * self._limit))
        elif self._limit <= in_flight and self._limit < self._maximum:
            self._proofs += 1
            if self._proofs > self._patience * self._limit:
                more = max(1, int(_GROWTH * self._limit)) if self._ceiling is None else 1
                self._set(self._limit + more)
                if self._ceiling is not None and self._limit > self._ceiling * (1 + _NEAR):
                    self._ceiling, self._patience = None, 0

    def was_refused(self, in_flight: int) -> None:
        """Learn that so many in flight were too many."""
        if in_flight > self._limit:
            return  # sent before the limit fell: it tells nothing new
        if in_flight == 1 or in_flight < self._limit // 2:
            self._set(self._limit // 2)  # so few cannot have been too many: it fails for another reason
            return
        first, factor, most = _PATIENCE
        ceiling = self._ceiling
        is_known = ceiling is not None and abs(in_flight - ceiling) <= max(1.0, _NEAR * ceiling)
        self._patience = min(most, factor * self._patience) if is_known else first
        self._ceiling = in_flight
        self._set(int(_BACK * in_flight))

    def was_told(self, left: int, until: float) -> None:
        """Keep to what the provider told: so many calls at once and no more, until that moment."""
        self._told, self._told_until = max(1, left), until

    def _set(self, limit: int) -> None:
        self._limit = max(1, min(limit, self._maximum))
        self._proofs = 0
        self._times = []

    def _is_slow(self, took: float) -> bool:
        """Say, once a round, whether its answers took much longer than those of the best round."""
        times = self._times
        times.append(took)
        if len(times) < max(_FEWEST, self._limit):
            return False
        self._times = []
        middle = sorted(times)[len(times) // 2]
        # The best fades by a tenth a round: answers that are longer from now on are not a queue for ever.
        self._best = middle if self._best is None else min(middle, self._best * 1.1)
        return middle > _SLOWER * self._best
