"""Where somebody is reached: e-mail, URLs with credentials, IP and MAC addresses, telephones.

Phone numbers: international and grouped ones are known by their form, all others by the words around them.
"""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern, initials

__all__ = ["PATTERNS"]

_HEX = "[0-9A-Fa-f]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# `1.2.5.1-2` is the version of a package; `203.0.113.7-203.0.113.9` and `192.168.1.10-20` are ranges.
_REVISION = r"-\d{1,4}(?![\d.])"
_IMAGE_SCALE = re.compile(r"(?i)@\d+x\.(?:png|jpe?g|gif|webp|svg)$")
_VERSION = r"(?i)(?:\b(?:version|release|build|section|chapter|clause|firmware|upgrade(?:d)? to)|§)\W{0,3}$"
_PORT = re.compile(r":(?:80|443|8080|8443)$")
_PORT_OR_COLON = re.compile(r":\d{0,5}$")
_TOP_LEVEL = r"(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})"
_EMAIL_REST = rf"[\w.%+'-]{{0,63}}@(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?\.){{1,8}}{_TOP_LEVEL}"


def _email(text: str) -> int:
    """Turn down names of image files such as ``logo@2x.png``."""
    return 0 if _IMAGE_SCALE.search(text) else len(text)


def _url(text: str) -> int:
    """Leave the punctuation of the sentence out."""
    return len(text.rstrip(".,;:!?)]}*_"))


def _ipv6(text: str) -> int:
    """Return the length of the address, without a port that stands behind it unbracketed.

    Source: RFC 4291 section 2.2, RFC 4007 section 11 (zones).
    """
    address, _, zone = text.partition("%")
    # `a::b` is an address too, but in a program's text it is a name.
    if not any(map(str.isdigit, address)):
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
        shape="@",
        priority=20,
    ),
    PIIPattern(
        "MAC_ADDRESS",
        rf"(?<![\w:.-])(?:{_HEX}{{2}}(?P<mac>[:-])(?:{_HEX}{{2}}(?P=mac)){{4}}{_HEX}{{2}}"
        rf"|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}})(?![\w:-])",
        check=_mac,
        shape=r"[:.-][0A]{2,4}[:.-][0A]",
        priority=44,
    ),
    PIIPattern(
        "IP_ADDRESS",
        rf"(?<![\w:.])(?:{_HEX}{{0,4}}:){{2,8}}(?:{_IPV4}|{_HEX}{{1,4}})?(?:%\w[\w-]{{0,15}})?(?!\w|\.\d"
        rf"|:\w*:)",
        check=_ipv6,
        shape=r":[0A]{0,4}:",
        priority=45,
    ),
    PIIPattern(
        "IP_ADDRESS",
        rf"(?<![\w.])(?:(?=10\.|127\.|172\.|192\.168\.){_IPV4}|{_IPV4}(?!{_REVISION}))(?!\w|\.\d)",
        unless=_VERSION,
        shape=r"0\.0",
        digits=4,
        priority=46,
    ),
)

# The most digits of a number with its country code, where numbers of that country are shorter than 15.
# Source: ITU-T E.164 (15 digits), national numbering plans as listed in E.164 supplement 3.
_MOST_DIGITS = {
    prefix: int(most)
    for most, prefixes in {
        "10": "45 47 65", "11": "1 7 27 31 32 33 34 36 40 41 46 48 60 61 64 66 84 352 852",
        "12": "20 30 44 51 52 57 63 81 82 90 91 92 212 234 254 351 353 380 420 421 886 966 971 972",
    }.items()
    for prefix in prefixes.split()
}  # fmt: skip

_WORDS = (
    "tel|telephone|mobile|cell|cellular|fax|call|called|calling|dial|ring|whatsapp|signal|sms|text|texted|texting"
    "|desk|office|landline|hotline|helpline|pager|extension|reach|reached|reachable|contact|message to|messages to"
    "|registered|emergency"
    # German, Dutch, Scandinavian, Finnish
    "|telefon|telefonnummer|handy|mobil|mobilnummer|rufnummer|durchwahl|anruf|rufen|telefoon|gsm|mobiel"
    "|bel|puhelin|puh|soita"
    # French, Spanish, Portuguese, Italian
    "|téléphone|portable|appel|appelez|joindre|tél|teléfono|telefono|móvil|movil|celular|llam[ae]"
    "|llámame|telefone|telemóvel|ligue"
    "|cellulare|chiam[ai]|chiamami|recapito"
    # Polish, Czech, Hungarian, Turkish
    "|komórka|zadzwoń|numer telefonu|volejte|telefonszám|cep|cep no|telefonu|telefonum|numaram|arayın"
)
# Those of other scripts, and one that ends many a word.
_ANYWHERE = (
    "phone|телефон|тел\\.|моб\\.|звон|τηλ|電話|电话|手机|手機|携帯|连络|전화|핸드폰|휴대폰|هاتف|جوال|फोन|โทร|điện thoại"
)
_OWNERS = "my|our|his|her|their"


def _context() -> str:
    (first, whole), (more, anywhere), (others, owners) = map(initials, (_WORDS, _ANYWHERE, _OWNERS))
    own_number = rf"{owners}(?i: (?:[^\W\d_]{{2,16}} )?(?:number|one|no\.?)(?: is)?)"
    words = rf"[{first}{more}{others}](?:(?<![^\W\d_].){whole}(?![^\W\d_])|{anywhere}|(?<!\w.){own_number})"
    return rf"{words}(?:[^\d\n!?]{{0,32}}|[^\d\n]{{0,8}}\n[^\d\n]{{0,8}})$"


_CONTEXT = _context()


def _other_number() -> str:
    first, whole = initials(
        "order|invoice|account|acct|ticket|case|tracking|reference|ref|serial|customer|contract|policy|claim|flight"
        "|part|model|sku|isbn|issn|version|build|port|pid|id|zip|postcode|amount|price|total|balance"
        "|passport|licen[cs]e|card|routing|ssn|iban|vat|tax|seed|step|epoch|page|room|box|apt|suite|unit|line"
        "|error|code|commit|token|tokens"
    )
    return (
        rf"[#$€£{first}](?:(?<=[#$€£])|(?<!\w.){whole}\b)"
        r"(?:(?!(?i:phone|tel|fax|mobile|call))[^\d\n\0,;]){0,16}$"
    )


_OTHER_NUMBER = _other_number()
_EXTENSION = r"(?:x\d{1,5}|[ ]ext\.[ ]?\d{1,5})?"
_END = r"(?![\w:]|[./-]\d)"
_NUMBER = r"(?<![\w.+:/-])\(?\d(?:[ ./()-]{0,2}\d){6,14}" + _EXTENSION + _END
_DATE = re.compile(
    r"(?:1[89]|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|\d{1,2}([-/.])\d{1,2}\2(?:19|20)?\d\d(?!\d|\2)"
)
_DECIMAL = re.compile(r"\d+\.\d+$")


_NO_DIGITS = str.maketrans("", "", " ./()-+")
_CUT = re.compile(r"(?<=\d)[ ./()-]+")


def _number(text: str) -> str:
    """Return `text` without its extension."""
    return text.partition("x")[0].partition(" e")[0]


def _digits(number: str) -> str:
    return number.translate(_NO_DIGITS)


def _international(text: str) -> int:
    """Cut off the groups that are more than a number of its country has."""
    digits = _digits(_number(text).replace("(0)", ""))
    most = _MOST_DIGITS.get(digits[:1]) or _MOST_DIGITS.get(digits[:2]) or _MOST_DIGITS.get(digits[:3], 15)
    if digits.startswith("0") or len(digits) < 8:
        return 0
    if len(digits) <= most:
        return len(text)
    for cut in reversed(list(_CUT.finditer(text))):
        kept = text[: cut.start()]
        if len(_digits(kept.replace("(0)", ""))) <= most:
            return cut.start() if len(_digits(kept)) >= 8 else len(text)
    return len(text)


def _local(text: str) -> int:
    """Turn down dates and decimals, and what has too few or too many digits."""
    if _DATE.match(text) or _DECIMAL.match(text):
        return 0
    number = _number(text)
    if number.count("(") != number.count(")"):
        return 0
    return len(text) if 7 <= len(_digits(number)) <= 15 else 0


def _trunk(text: str) -> int:
    """Accept ten or eleven digits behind a trunk prefix 0."""
    return len(text) if len(_digits(text)) in {10, 11} else 0


_PHONES = (
    PIIPattern(
        "PHONE",
        r"(?<![\w+])\(?\+\(?\d(?:[ ./()-]{0,2}\d){6,15}" + _EXTENSION + r"(?!\w)",
        check=_international,
        shape=r"\+",
        digits=8,
        priority=60,
    ),
    PIIPattern(
        "PHONE",
        r"(?<![\w.+/-])(?:(?:1[ .-]|\d{1,3}-)?\(\d{3}\)[ .-]?\d{3}[ .-]\d{4}|(?:1[ .-]|\d{1,3}-|\d\d[ ])?"
        r"\d{3}(?P<sep>[ .-])\d{3}(?P=sep)\d{4})" + _EXTENSION + r"(?!\w|[.-]\d)",
        unless=_OTHER_NUMBER,
        shape="000[ .-]0000",
        digits=10,
        priority=61,
    ),
    PIIPattern(
        "PHONE",
        r"0(?<![\w.+/-]0)\d{1,4}(?P<sep>[ ./-])(?:\d{2,4}(?:(?P=sep)\d{2,4}){1,3}|\d{6,8})" + _END,
        check=_trunk,
        unless=_OTHER_NUMBER,
        digits=10,
        priority=62,
    ),
    PIIPattern("PHONE", _NUMBER, check=_local, context=_CONTEXT, unless=_OTHER_NUMBER, digits=7, priority=63),
    PIIPattern(
        "PHONE",
        _NUMBER + r"(?=(?i:-|[ ]\(|[ ])(?i:office|fax|mobile|cell|home|desk|phone)\b)",
        check=_local,
        unless=_OTHER_NUMBER,
        shape=r"0(?:-| \(?)AAA",
        digits=7,
        priority=64,
    ),
)

PATTERNS = (*_ADDRESSES, *_PHONES)
