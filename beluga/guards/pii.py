"""Personal data: found by form, check digits and context, and replaced."""

from __future__ import annotations

import re

from beluga.guards import _pii_contacts, _pii_identifiers
from beluga.guards.patterns import PIIPattern, initials
from beluga.guards.redactor import Redactor, passages_for
from beluga.guards.streaming import Passages
from beluga.guards.vault import Vault

__all__ = ["DEFAULT_PII_PATTERNS", "PIIPattern", "PIIRedactor"]

DEFAULT_PII_PATTERNS: tuple[PIIPattern, ...] = (
    *_pii_contacts.PATTERNS,
    *_pii_identifiers.PATTERNS,
)
"""The ten built-in kinds; some of them have several forms."""

# A word with a digit may go on in the next word, behind a single blank; so may a month, a group of capitals
# inside an account number, the small words of a date, and the bank behind an account number's first group.
# Anything else ends the passage.
_BLANK = "[ \\t\\xa0\\u2000-\\u200a\\u202f\\u205f\\u3000\\x1c-\\x1f]"
_DIGITS = r"\d\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793"
_FIRST, _TAILS = initials(_pii_identifiers.MONTHS)
_MONTH = rf"[{_FIRST}]{_TAILS}[.,]?(?=\s|\Z)"
_ACCOUNT = rf"[A-Za-z]{{2}}\d\d{_BLANK}[A-Za-z]{{4}}(?=\s|\Z)"
_LINK = (
    rf"(?:{_ACCOUNT}|[^\s\d]*+[{_DIGITS}]\S*+|[A-Z]{{1,4}}(?=\s|\Z)|{_MONTH}"
    r"|(?:of|de|del|di|ext\.)(?=\s|\Z)|(?=\()\S*+)"
)
_PASSAGES = Passages(
    # One set, to which `re` skips forty times as fast as it tries alternatives everywhere, and then what it may be.
    gates=(
        re.compile(
            rf"[{_DIGITS}@\uff20\ufe6b:.jfmasondJFMASOND-]"
            rf"(?:(?<![a-zA-Z:.-])|(?<=:)(?=:|//)|(?<!\w.)(?<=(?=(?i:{_pii_identifiers.ENGLISH_MONTHS})\b).)"
            r"|(?<=[A-Fa-f]{2}[:.-])[A-Fa-f]{2}(?:[:-]|(?<=[A-Fa-f]{4}\...)[A-Fa-f]{2}\.))"
        ),
    ),
    rest=re.compile(rf"(?:{_LINK}{_BLANK})*+\S*+"),
    limit=1024,
    reach=512,
)


class PIIRedactor(Redactor):
    """Finds personal data and puts placeholders in its place.

    Ten kinds by default: EMAIL, PHONE, SSN, CREDIT_CARD, IBAN, IP_ADDRESS, MAC_ADDRESS, DATE_OF_BIRTH,
    PASSPORT and URL_CREDENTIALS. Numbers are validated (Luhn, mod 97, ranges, octets), dates of birth,
    passports and local phone numbers are known by the words around them, and disguises (full-width digits,
    invisible characters) are seen through. Takes time linear in the text.

    Args:
        patterns: What to look for instead of the defaults; add to them with ``*DEFAULT_PII_PATTERNS``.
            A pattern of your own goes before the built-in ones. It finds up to 512 characters; in a stream
            it holds back a word, a line or more, as far as it can match.
        reversible: True gives stable pseudonyms and a ``vault`` to take them back; a `Vault` shares one.

    Raises:
        ValueError: A pattern is not a valid regular expression, or one that can take exponential time.

    Example:
        >>> PIIRedactor().redact("Mail ana@example.com or call 555-123-4567")
        'Mail [EMAIL] or call [PHONE]'
        >>> redactor = PIIRedactor(reversible=True)
        >>> redactor.vault.restore(redactor.redact("Mail ana@example.com"))
        'Mail ana@example.com'
    """

    name = "pii_redactor"
    _what = "PII"

    def __init__(self, *patterns: PIIPattern, reversible: bool | Vault = False) -> None:
        own = [pattern for pattern in patterns if pattern not in _BUILT_IN]
        super().__init__(patterns or DEFAULT_PII_PATTERNS, passages_for(own, _PASSAGES), vault=_vault(reversible))


def _vault(reversible: bool | Vault) -> Vault | None:
    if isinstance(reversible, Vault):
        return reversible
    return Vault() if reversible else None


_BUILT_IN = frozenset(DEFAULT_PII_PATTERNS)
