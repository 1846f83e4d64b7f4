"""Secrets masked in text and in data of any shape, before it is logged, traced or shown.

``text`` masks prose, ``data`` walks through values, and ``standins`` shows objects and exceptions masked that cannot be
copied.
"""

from __future__ import annotations

from typing import TypeVar

from beluga.masking.data import Walk, mask_text
from beluga.masking.text import MASK, is_secret_key, mask

__all__ = ["MASK", "is_secret_key", "mask", "mask_secrets", "mask_text"]

T = TypeVar("T")


def mask_secrets(data: T) -> T:
    """Return a copy of `data` with every secret in it masked; `data` itself is not changed.

    Walks mappings, sequences, sets, named tuples, attrs classes, data classes, pydantic models, exceptions,
    headers as pairs, JSON in strings, form bodies, URLs and bytes. The types of containers are kept, cycles
    are followed once, and whatever lies under a secret's name is masked whole. None, empty strings and
    booleans stay. What cannot be copied with another content is left as it is where it holds no secret; an exception
    of which one cannot make another is replaced by one that looks like it.

    Example:
        >>> mask_secrets({"model": "gpt-4o", "openai": {"token": "tok-secret-value-here", "n": 1}})
        {'model': 'gpt-4o', 'openai': {'token': 'to*****************re', 'n': 1}}
    """
    result: T = Walk(error=_stand_in, makes_errors=True).mask(data)
    return result


def _stand_in(error: BaseException) -> BaseException:
    from beluga.masking.standins import StandIns  # it needs wrapt, which takes long to import

    return StandIns().error(error)
