"""What a person is known by: payment cards, bank accounts, social security, passports, dates of birth."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern, initials, spellings

__all__ = ["ENGLISH_MONTHS", "MONTHS", "PATTERNS"]

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

_FIRST, _TAILS = initials(
    r"card|visa|master\s?card|amex|american express|maestro|diners|discover|jcb|carte|karte|tarjeta|cart[aã]o|carta"
    r"|kort|карт|カード|卡"
)
_CARD_WORDS = rf"[{_FIRST}]{_TAILS}[^\d\n]{{0,32}}$"
_SSN_WORDS = r"(?i)(?:\bssn|social[\s_-]?security|\bsoc\.? sec)[^\d\n]{0,24}$"
_PHONE_WORDS = r"(?i)(?:phone|\btel|mobile|\bcell|\bfax|\bcall|\bdial|\bdesk|\boffice)[^\d\n]{0,24}$"
_PASSPORT_WORDS = (
    r"(?i)(?:passport|passeport|pasaporte|passaporto|passaporte|reisepa(?:ss|ß)|\bpass[- ]?(?:no|nr"
    r"|nummer)\b|paspoort"
    r"|paszport|pasaport|\bpassi\b|útlevél|паспорт|διαβατ[ήη]ριο|護照|护照|旅券|パスポート|여권|جواز)"
    r"(?:[^\d\n.!?\0]|[.](?=[:# ]{1,2})){0,24}$"
)


def _compact(text: str) -> str:
    return "".join(filter(str.isalnum, text))


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _luhn(digits: str) -> bool:
    """Check the last digit of a card number.

    Source: ISO/IEC 7812-1:2017, annex B.
    """
    number = digits.encode("ascii")[::-1]
    # Each digit counts as its code; those of all the zeros are taken off again.
    return (sum(number[::2]) + sum(number[1::2].translate(_DOUBLED)) - 48 * len(number)) % 10 == 0


# Source: the issuers' published ranges (ISO/IEC 7812 registry): Visa, Mastercard, American Express, Diners,
# Discover, JCB, UnionPay, Maestro.
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|5[1-5]\d{14}$|2[2-7]\d{14}$|3[47]\d{13}$|3(?:0[0-5]|[689]\d)\d{11,16}$"
    r"|6(?:011|4\d\d|5\d\d|2\d\d)\d{12,15}$|35\d{14}$|(?:2131|1800)\d{11}$|8[16]\d{14,17}$|9792\d{12}$"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3]|0604|6390|5[678]\d\d|6[037]\d\d)\d{8,15}$"
)


_GROUPS = re.compile(r"[^\d]+\d*\Z|\A\d*\Z")


def _card(text: str) -> int:
    """Return the length of the longest prefix, cut at a group, that is a card number of a known issuer."""
    number = text
    while len(digits := _compact(number)) >= 12:
        if _ISSUERS.match(digits) and _luhn(digits) and len(set(digits)) > 1:
            return len(number)
        number = _GROUPS.sub("", number)
    return 0


def _any_card(text: str) -> int:
    """Accept every number with a right check digit; its context says that it is a card."""
    digits = _compact(text)
    return len(text) if len(set(digits)) > 1 and _luhn(digits) else 0


def _iban(text: str) -> int:
    """Return how many characters the account number has, by its country and check digits.

    The match may run on into the next words: the country says where the number ends.

    Source: ISO 13616-1:2020 section 6 (mod 97).
    """
    length = _IBAN_LENGTHS.get(text[:2].upper())
    if length is None:
        return 0
    number = _compact(text)[:length].upper()
    if len(number) < length:
        return 0
    if int((number[4:] + number[:4]).translate(_LETTERS_AS_NUMBERS)) % 97 != 1:
        return 0
    end = length
    while len(_compact(text[:end])) < length:
        end += 1
    follows = text[end : end + 1]
    return 0 if follows.isdigit() or (follows.isalpha() and follows.isupper() == text[0].isupper()) else end


_LETTERS_AS_NUMBERS = {code: str(code - 55) for code in range(65, 91)}


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


_GAP = r"(?:[ ]?[./_-]{0,2}[ ]?|[ ]{2}|-?\n)"
_WORD_BEFORE = r"(?:(?<![\w.-])|(?<=(?i:ssn)))"

_NUMBERS = (
    PIIPattern(
        "IBAN",
        r"(?:(?<![A-Za-z0-9])|(?<=(?i:\biban)))[A-Za-z]{2}\d{2}(?:[ .-]{0,2}\n?[A-Za-z0-9]){11,31}",
        check=_iban,
        shape="AA00",
        digits=8,
        priority=30,
    ),
    PIIPattern(
        "CREDIT_CARD",
        # Four by four, with a separator missing, doubled or at the end of a line; also behind the letters of a word.
        r"(?<![\d_.-])(?:(?<![A-Za-z])|(?<=[A-Za-z]{3}))"
        rf"(?:\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{1,4}}(?:{_GAP}\d{{1,3}})?"
        rf"|\d{{4}}(?P<b>[ -])\d{{6}}(?P=b)\d{{4,5}}|\d{{12,19}})"
        r"(?!\w|[.-]\d)",
        check=_card,
        shape="0000",
        digits=12,
        priority=40,
    ),
    PIIPattern(
        "CREDIT_CARD",
        r"(?<![\w.-])\d(?:[ -]?\d){11,18}(?!\w|[.-]\d)",
        check=_any_card,
        digits=12,
        context=_CARD_WORDS,
        needs=f"[{_FIRST}]{_TAILS}",
        priority=41,
    ),
    PIIPattern(
        "SSN",
        rf"{_WORD_BEFORE}\d{{3}}(?P<s>--?| - )\d{{2}}(?P=s)\d{{4}}(?!\w|[.-]\d)",
        check=_ssn,
        shape="000(?:--?| - )00(?:--?| - )0000",
        digits=9,
        priority=50,
    ),
    PIIPattern(
        "SSN",
        r"(?<![\w.-])\d{3}(?P<s>[ .])\d{2}(?P=s)\d{4}(?!\w|[.-]\d)",
        check=_ssn,
        shape="000[ .]00[ .]0000",
        unless=_PHONE_WORDS,
        digits=9,
        priority=51,
    ),
    PIIPattern(
        "SSN",
        rf"{_WORD_BEFORE}\d{{3}}[ .-]{{0,3}}\d{{2}}[ .-]{{0,3}}\d{{4}}(?!\w|[.-]\d)",
        check=_ssn,
        context=_SSN_WORDS,
        needs="[sS](?i:sn|oc)",
        shape="000[ .-]{0,3}00[ .-]{0,3}0000",
        digits=9,
        priority=52,
    ),
    PIIPattern(
        "PASSPORT",
        r"[A-Z0-9](?<![\w-].)(?<=(?=[A-Z0-9]{0,6}\d{2})(?=(?:[A-Z]{0,8}\d){4}).)[A-Z0-9]{5,8}(?![\w-])",
        context=_PASSPORT_WORDS,
        needs="[pPúÚпПδΔ護护旅パ여ج](?i:as|tl|ас|ια|照|券|ス|권|و)",
        digits=4,
        priority=57,
    ),
    PIIPattern(
        "PASSPORT",
        r"[CFGHJK](?<![\w-].)[0-9CFGHJKLMNPRTVWXYZ]{7}\d(?![\w-])",
        check=_machine_readable,
        shape="A",
        digits=5,
        priority=58,
    ),
)

# Dates of birth: a date behind a word that says so.
ENGLISH_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?"
)
MONTHS = (
    ENGLISH_MONTHS
    # German, Dutch, Scandinavian
    + r"|januar[iy]?|jänner|februar[iy]?|märz|maart|mars|maj|mai|mei|juni|juli|augusti?|augustus"
    r"|okt(?:ober)?|dez(?:ember)?|desember"
    # French, Spanish, Portuguese, Italian
     + r"|janvier|février|avril|juin|juillet|août|septembre|octobre|novembre|décembre"
    r"|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    r"|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
    r"|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    # Polish, Russian, Turkish
     + r"|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"
    r"|января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
    r"|ocak|şubat|mart|nisan|mayıs|haziran|temmuz|ağustos|eylül|ekim|kasım|aralık"
)

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:1[89]|20)\d\d"
_BEGIN, _OVER = r"(?i)(?<![\w./-])", r"(?!(?!T\d\d:)\w|[./-]\d)"
_DATE = (
    rf"(?:{_YEAR}(?P<i>[-/.]){_MONTH}(?P=i){_DAY}"
    rf"|{_DAY}(?P<d>[-/.]){_MONTH}(?P=d)(?:{_YEAR}|\d\d)|{_MONTH}(?P<m>[-/.]){_DAY}(?P=m)(?:{_YEAR}|\d\d)"
    rf"|{_DAY}(?:st|nd|rd|th|er|\.|º)?[ -](?:of |de |di |d')?(?:{MONTHS})\.?,?[ -](?:of |de |del |di"
    rf" )?(?:{_YEAR}|'?\d\d)"
    rf"|(?:{ENGLISH_MONTHS})\.?[ -]{_DAY}(?:st|nd|rd|th)?,?[ -](?:{_YEAR}|'\d\d)"
    rf"|(?:19|20)\d\d年{_MONTH}月{_DAY}日?)"
)
# Right behind its key a date may be written in any way, down to its year.
_ANY_DATE = (
    rf"(?:{_YEAR}{_MONTH}{_DAY}|(?:{_DAY}[.]?[ ]{_MONTH}|{_MONTH}[ ]{_DAY})[.]?[ ]{_YEAR}|{_DAY}{_MONTH}{_YEAR}"
    rf"|{_MONTH}{_DAY}{_YEAR}"
    rf"|{_YEAR}[ -](?:{MONTHS})[ -]{_DAY}|{_DAY}(?:{ENGLISH_MONTHS})(?:{_YEAR}|\d\d)"
    rf"|(?:{MONTHS})\.?,?[ -]{_YEAR}|{_MONTH}[/.-]{_YEAR}"
    rf"|{_DAY}(?:\.|st|nd|rd|th)?[ ](?:{MONTHS})|(?:{ENGLISH_MONTHS})[ ]{_DAY}(?:st|nd|rd|th)?|{_YEAR})"
)

# In the order of the languages above, then CJK, Arabic and Hindi. The short ones must begin a word.
_LONG = (
    "birth|geboren|geburts|geboorte|fødsels|födelse|synty|naissance|nacimiento|nascimento|nascita|urodz"
    "|рожд|родил"
    "|doğum|γεννη|生年月日|出生|誕生|생년월일|출생|ميلاد|जन्म"
)
_SHORT = "dob|d.o.b|born|geb.|født|född|née|né le|né en|nacido|nacida|nació|nascido|nascida|nato|nata|ur."


_BIRTH = rf"{spellings(_LONG)}|(?<![^\W\d_])(?:{spellings(_SHORT)})(?![^\W\d_])"

_DATES = (
    PIIPattern(
        "DATE_OF_BIRTH",
        f"{_BEGIN}{_DATE}{_OVER}",
        context=rf"(?:{_BIRTH})[^\d\n\0]{{0,40}}$",
        needs=f"{spellings(_LONG)}|{spellings(_SHORT)}",
        shape=r"0[-/.]00?[-/.]0|0(?<!000)(?:AA|[.?])?[ -][A?]|A\.?[ -]00?(?!0)|0\?",
        digits=3,
        priority=55,
    ),
    PIIPattern(
        "DATE_OF_BIRTH",
        f"{_BEGIN}{_ANY_DATE}{_OVER}",
        context=rf"(?:{_BIRTH})[\w ]{{0,12}}[\"')\]]{{0,2}}[ ]{{0,2}}"
        rf"(?:[:=>|,][\s\"'(]{{0,3}}|[ ])(?i:(?:on|in|the|am|le|el|is|was)[ ]){{0,2}}\Z",
        needs=f"{spellings(_LONG)}|{spellings(_SHORT)}",
        digits=1,
        priority=56,
    ),
    PIIPattern(
        "DATE_OF_BIRTH",
        rf"{_BEGIN}{_DATE}(?=[ ,]{{0,2}}[(\"']?(?:{_BIRTH}))",
        needs=f"{spellings(_LONG)}|{spellings(_SHORT)}",
        shape=r"0[\W_]{1,3}[A?]",
        digits=3,
        priority=54,
    ),
)

PATTERNS = (*_NUMBERS, *_DATES)
