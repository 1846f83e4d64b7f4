"""What is known by its form: addresses in a network, payment cards, bank accounts, social security, passports."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern, initials

__all__ = ["PATTERNS"]

# Addresses: e-mail, URLs with credentials, IP and MAC.

_HEX = "[0-9A-Fa-f]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# `1.2.5.1-2` is the version of a package; `203.0.113.7-203.0.113.9` and `192.168.1.10-20` are ranges.
_REVISION = r"-\d{1,4}(?![\d.])"
# A number behind one of these is the version of something, however much it looks like an address.
_VERSION_FIRST, _VERSION_TAILS = initials(
    "version|ver|release|build|sections?|chapter|clause|paragraph|firmware|driver|revision|kernel|oid"
    "|upgraded? to|upgraded? from|updated? to|updated? from|downgraded? to|downgraded? from|bumped to|bumped from"
)
_VERSION = (
    rf"[{_VERSION_FIRST}§=~<>!^.A-Za-z-](?:(?:(?:(?<!\w.)|(?<=[vV])){_VERSION_TAILS}\.?|(?<=§))[\"')\]>]{{0,2}}[\s:=(]{{0,3}}[\"'(]?v?\Z"
    r"|(?<=[=~<>!])=v?\Z|(?<=[\^~])v?\Z|(?<=[A-Za-z]-)v?\Z|(?<![\w./-].)(?!ocalhost)[A-Za-z]{1,23}/v?\Z"
    r"|(?<=\.)[\w.-]{1,40}:[\w.-]{1,40}:\Z)"
)
# So is one of small parts behind a quoted name that does not say that it is an address, as lock files have them.
_NAMED = (
    r"[\"'](?!(?i:[^\"'\n]{0,40}(?:\bip|ip\b|_ip|(?-i:I[pP])|addr|host|server|client|remote|peer|src|dst|source|dest|gateway|dns|from|origin|node|user|visitor)))"
    r"[^\"'\n]{1,60}[\"'][ ]?:[ ]?[\"'][\^~=v]{0,2}\Z"
)
_PORT = re.compile(r":(?:80|443|8080|8443)$")
_PORT_OR_COLON = re.compile(r":\d{0,5}$")
_TOP_LEVEL = r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
_HOST = rf"(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,8}}{_TOP_LEVEL}"
_EMAIL_REST = rf"[\w.%+'-]{{0,63}}@{_HOST}"
_LITERAL = r"\[(?:IPv6:[0-9A-Fa-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]"
# Units of systemd, parts of programs and files: none of them is a top-level domain.
_NO_DOMAIN = re.compile(
    r"(?i)\.(?:service|socket|timer|mount|target|scope|slice|device|setter|getter|deleter|shape|astype|reshape|transpose"
    r"|png|jpe?g|gif|webp|svg|ico|css|js|jsx|tsx|json|html?|xml|txt|csv|log|gz|jar|whl|dll|exe|ya?ml|toml|ini|cfg|lock|tmp)$"
    r"|^(?:git|hg|svn)@|(?-i:^[A-Z]@[A-Z]\.[a-z])"
)


def _email(text: str) -> int:
    """Turn down files such as ``logo@2x.png``, units of a system, products of matrices, and `git@`, who is nobody."""
    return -1 if _NO_DOMAIN.search(text) else len(text)


def _ipv4(text: str) -> int:
    """Turn down what is nobody's: this machine, every machine, a cable without a router, and masks.

    Source: RFC 1122 section 3.2.1.3, RFC 3927 section 2.1, RFC 4632 section 3.1.
    """
    number = int.from_bytes(bytes(map(int, text.split("."))))
    mask = number >= 0xFF000000 and not (~number & 0xFFFFFFFF) & ((~number & 0xFFFFFFFF) + 1)
    return 0 if mask or number >> 24 in {0, 127} or number >> 16 == 0xA9FE else len(text)


def _url(text: str) -> int:
    """Leave the punctuation of the sentence out."""
    return len(text.rstrip(".,;:!?)]}*_"))


def _large(text: str) -> int:
    """Turn down what the form of small parts is for, unless it is an address of a private network."""
    small = max(map(len, text.split("."))) < 3
    return 0 if small and not text.startswith("10.") else _ipv4(text)


_SLICE = re.compile(r"\d{0,3}::\d{0,3}|::\d{4}")


def _ipv6(text: str) -> int:
    """Return the length of the address, without a port that stands behind it unbracketed.

    Source: RFC 4291 section 2.2, RFC 4007 section 11 (zones).
    """
    address, _, zone = text.partition("%")
    # `a::b` is an address too, but in a program's text it is a name; `1::2` and `::2` are slices, `fe80::` a network.
    if not any(map(str.isdigit, address)) or _SLICE.fullmatch(address) or address.endswith("::"):
        return 0
    if not zone and (port := _PORT.search(address)) and _is_ipv6(address[: port.start()]):
        return port.start()
    if _is_ipv6(address):
        return len(text)
    rest = _PORT_OR_COLON.search(address)
    return rest.start() if rest and _is_ipv6(address[: rest.start()]) else 0


def _is_ipv6(address: str) -> bool:
    """Check what the form leaves open: how many groups there are, and that ``::`` stands for some of them once."""
    groups = address.split(":")
    size = sum(map(bool, groups)) + ("." in groups[-1])
    if "::" not in address:
        return size == 8 and all(groups)
    edges = (groups[0] or address.startswith("::")) and (groups[-1] or address.endswith("::"))
    return bool(edges) and size <= 7 and ":::" not in address and address.count("::") == 1


def _mac(text: str) -> int:
    """Turn down the two addresses that are nobody's: all zeros and broadcast."""
    return 0 if set(text) - set(":-.") in ({"0"}, {"f"}, {"F"}) else len(text)


_ADDRESSES = (
    PIIPattern(
        "URL_CREDENTIALS",
        r"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>`\0]{0,64}:[^\s/\"'<>`\0]{1,128}@[^\s\"'<>`\0]{1,256}",
        check=_url,
        shape="://",
        priority=10,
    ),
    PIIPattern(
        "EMAIL",
        rf"\w{_EMAIL_REST}",
        check=_email,
        unless=r"://\Z",
        shape="@",
        priority=20,
    ),
    PIIPattern(
        "EMAIL",
        rf"\"?[^\"\s@\0<>]{{1,64}}\"@(?:{_HOST}|{_LITERAL})|\w[\w.+'-]{{0,63}}(?:@{_LITERAL}|%40{_HOST})",
        check=_email,
        shape=r'"@|@\[|%00',
        priority=21,
    ),
    PIIPattern(
        "MAC_ADDRESS",
        rf"(?:(?<![\w:.-])|(?<=(?i:\bmac)))(?:{_HEX}{{2}}(?P<mac>[:-])(?:{_HEX}{{2}}(?P=mac)){{4}}{_HEX}{{2}}"
        rf"|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}(?!\.\w))(?![\w:-])",
        check=_mac,
        shape=r"[:.-][0A]{2,4}[:.-][0A]",
        priority=44,
    ),
    PIIPattern(
        "MAC_ADDRESS",
        rf"(?<![\w.-])(?:{_HEX}{{12}}|{_HEX}{{2}}(?: {_HEX}{{2}}){{5}})(?![\w.-])",
        check=_mac,
        context=r"(?i:\bmac|hwaddr|ether|bssid)(?i:[ _-]?addr(?:ess)?)?[\"']?\W{1,3}\Z",
        needs="[mMhHeEbB](?i:ac|waddr|ther|ssid)",
        shape="[0A]{12}|[0A]{2}(?: [0A]{2}){5}",
        digits=2,
        priority=43,
    ),
    PIIPattern(
        "IP_ADDRESS",
        rf"(?<![\w:.])(?<!\w\[)(?:{_HEX}{{0,4}}:){{2,8}}(?:{_IPV4}|{_HEX}{{1,4}})?(?:%\w[\w-]{{0,15}})?(?!\w|\.\d"
        rf"|:\w*:)",
        check=_ipv6,
        shape=r":[0A]{0,4}:",
        priority=45,
    ),
    # Of small parts alone it is a version more often.
    PIIPattern(
        "IP_ADDRESS",
        rf"(?:(?<![\w.])|(?<=\b[iI][pP]))[1-9]?\d(?:\.[1-9]?\d){{3}}(?!{_REVISION})(?!\w|\.\d)",
        check=_ipv4,
        unless=f"{_VERSION}|{_NAMED}",
        shape=r"(?<!0)00?\.00?\.00?\.00?(?!0)",
        digits=4,
        priority=46,
    ),
    PIIPattern(
        "IP_ADDRESS",
        rf"(?:(?<![\w.])|(?<=\b[iI][pP]))(?:(?=10\.|172\.|192\.168\.){_IPV4}|{_IPV4}(?!{_REVISION}))(?!\w|\.\d)",
        check=_large,
        unless=_VERSION,
        shape=r"0\.0",
        digits=4,
        priority=47,
    ),
    # Behind a word for it, an address is somebody's, whichever it is.
    PIIPattern(
        "IP_ADDRESS",
        rf"(?<![\w.:])(?:::1?|127\.{_OCTET}\.{_OCTET}\.{_OCTET})(?![\w:]|\.\d)",
        context=r"\b(?i:ip|ip[ _-]?addr(?:ess)?|src|dst)[\"']?\W{1,3}$",
        shape=r"(?<![0A]):(?::|A)|000\.",
        priority=48,
    ),
)


# Numbers: cards, accounts, social security, passports.

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

_CARD_FIRST, _CARD_TAILS = initials(
    r"card|visa|master\s?card|amex|american express|maestro|diners|discover|jcb|carte|karte|tarjeta|cart[aã]o|carta"
    r"|kort|карт|カード|卡"
)
_CARD_WORDS = rf"[{_CARD_FIRST}]{_CARD_TAILS}[^\d\n]{{0,32}}$"
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
        needs=f"[{_CARD_FIRST}]{_CARD_TAILS}",
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

PATTERNS = (*_ADDRESSES, *_NUMBERS)
