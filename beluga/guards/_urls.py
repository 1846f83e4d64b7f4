r"""Where a URL leads, by a reading so strict that no two parsers can disagree about it.

What is fetched decides another parser than ours: httpx, urllib3, yarl, a browser. They differ on backslashes, blanks,
control characters, userinfo, missing and superfluous slashes, non-ASCII letters::

    https://example.com\@evil.test/x      a browser stops at the backslash, RFC 3986 at the @
    https:evil.test    //evil.test    ht<TAB>tps://evil.test      a browser goes there, others see a path

So whatever is not plainly ``scheme://host``, with an optional port, is refused as a whole. Texts are read again with
their percent-encoding undone, until nothing changes, so that a URL inside another one's query is seen too.

Many a tool puts the scheme in front itself, so a text that is nothing but a host and a path is read with one, too::

    evil.test/x    evil.test:8080    10.0.0.1/x    localhost:80    www.evil.test      are judged
    report.pdf/x   and/or   node.js  10.0.0.0/8    main.py:42                         are not
    url="evil.test"                  is judged too, as its name says that it is one

Source: RFC 3986 section 3; the URL Standard (WHATWG), host parsing.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from beluga.guards._normalization import normalise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["called", "hosts_of", "schemes_of", "trouble_in", "trouble_with", "trouble_without_scheme"]

_ROUNDS = 8  # of percent-encoding; who needs more hides something
# No parser looks for the host behind its end, so there letters of all scripts may stand.
_PLAIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^/?#]+)((?:[/?#][^\x00-\x20\x7f-\xa0\s]*)?)", re.IGNORECASE)
_HOSTLESS = re.compile(r"(data|tel|sms|urn|cid):(?![/\\])[!-~]*|(mailto):[\w.+-]{1,64}@([^@?#/]+)", re.IGNORECASE)
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(\[[0-9a-f:.]+\]|(?:{_LABEL}\.){{0,126}}{_LABEL}\.?)(?::(\d{{1,5}}))?", re.IGNORECASE)
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE)
_END = r"[^\s\"'<>`{}|^]"
_WEB = "https?|wss?|ftps?|file|javascript|vbscript|data|blob"
_OTHER = (
    "mailto|tel|sms|ssh|sftp|scp|git|jdbc|rediss?|ldaps?|smb|gopher|dict|s3|gs|nfs|telnet|mongodb|postgres(?:ql)?|mysql"
)
_BROKEN = "".join(rf"{letter}[\x00-\x1f]*" for letter in "http")
_CANDIDATE = re.compile(
    rf"(?i)(?<![a-z0-9+.-])(?:[a-z0-9+.-]{{2,}}+:[/\\]{_END}*"  # any scheme with a slash
    rf"|(?:{_WEB}|{_OTHER}):(?=\S){_END}*"  # these without one, too
    rf"|{_BROKEN}s?[\x00-\x1f]*:[\x00-\x1f]*[/\\]{_END}*)"  # letters torn apart
    rf"|(?<![\w:/\\.])[/\\]{{2}}{_END}+"  # the scheme of whoever reads it
    rf"|(?<![\w./-])[\w.+-]{{1,64}}@[\w.-]{{1,253}}:(?=[^\s\d]){_END}+"  # git@host:path
)
# To some parsers a host goes on behind a tab, a line break or what no URL holds, and behind an @ is the host.
_OPENING = re.compile(r"[\x00- ]*(?:[a-zA-Z0-9+.-]+:[/\\]{2}|[/\\]{2}(?=\S))([^/?#]*)")
# To a browser these need no slashes, and blanks in front of an @ are a name; to others no scheme is an empty one.
_SLASHLESS = re.compile(
    r"[\x00- ]*(?:(?:https?|wss?|ftp):(?!//[a-z0-9_\[])(?=.)|:[/\\]{2}\S|[/\\]{2}[\x85\xa0\u1680\u2000-\u3000](?=\S))",
    re.IGNORECASE,
)
_STRAY = re.compile(r"[\s\"'<>`{}|^]")
_TORN = re.compile(r"[\x00-\x1f]+\S")
_CONTROLS = re.compile(r"[\x00-\x1f]+")
_CLOSING = ".,;:!?)]*"


def hosts_of(names: Iterable[str], what: str) -> tuple[str, ...]:
    """Return hosts as they are compared: small letters, no dots around, addresses by number in their usual form.

    Raises:
        TypeError: `names`, the argument called `what`, is one string instead of several.
        ValueError: One of them is not a host.
    """
    return tuple(_listed(name, what) for name in _several(names, what))


def schemes_of(names: Iterable[str]) -> frozenset[str]:
    """Return schemes as they are compared.

    Raises:
        TypeError: `names` is one string instead of several.
        ValueError: One of them is not a scheme.
    """
    schemes = frozenset(str(name).lower().removesuffix(":") for name in _several(names, "schemes"))
    for scheme in schemes:
        if not re.fullmatch("[a-z][a-z0-9+.-]*", scheme):
            message = f"schemes: {scheme!r} is not a scheme; write only its name, such as 'https'"
            raise ValueError(message)
    return schemes


def _several(names: Iterable[str], what: str) -> Iterable[str]:
    if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
        example = f"; write {what}=[{names!r}]" if isinstance(names, str) else ""
        message = f"{what} must be several names, not one {type(names).__name__}{example}"
        raise TypeError(message)
    return names


def _listed(name: Any, what: str) -> str:
    host = name.lower().strip(".") if isinstance(name, str) else ""
    if ":" in host and not host.startswith("["):
        host = f"[{host}]"  # an IPv6 address as people write it
    place = _HOST.fullmatch(host)
    canonical = _canonical(host) if place and place[2] is None else None
    if canonical is None:
        message = (
            f"{what}: {name!r} is not a host; write the name alone, such as 'example.com', which stands for its "
            "subdomains too, with letters beyond ASCII in Punycode, and no scheme, port or path"
        )
        raise ValueError(message)
    return canonical


def trouble_in(text: str, hosts: Collection[str], schemes: Collection[str]) -> str:
    """Say what is wrong with the URLs in `text`, or nothing; a host is named, nothing else is quoted.

    Args:
        text: Any string.
        hosts: The hosts that may be named, each with its subdomains; what `hosts_of` returned.
        schemes: The schemes that may be used.
    """
    stripped = text.strip(" ")
    if " " not in stripped and _PLAIN.match(stripped) and (trouble := trouble_with(stripped, hosts, schemes)):
        return trouble
    if _goes_on(text):
        return "holds a URL that parsers read in different ways"
    for _ in range(_ROUNDS):
        # Some parsers leave tabs and line breaks out; prose with them has blanks as well.
        whole = text if " " in stripped else _CONTROLS.sub("", text)
        for url in (*_candidates(text), *(_candidates(whole) if whole != text else ())):
            if trouble := trouble_with(url, hosts, schemes):
                return trouble
        decoded = unquote(text, errors="replace")
        if decoded == text:
            return ""
        text = decoded
    return "hides a URL under many rounds of percent-encoding"


_IPV4 = r"\d{1,3}(?:\.\d{1,3}){3}"
_BARE = re.compile(
    rf"(?:[^\s/?#@]{{1,128}}@)?(?:(?:[\w-]{{1,63}}\.){{1,126}}(?:(?P<last>[^\W\d_]{{2,63}}|xn--[\w-]{{1,59}})\.?)"
    rf"|localhost\.?|{_IPV4}|\[[0-9a-f.]*:[0-9a-f:.]*\])(?P<port>:\d{{1,5}})?(?P<rest>[/?#\\].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NUMERIC = re.compile(
    r"(?:0x[0-9a-f]{1,8}|\d{8,11}|(?:0x[0-9a-f]{1,8}|\d{1,11})(?:\.(?:0x[0-9a-f]{1,8}|\d{1,11})){1,3})(?::\d{1,5})?"
    r"(?:[/?#\\].*)?",
    re.IGNORECASE | re.DOTALL,
)
_BLANK = re.compile(r"\s")
_NETWORK = re.compile(rf"{_IPV4}/\d\d?")
_WWW = re.compile(rf"(?i)(?<![\w./\\@-])www\d?\.[^\W_]{_END}*")
_HAS_SCHEME = re.compile(r"(?i)[a-z][a-z0-9+.-]*:(?!\d{1,5}(?:[/?#]|\Z))")
_RELATIVE = re.compile(r"\.{0,2}[/?#]|\Z")
# Ends of file names under which nobody can register a host, and further ones that end a file name in front of a line.
_FILES = frozenset(
    "7z avi bak bib bin bmp bz2 cfg class conf cpp csproj css csv dat db dll doc docx env exe gif git gz hpp htm html"
    " ico ini ipynb iso jar java jpeg jpg js json jsonl jsx kt lock log mkv mjs mp3 mp4 odt parquet pdf php png ppt"
    " pptx pyc rar rb rst scss sql sqlite svg swift tar tex tgz tiff tmp toml ts tsx ttf txt vue wav webp woff xls xlsx"
    " xml yaml yml".split()
)
_SOURCES = _FILES | frozenset("cc go md ml pl ps py rs sh so".split())
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_HOSTS = frozenset("host hosts hostname hostnames domain domains".split())
_URLS = frozenset("url urls uri uris href endpoint endpoints website webhook".split())


def called(path: str) -> Literal["", "url", "host"]:
    """Say what the last name in the path of an argument calls it: ``targets[0].baseUrl`` is a URL."""
    words = _WORDS.findall(path)
    last = words[-1].lower() if words else ""
    if last in _HOSTS:
        return "host"
    return "url" if last in _URLS or (len(last) > 5 and last.endswith(("url", "uri", "urls"))) else ""


def trouble_without_scheme(
    text: str, hosts: Collection[str], schemes: Collection[str], name: str = "", *, declared: bool = False
) -> str:
    """Say what is wrong with `text` where it is read as a URL without its scheme, or nothing.

    Args:
        text: Any string.
        hosts: As in `trouble_in`.
        schemes: The same.
        name: What its name calls it, as `called` says.
        declared: Whether a schema calls it so.
    """
    front = f"{min(schemes, default='https')}://"
    for _ in range(_ROUNDS):
        view = normalise(text)
        plain = _CONTROLS.sub("", view.text).strip()
        if declared and name and (name == "host" or not _RELATIVE.match(plain)):
            return trouble_with(text.strip() if _HAS_SCHEME.match(plain) else front + text.strip(), hosts, schemes)
        if _is_bare(plain, named=bool(name)):
            return trouble_with(front + text.strip().replace(" ", "%20"), hosts, schemes)
        for match in _WWW.finditer(view.text):
            start, end = view.span(*match.span())
            if trouble := trouble_with(front + text[start:end].rstrip(_CLOSING), hosts, schemes):
                return trouble
        decoded = unquote(text, errors="replace")
        if decoded == text:
            break
        text = decoded
    return ""


def _is_bare(text: str, *, named: bool) -> bool:
    """Say whether `text` is nothing but a host with a port or a path; if it is `named` so, the host is enough."""
    if named and _NUMERIC.fullmatch(text):
        return True
    bare = _BARE.fullmatch(text)
    if bare is None or _NETWORK.fullmatch(text):
        return False
    rest = bare["rest"] or ""
    if not named and (not (bare["port"] or rest) or rest[:1] in {"#", "\\"} or _BLANK.search(rest)):
        return False  # prose begins so, too; who fetches what is named a URL escapes its blanks
    return (bare["last"] or "").lower() not in (_FILES if rest or named else _SOURCES)


def _goes_on(text: str) -> bool:
    """Say whether a text is a URL in which some parsers look for the host behind what no host holds."""
    opening = _OPENING.match(text)
    stray = opening and _STRAY.search(opening[1])
    rest = opening[1][stray.start() :] if opening and stray else ""
    return bool(_SLASHLESS.match(_CONTROLS.sub("", text)) or _TORN.match(rest)) or any(sign in rest for sign in "@[]")


def _candidates(text: str) -> Iterator[str]:
    view = normalise(text)
    for match in _CANDIDATE.finditer(view.text):
        start, end = view.span(*match.span())
        given = text[start:end]
        # What was disguised, such as a full-width dot, other parsers read in their own way; behind the host it is text.
        yield given.rstrip(_CLOSING) if given == match[0] or _PLAIN.fullmatch(given) else "\\"
    if view.text != text:
        yield from (match[0].rstrip(_CLOSING) for match in _CANDIDATE.finditer(text))


def trouble_with(url: str, hosts: Collection[str], schemes: Collection[str]) -> str:
    """Say what is wrong with `url`, or nothing."""
    plain = _PLAIN.fullmatch(url)
    if plain is None:
        bare = _HOSTLESS.fullmatch(url)
        if bare and (bare[1] or bare[2]).lower() in schemes:
            return trouble_with(f"mailto://{bare[3]}", hosts, schemes) if bare[3] else ""
        return "holds a URL that parsers read in different ways"
    scheme, authority, rest = plain.groups()
    if scheme.lower() not in schemes:
        return f"holds a URL of the scheme {scheme.lower()!r}"
    place = _HOST.fullmatch(authority)
    if place is None or "\\" in rest or (rest[:1] in {"?", "#"} and "@" in rest) or int(place[2] or 0) > 65535:
        return "holds a URL that parsers read in different ways"
    host = _canonical(place[1].lower())
    if host is None or not any(host == listed or (host.endswith(f".{listed}") and listed) for listed in hosts):
        return f"names the domain {host or place[1].lower()!r}"
    inside = _CANDIDATE.search(url, plain.start(3))
    return trouble_with(inside[0].rstrip(_CLOSING), hosts, schemes) if inside else ""


def _canonical(host: str) -> str | None:
    """Return the host as it is compared; None for a number that is not an address in the usual notation."""
    try:
        if host.startswith("["):
            return ipaddress.IPv6Address(host[1:-1]).compressed
        host = host.removesuffix(".")
        # What ends in a number is an address to a browser: 127.1, 0x7f.1, 2130706433.
        if _NUMBER.fullmatch(host.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        return None
    return host
