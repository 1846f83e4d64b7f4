"""Where somebody is reached on the net: e-mail, URLs with credentials, IP and MAC addresses."""

from __future__ import annotations

import re

from beluga.guards.patterns import PIIPattern

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
