"""Secrets masked in text and in data of any shape, before it is logged, traced or shown.

``text`` masks texts, ``data`` walks through values, and ``standins`` shows objects and exceptions masked that cannot be
copied.
"""

from __future__ import annotations

from beluga.masking.data import mask_secrets
from beluga.masking.text import MASK, is_secret_key, mask, mask_text

__all__ = ["MASK", "is_secret_key", "mask", "mask_secrets", "mask_text"]
