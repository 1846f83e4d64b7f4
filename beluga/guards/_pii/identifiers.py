"""What a person is numbered by: payment cards, bank accounts, social security, passports."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern

__all__ = ["PATTERNS"]

# Source: SWIFT IBAN registry, release 99 (length of the whole number by country).
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FK FO GL NL SD", "19": "MK SI", "20": "AT BA EE KZ LT LU MN XK",
        "21": "CH CR HR LI LV", "22": "BG BH DE GB GE IE ME RS VA", "23": "AE GI IL IQ OM SO TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM",
        "28": "AL AZ BY CY DO GT HN HU LB NI PL SV", "29": "BR EG PS QA UA", "30": "JO KW MU YE",
        "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip

_CARD_WORDS = (
    r"(?i)(?:card|visa|master\s?card|amex|american express|maestro|diners|discover|jcb|carte|karte"
    r"|tarjeta|cart[aã]o"
    r"|carta|kort|карт|カード|卡)[^\d\n]{0,32}$"
)
_SSN_WORDS = r"(?i)(?:\bssn|social[\s_-]?security|\bsoc\.? sec)[^\d\n]{0,24}$"
_PHONE_WORDS = r"(?i)(?:phone|\btel|mobile|\bcell|\bfax|\bcall|\bdial|\bdesk|\boffice)[^\d\n]{0,24}$"
_PASSPORT_WORDS = (
    r"(?i)(?:passport|passeport|pasaporte|passaporto|passaporte|reisepa(?:ss|ß)|\bpass[- ]?(?:no|nr"
    r"|nummer)\b|paspoort"
    r"|paszport|pasaport|\bpassi\b|útlevél|паспорт|διαβατ[ήη]ριο|護照|护照|旅券|パスポート|여권|جواز)"
    r"(?:[^\d\n.!?\0]|[.](?=[:# ]{1,2})){0,24}$"
)


def _luhn(digits: str) -> bool:
    """Check the last digit of a card number.

    Source: ISO/IEC 7812-1:2017, annex B.
    """
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# Source: the issuers' published ranges (ISO/IEC 7812 registry): Visa, Mastercard, American Express, Diners,
# Discover, JCB, UnionPay, Maestro.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|5[1-5]\d{14}$|2[2-7]\d{14}$|3[47]\d{13}$|3(?:0[0-5]|[689]\d)\d{11,16}$"
    r"|6(?:011|4\d\d|5\d\d|2\d\d)\d{12,15}$|35\d{14}$|(?:2131|1800)\d{11}$|8[16]\d{14,17}$|9792\d{12}$"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3]|0604|6390|5[678]\d\d|6[037]\d\d)\d{8,15}$"
)


def _card(text: str) -> int:
    """Return the length of the longest prefix, cut at a group, that is a card number of a known issuer."""
    for end in _group_ends(text):
        digits = "".join(filter(str.isdigit, text[:end]))
        if len(digits) < 12:
            return 0
        if _ISSUERS.match(digits) and len(set(digits)) > 1 and _luhn(digits):
            return end
    return 0


def _any_card(text: str) -> int:
    """Accept every number with a right check digit; its context says that it is a card."""
    digits = "".join(filter(str.isdigit, text))
    return len(text) if len(set(digits)) > 1 and _luhn(digits) else 0


def _group_ends(text: str) -> list[int]:
    return [len(text), *(match.start() for match in reversed(list(re.finditer(r"(?<=\d)[ -]", text))))]


def _iban(text: str) -> int:
    """Return how many characters the account number has, by its country and check digits.

    The match may run on into the next words: the country says where the number ends.

    Source: ISO 13616-1:2020 section 6 (mod 97).
    """
    length = _IBAN_LENGTHS.get(text[:2].upper())
    if length is None:
        return 0
    places = [place for place, character in enumerate(text) if character.isalnum()]
    if len(places) < length:
        return 0
    end = places[length - 1] + 1
    number = "".join(text[place] for place in places[:length]).upper()
    follows = text[end : end + 1]
    if follows.isdigit() or (follows.isalpha() and follows.isupper() == text[0].isupper()):
        return 0
    return end if int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1 else 0


def _ssn(text: str) -> int:
    """Turn down numbers that were never given out.

    Source: SSA POMS RM 10201.035. Areas from 900 are taken for tax numbers (ITIN), not for SSNs.
    """
    digits = "".join(filter(str.isdigit, text))
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return 0 if area in {"000", "666"} or area >= "900" or group == "00" or serial == "0000" else len(text)


def _machine_readable(text: str) -> int:
    """Accept a German passport number by its check digit.

    Source: ICAO Doc 9303-3 section 4.9 (weights 7, 3, 1).
    """
    total = sum(int(character, 36) * (7, 3, 1)[place % 3] for place, character in enumerate(text[:8]))
    return len(text) if total % 10 == int(text[8]) and sum(map(str.isdigit, text)) >= 5 else 0


PATTERNS = (
    PIIPattern(
        "IBAN",
        r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,31}",
        check=_iban,
        digits=8,
        priority=30,
    ),
    PIIPattern(
        "CREDIT_CARD",
        r"(?<![\w.-])(?:\d{4}(?P<a>[ -]?)\d{4}(?P=a)\d{4}(?P=a)\d{1,4}(?:(?P=a)\d{1,3})?"
        r"|\d{4}(?P<b>[ -])\d{6}(?P=b)\d{4,5}|\d{12,19})"
        r"(?!\w|[.-]\d)",
        check=_card,
        digits=12,
        priority=40,
    ),
    PIIPattern(
        "CREDIT_CARD",
        r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?!\w|[.-]\d)",
        check=_any_card,
        digits=12,
        context=_CARD_WORDS,
        priority=41,
    ),
    PIIPattern(
        "SSN",
        r"(?<![\w.-])\d{3}-\d{2}-\d{4}(?!\w|[.-]\d)",
        check=_ssn,
        digits=9,
        priority=50,
    ),
    PIIPattern(
        "SSN",
        r"(?<![\w.-])\d{3}(?P<s>[ .])\d{2}(?P=s)\d{4}(?!\w|[.-]\d)",
        check=_ssn,
        unless=_PHONE_WORDS,
        digits=9,
        priority=51,
    ),
    PIIPattern("SSN", r"(?<![\w.-])\d{9}(?!\w|[.-]\d)", check=_ssn, context=_SSN_WORDS, digits=9, priority=52),
    PIIPattern(
        "PASSPORT",
        r"(?<![\w-])(?=[A-Z0-9]{0,6}\d{2})(?=(?:[A-Z]{0,8}\d){4})[A-Z0-9]{6,9}(?![\w-])",
        context=_PASSPORT_WORDS,
        digits=4,
        priority=57,
    ),
    PIIPattern(
        "PASSPORT",
        r"(?<![\w-])[CFGHJK][0-9CFGHJKLMNPRTVWXYZ]{7}\d(?![\w-])",
        check=_machine_readable,
        digits=5,
        priority=58,
    ),
)
