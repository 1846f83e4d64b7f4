r"""Reads what is written behind the name of a secret, in whatever way somebody has joined the two.

A name is found by a piece of it, and read as a whole; its words decide (`beluga.guards._secret_names`). What joins it
to a value is one of a dozen ways, and so is how the value ends::

    DB_PASSWORD = "it's 9 o'clock"         an assignment         quotes hold everything up to the same quote
    ['mysql', '--password', 'x']           the next argument
    {"name": "DB_PASSWORD", "value": "x"}  a field beside it
    <password>x</password>                 an element            up to the next tag
    | password | x |                       a cell, or a column
    password:\n  x                         the next line
    my password was changed to x           a sentence            only what has letters and digits

Whatever is found is judged by `beluga.guards._secret_values`. Every step looks at a bounded number of characters, so
that the whole takes time linear in the text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from beluga.guards._markup import is_markup, shown
from beluga.guards._secret_names import CLOSE, EAST, IS, LONGEST, PIECES, QUOTE, name_around
from beluga.guards._secret_values import is_absent, is_class, is_mixed, is_nothing, is_secret
from beluga.guards._tables import column_below
from beluga.guards.patterns import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beluga.guards._secret_names import Kind, Name

__all__ = ["assigned", "logged"]

_NAMES = Words(PIECES)
_CHANGED = (
    r"(?:(?:has been|have been|had been|is|was|now|got|to be)[ ])?(?:now )?"
    r"(?:changed|set|reset|updated|rotated|switched)(?:[ ](?:to|as|into))"
)
_TYPE = r"(?:[ \t]?:[ \t]?[A-Za-z_][\w.]{0,40}+(?:\[[^\]\n]{0,40}\])?(?: ?\| ?[A-Za-z_.]{1,20}){0,3}[ \t](?==(?!=)))?"
_WHOSE = r"(?:[ \t][(\[][^()\[\]\n]{1,40}[)\]]|[ \t](?:for|of|für|von|pour|de|para|di)[ \t](?:the[ \t])?[\w.@-]{1,40})?"
_ASSIGN = (
    rf"(?P<assign>{CLOSE}{_WHOSE}[ \t]{{0,8}}(?:\[ ?\d{{0,6}} ?\][ \t]?)?{_TYPE}(?:[ \t]+{IS})?[ \t]{{0,40}}"
    r"(?:=>|:{1,3}=|(?:[?.+]|\|\||&&)=|->|~>|→|⇒|[!=]={1,2}|=|:-|::?|%3[dDaA])"
    r"[ \t]{0,60})"
)
_BREAK = (  # what is under a heading's line, or behind the sign of a quotation or of a list
    r"\r?\n(?:[-=~]{3,80}[ \t]*\r?\n)?(?:[ \t]*\r?\n)?[ \t]*(?:```[a-z]{0,12}\r?\n|[-*+>][ \t])?"
)
_LINE = rf"(?P<line>[ \t#]{{0,8}}{_BREAK})"
_JOINED = re.compile(
    rf"(?P<next>\\{{0,8}}[\"'][ \t]*,\s{{0,8}}(?:default\s?=\s?)?(?={QUOTE}))"
    rf"|{_ASSIGN}|(?P<otherwise>{CLOSE}[ \t]{{0,4}}(?:or|\|\||\?\?|\?:)[ \t]{{1,4}}(?={QUOTE}))"
    rf"|(?P<call>(?:\.[A-Za-z]{{1,20}})?[({{][ \t]?(?={QUOTE}))"
    r"|(?P<element>[^<>\n\"']{0,80}>)"
    r"|(?P<keyed>[\"']\s?(?:[\w:-]{1,20}=[\"'][^\"'\n]{0,40}[\"']\s?){0,3}>)"
    r"|(?P<dash>[ \t][-–—][ \t])"
    r"|(?P<cell>[ \t`*_\"']{0,20}\|[ \t`*]{0,80})"
    rf"|(?P<sentence>[\"']?[ \t]{{1,4}}(?:{_CHANGED}|{IS})[ \t]*:?[ \t]+)"
    rf"|(?P<east>[ \t]?(?:是|为|為|は|が|는|은|이|가)[ \t]?)"
    rf"|{_LINE}|(?P<blank>[ \t]{{1,20}})"
)
_JOINED_BY = {**dict.fromkeys(":=", re.compile(_ASSIGN)), **dict.fromkeys("\r\n", re.compile(_LINE))}
"""The most usual signs leave no choice, and trying one way takes a third of the time."""
_SIBLING = re.compile(
    r"\\{0,8}[\"']?[)\]]?[ \t]*[,;]?\s{0,60}(?:\\{0,8}[\"']?(?:type|secret|sensitive|description|kind|enabled|scope"
    r"|is[_A-Za-z]+)\\{0,8}[\"']?\s?[:=]\s?"
    r"[^\n,]{0,40}[,\n]\s{0,60}){0,3}\\{0,8}[\"']?(?:[Vv]alue|VALUE|val|content|default|newValue|secretValue"
    r"|current)\\{0,8}[\"']?\s{0,3}[:=]\s{0,3}"
)
_TAG = frozenset("<>:")
_OPEN_TAG = re.compile(r"[^<>\n]{0,80}(?<!/)>(?:\s{0,40}<[Vv]alue>)?")
_NEXT_TAG = re.compile(r"</(?!li>)[\w:]{1,40}>\s{0,60}<[\w:]{1,40}>")
_PREFIX = re.compile(r"<\w{1,18}:\Z")
_CONTENT = re.compile(r"\s{0,40}(?:<!\[CDATA\[)?([^<\0]{1,4096}?)(?:\]\]>)?\s{0,40}(?:</|\Z)")
_KEYED = re.compile(r"(?i)(?:key|name)=[\"']\Z")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")  # `ENV API_KEY x`, `setx API_KEY x`
_NAMED = re.compile(
    r"(?i)(?:\b|_)(?:name|key|field|header|variable|var|param|parameter|id|label|property|option|env)"
    r"\\{0,8}[\"']?\s?(?:[:=]|=>)\s?(?:\\{0,8}[\"'])?\Z"
)
_TOLD = 24  # characters before a name in which `name:` may stand
_NEWLINE = re.compile(rf"(?:[|>][+-]?\d?[ \t]*)?{_BREAK}")
# What may stand before a quotation: the sign of its kind, or something that is called with it.
_LEAD = re.compile(r"(?:[bBrRuUfFLl@$]{1,2}|(?:new )?[A-Za-z][\w.:]{0,60}+\()(?=\\{0,8}[\"'`])")
_GETTER = re.compile(
    r"(?i)(?:.*[._:]|)(?:get|env|fetch|load|read|find|input|prompt|require|config|lookup|var|param|gettext|t|_"
    r"|translate"
    r"|select|query|has|is|check|verify|validate|decode|delete|remove|path|open|field|column|include|data"
    r"|resource)\w*\(?\Z"
)
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|digest|negotiate|apikey|bot|aws4-hmac-sha256)(?:[ ]|%20)+(?=\S)")
_OPEN = re.compile(QUOTE)
_QUOTES, _BREAKS = frozenset("\"'`\\\r\n"), frozenset("|>\r\n")
_CLOSING = {"「": "」", "『": "』"}
_FURTHEST = 4096  # characters that a value may have
_SHORTEST_ALONE = 6  # characters of a value that only a blank joins to its name
_BRACED = re.compile(r"\{((?:[^{}\n]|\}\}){3,200})\}(?=;)")
_WORD = re.compile(r"[^\s\"'`,;&<>(){}\[\]\0\\|]{1,4096}")
_PASSWORD = re.compile(r"[^\s\"'`,;&<>\0\\|]{1,4096}")
_FORMS = {
    "flag": re.compile(r"[^\s\"'`\0]{1,4096}"),
    "line": re.compile(r"\S{1,512}(?=[ \t]*(?:\r?\n|\Z))"),
    "cell": re.compile(r"[^|\n\0]{1,512}"),
    "east": re.compile(r"[!#-&(-+\--;=?-_a-z{|}~]{3,512}"),
}
_DEFAULT = re.compile(r"[^{}\s\"']{1,512}(?=\})")
_COOKIES = re.compile(r"[\w.-]{1,64}=[^\r\n\"'\0]{3,4096}")
_CODES = re.compile(r"[\w-]{3,24}(?:[ ,\t]{1,3}[\w-]{3,24}){0,15}")
_SENTENCE_END = ".,;:)]}'\"`"  # not `!` and `?`: passwords end in them
_ENDS_LOGGED = re.compile(
    r"[\n\r\0]|[,;](?=\s|\Z)|[ \t]+(?=[\w.-]{1,40}+[\"']?[=:](?!/))|\s[-|–—]\s|[\"'](?=[,;}\])\s]|\Z)"
    r"|[)\]}]+(?=[\s,;.:]|\Z)"
    r"|[&;](?=[\w .-]{1,40}+=)|</"
)
_CERTAIN = frozenset("assign flag cell east dash".split())
"""The ways to join that leave no doubt; in a log, all that is joined to a password's name in one of them goes."""
_VAGUE = frozenset("next call line sentence blank cell dash".split())
"""Those behind which a word is just a word."""
_COUNTED = frozenset({"token", "number"})
_PIECE = re.compile(  # the token is a piece of a text
    r"[\\\"']{1,8}\s?,\s{0,20}[\\\"']{0,8}(?:logprob|top_logprobs|token_str|bytes|score|prob|start|offset)\b"
)


def assigned(work: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield where the secrets are behind the names in `work` from `offset` on, in prose and code."""
    return _read(work, offset, logged=False)


def logged(work: str, offset: int) -> Iterator[tuple[int, int]]:
    """Do what `assigned` does for a line of a log, where all that stands behind a password's name is taken for it."""
    return _read(work, offset, logged=True)


def _read(work: str, offset: int, *, logged: bool) -> Iterator[tuple[int, int]]:
    """Yield what is found in `work` as it is written, and where there is markup also as that shows it."""
    written = work[offset:]
    view, stressed = shown(written)
    if view.text is written:
        yield from _found(work, offset, frozenset(), logged=logged)
        return
    spans = [*_found(work, offset, frozenset(), logged=logged)]
    for first, behind in _found(work[:offset] + view.text, offset, stressed, logged=logged):
        start, end = view.span(first - offset, behind - offset)
        spans.append((start + offset, end + offset))
    spans.sort(key=lambda span: (span[0], -span[1]))
    last = offset
    for (start, end), inner in pairwise([*spans, (0, 0)]):
        if end <= last or is_markup(work[start:end]):
            continue
        first, behind = max(start, last), end
        # What is masked shows its edges, and those of the secret are to be hidden, not those of the markup around it.
        if start <= inner[0] < inner[1] <= end and all(map(is_markup, (work[start : inner[0]], work[inner[1] : end]))):
            first, behind = max(inner[0], last), inner[1]
        if work[first - 1 : first] in _STRESSING:
            behind -= len(work[first:behind]) - len(work[first:behind].rstrip(work[first - 1]))
        if first < behind:
            yield first, behind
        last = end


_STRESSING = frozenset("*~_")


def _found(work: str, offset: int, stressed: frozenset[int], *, logged: bool) -> Iterator[tuple[int, int]]:
    """Yield the values behind the names in `work`.

    Args:
        work: A text.
        offset: Where to begin.
        stressed: The places behind `offset` where something stressed ends.
        logged: Whether everything behind a password's name is one.
    """
    names = _NAMES.within(work)
    if names is None:
        return
    size, done, table = len(work), offset, 0
    place, piece = names.following(offset)
    while place < size:
        end = place + len(piece) - (piece[-1] in _SIGNS)
        spans: Iterable[tuple[int, int]] = ()
        heads = place >= table and _HEADS.match(work, end)
        if heads or _LEADS.match(work, end) or "-" in work[max(0, place - _OPTION) : place]:
            name = name_around(work, place, end)
            end = name.end
            if name.kind and heads and (column := _column(work, name)):
                table, spans = column
            elif name.kind and not (name.kind in _KEYS and _DULL.match(work, end)):
                spans = _values(work, name, stressed=name.end - offset in stressed, logged=logged)
        for start, stop in spans:
            end = max(end, start)
            if done <= start < stop and "\0" not in work[start:stop]:
                yield start, stop
                done = stop
        place, piece = names.following(max(end, done, place + 1))


_SIGNS = frozenset(":=\"'")  # a piece such as `pin=` ends in
# A word behind the name of a key is none: a word has no digits, and few capitals.
_KEYS, _DULL = (
    frozenset({"key", "token", "secret"}),
    re.compile(r"(?:[:=][ \t]?|[ \t]{0,8}\r?\n)[a-z]{1,11}(?=[\s,;]|\Z)(?![ \t]{0,4}[=|])"),
)
_OPTION = 24  # those of them in which the hyphen of an option is
_HEADS = re.compile(r"[\w.-]{0,40}+[\"'`*]{0,2}[ \t]{0,40}(?:[|,;\t]|\r?\n)")
# What may stand behind a piece of a name at all, so that most pieces need no more than this look.
_LEADS = re.compile(
    rf"[^\W{EAST}]{{0,{LONGEST}}}+(?:[.-][^\W{EAST}]{{1,{LONGEST}}}+){{0,4}}+[\"'`\])\\*]{{0,8}}+"
    rf"(?:[-:=,|<>({{\n→⇒–—~!?\[;&%.+]|[^\s!-~]{{0,4}}(?:[是为為はが는은이가]|キー|키|コード|ID)"
    rf"|[ \t]{{1,8}}+(?:[-:=|<>({{.+?&#\n→⇒–—~!?\[{EAST}\"'`]"
    rf"|(?:{IS}|or|has|have|now|be|changed|set|reset)\b"
    r"|[^\W\d_]{1,14}+(?:[ '’][^\W\d_]{1,14}+){0,2}[\"']?[ \t]{0,4}[:=|→-]|[^\s\d]{0,40}+\d))"
)


def _values(work: str, name: Name, *, stressed: bool, logged: bool) -> Iterator[tuple[int, int]]:
    """Yield the values that the name is joined to."""
    at, kind = name.end, name.kind
    before = work[name.start - 1 : name.start] if name.start else ""  # an option's hyphen, a tag's bracket
    if before in _TAG and (content := _in_element(work, name, before)):
        yield from _element(work, content, kind, sure=False)
        return
    told = work[max(0, name.start - _TOLD) : name.start]
    if (":" in told or "=" in told) and (sibling := _SIBLING.match(work, at)) and _NAMED.search(told):
        yield from _value(work, sibling.end(), kind, "assign", logged=logged)
        return
    joined = _JOINED_BY.get(work[at : at + 1], _JOINED).match(work, at)
    how = (joined and joined.lastgroup) or ""
    if joined is None or how == "element":
        return
    if how == "keyed":
        if _KEYED.search(work, max(0, name.start - 8), name.start):
            yield from _element(work, joined.end(), kind, sure=True)
        return
    if how in {"next", "blank"} and before == "-":
        how = "flag"
    if (
        (how == "next" and before not in {'"', "'"})
        or (how == "blank" and not stressed and kind != "password" and not _VARIABLE.match(name.text))
        or (how == "call" and _GETTER.match(name.text))
    ):
        return
    if joined[0].endswith(":-") and (default := _DEFAULT.match(work, joined.end())):
        if is_secret(default[0], kind, quoted=True, plain=True):
            yield default.span()
        return
    yield from _value(work, joined.end(), kind, how, logged=logged)


def _in_element(work: str, name: Name, before: str) -> int:
    """Return where the content of the element begins that the name names; 0 where it names none."""
    if before == ">":
        tag = _NEXT_TAG.match(work, name.end)
    else:
        tag = (
            _OPEN_TAG.match(work, name.end)
            if before == "<" or _PREFIX.search(work, max(0, name.start - 20), name.start)
            else None
        )
    return tag.end() if tag else 0


def _value(work: str, at: int, kind: Kind, how: str, *, logged: bool) -> Iterator[tuple[int, int]]:
    """Yield where a value is that begins at `at`, joined to its name in the way `how`."""
    if how in {"assign", "sentence"} and work[at : at + 1] in _BREAKS and (newline := _NEWLINE.match(work, at)):
        at, how = newline.end(), "line"
    plain = how == "flag" or (how == "assign" and work[at - 1] == "=" and work[at - 2 : at - 1] != "=")
    certain = logged and kind == "password" and how in _CERTAIN
    lead = _LEAD.match(work, at) if work[at : at + 1] not in _QUOTES else None
    called = lead is not None and lead[0].endswith("(")
    if lead is not None:
        if called and _GETTER.match(lead[0]):
            return
        at = lead.end()
    if (quote := _OPEN.match(work, at)) is not None:
        closed = _closed(work, quote)
        if closed is not None:
            start = _behind_scheme(work, quote.end())
            text = work[start:closed]
            if certain:
                right = not is_nothing(text)
            else:
                right = _is_quoted(work, start, closed, kind, sure=how in _VAGUE or called, plain=plain)
            if right and not (lead is not None and "f" in lead[0] and "{" in text):
                yield start, closed
            return
        at = quote.end()
    if how in {"next", "call", "otherwise"}:
        return
    if certain and not _BRACED.match(work, at):
        end = _ENDS_LOGGED.search(work, at, at + _FURTHEST)
        text = work[at : end.start() if end else at + _FURTHEST].strip()
        if not is_nothing(text):
            yield at, at + len(text)
    elif span := _bare(work, at, kind, how, plain=plain):
        yield span


def _is_quoted(work: str, start: int, end: int, kind: Kind, *, sure: bool, plain: bool) -> bool:
    """Say whether what stands in quotes is a secret; where it must be `sure`, a word is none."""
    text = work[start:end]
    if kind in _COUNTED and _PIECE.match(work, end):
        return False
    return is_secret(text, kind, quoted=True, plain=plain) and (not sure or _is_certain(text))


def _bare(work: str, at: int, kind: Kind, how: str, *, plain: bool) -> tuple[int, int] | None:
    """Return where a value without quotes is."""
    if kind == "cookie":
        cookies = _COOKIES.match(work, at)
        if cookies is None:
            return None
        # Of those that hold no secret an empty place is the end: up to there all was read.
        start, end = cookies.span()
        return (start if is_secret(cookies[0], kind, quoted=True, plain=True) else end), end
    if kind == "password" and (braced := _BRACED.match(work, at)):
        return None if is_absent(braced[1]) else braced.span(1)
    at = _behind_scheme(work, at)
    if kind == "number" and (codes := _CODES.match(work, at)):
        several = any(map(str.isdigit, codes[0].rsplit(None, 1)[-1]))
        text = codes[0] if several else codes[0].split()[0]
        if is_secret(text, kind, quoted=False, plain=plain):
            return at, at + len(text)
    match = (_FORMS.get(how) or (_PASSWORD if kind == "password" else _WORD)).match(work, at)
    if match is None or is_absent(match[0]):
        return None
    if how == "cell":
        text = match[0].strip()
        at += len(match[0]) - len(match[0].lstrip())
    else:
        text = match[0].rstrip(_SENTENCE_END)
        if work[match.end() : match.end() + 1] in {"(", "[", "{"}:
            return None  # the name of a function, or of a table
    if how in _VAGUE and (not _is_certain(text) or (how == "blank" and (len(text) < _SHORTEST_ALONE or "/" in text))):
        return None
    return (at, at + len(text)) if is_secret(text, kind, quoted=how == "cell", plain=plain) else None


def _is_certain(text: str) -> bool:
    """Say whether `text` is more than a word: it has letters and digits, or a sign that words do not have."""
    return bool(is_mixed(text)) and not is_class(text)


def _behind_scheme(work: str, at: int) -> int:
    scheme = _SCHEME.match(work, at)
    return scheme.end() if scheme else at


def _closed(work: str, quote: re.Match[str]) -> int | None:
    """Return where the quotation ends that `quote` opens: at the same quote, as deep in escapes."""
    mark = _CLOSING.get(quote[0], quote[0])
    at = quote.end()
    last = min(len(work), at + 4096)
    while True:
        at = work.find(mark, at, last)
        if at < 0 or (len(mark) < 3 and "\n" in work[quote.end() : at]):
            return None
        behind = at + len(mark)
        if work[at - 1] == "\\" and (mark[0] == "\\" or work[at - 2] != "\\"):
            at += 1
        elif mark == "'" and work.startswith("'", behind) and work[behind + 1 : behind + 2].isalnum():
            at = behind + 1
        else:
            return at


def _element(work: str, at: int, kind: Kind, *, sure: bool) -> Iterator[tuple[int, int]]:
    """Yield where the text of an element is; where one must be `sure`, a word is none."""
    match = _CONTENT.match(work, at)
    if match is None:
        return
    text = match[1].strip()
    start = match.start(1) + match[1].find(text)
    told = (not sure and " " not in text) or _is_certain(text)
    if told and is_secret(text, kind, quoted=True, plain=True):
        yield start, start + len(text)


def _column(work: str, name: Name) -> tuple[int, list[tuple[int, int]]] | None:
    """Return where the table ends that the name heads a column of, and the cells below that are secrets."""
    below = column_below(work, name.start, name.end)
    if below is None:
        return None
    end, mark, cells = below
    found = []
    for start, stop in cells:
        text = work[start:stop]
        told = is_secret(text, name.kind, quoted=True, plain=True) and _is_certain(text)
        if told and (mark != "|" or is_mixed(text) or " " not in text):
            found.append((start, stop))
    return end, found
