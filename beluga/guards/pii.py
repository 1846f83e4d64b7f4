"""Personal data: found by form, check digits and context, and replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from beluga.guards._pii import addresses, dates, identifiers, phones
from beluga.guards.patterns import PIIPattern
from beluga.guards.redaction import Redactor
from beluga.guards.stream import Passages

__all__ = ["DEFAULT_PII_PATTERNS", "PIIPattern", "PIIRedactor"]

DEFAULT_PII_PATTERNS: tuple[PIIPattern, ...] = (
    *addresses.PATTERNS,
    *identifiers.PATTERNS,
    *dates.PATTERNS,
    *phones.PATTERNS,
)
"""The ten built-in kinds; some of them have several forms."""

# A word with a digit may go on in the next word, behind a single blank; so may a month, a group of capitals
# inside an account number, and the small words of a date. Anything else ends the passage.
_BLANK = "[ \\t\\xa0\\u2000-\\u200a\\u202f\\u205f\\u3000\\x1c-\\x1f]"
_DIGIT = r"[\d\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]"
_MONTH = rf"(?i:{dates.MONTHS})[.,]?(?=\s|\Z)"
_LINK = rf"(?:[^\s\d]*+{_DIGIT}\S*+|[A-Z]{{1,4}}(?=\s|\Z)|{_MONTH}|(?:of|de|del|di|ext\.)(?=\s|\Z)|(?=\()\S*+)"
_PASSAGES = Passages(
    gates=(
        re.compile(
            rf"{_DIGIT}|[@\uff20\ufe6b]|::|://|\b(?i:{dates.ENGLISH_MONTHS})\b"
            r"|[A-Fa-f]{2}(?P<mac>[:-])[A-Fa-f]{2}(?P=mac)|[A-Fa-f]{4}\.[A-Fa-f]{4}\."
        ),
    ),
    rest=re.compile(rf"(?:{_LINK}{_BLANK})*+\S*+"),
    limit=1024,
    reach=512,
)


class PIIRedactor(Redactor):
    name = "pii_redactor"
    _what = "PII"

    def __init__(self, *patterns: PIIPattern) -> None:
        super().__init__(patterns or DEFAULT_PII_PATTERNS, _PASSAGES)
