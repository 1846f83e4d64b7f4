"""What tells the records that carry text from everything else."""

from __future__ import annotations

__all__ = ["Carrier"]


class Carrier:
    """Base of messages, texts, tool results, answers and their pieces: what text is read from and put back into.

    It lets ``isinstance`` find out that something is none of them without loading them all (15 ms): where there is
    one, its module is loaded already.
    """

    __slots__ = ()
