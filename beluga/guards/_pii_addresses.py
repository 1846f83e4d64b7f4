"""Where somebody is reached in a network: e-mail, URLs with credentials, IP and MAC addresses."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern, initials

__all__ = ["PATTERNS"]

_HEX = "[0-9A-Fa-f]"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
# `1.2.5.1-2` is the version of a package; `203.0.113.7-203.0.113.9` and `192.168.1.10-20` are ranges.
_REVISION = r"-\d{1,4}(?![\d.])"
# A number behind one of these is the version of something, however much it looks like an address.
_FIRST, _TAILS = initials(
    "version|ver|release|build|sections?|chapter|clause|paragraph|firmware|driver|revision|kernel|oid"
    "|upgraded? to|upgraded? from|updated? to|updated? from|downgraded? to|downgraded? from|bumped to|bumped from"
)
_VERSION = (
    rf"[{_FIRST}§=~<>!^.A-Za-z-](?:(?:(?:(?<!\w.)|(?<=[vV])){_TAILS}|(?<=§))[\"')\]>]{{0,2}}[\s:=(]{{0,3}}[\"'(]?v?\Z"
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
    """Turn down what is nobody's: this machine, every machine, and masks.

    Source: RFC 1122 section 3.2.1.3, RFC 4632 section 3.1.
    """
    number = int.from_bytes(bytes(map(int, text.split("."))))
    mask = number >= 0xFF000000 and not (~number & 0xFFFFFFFF) & ((~number & 0xFFFFFFFF) + 1)
    return 0 if mask or number >> 24 in {0, 127} else len(text)


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
    # `a::b` is an address too, but in a program's text it is a name; `1::2` and `::2` are slices.
    if not any(map(str.isdigit, address)) or _SLICE.fullmatch(address):
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


PATTERNS = (
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
