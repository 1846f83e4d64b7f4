"""Credentials in text: known by their provider's form, by their wrapping, or by the name in front of them."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from beluga.guards._markup import TORN
from beluga.guards._secret_assignments import assigned, logged
from beluga.guards._secret_formats import FORMATS, NAMED
from beluga.guards._secret_names import PIECES
from beluga.guards._secret_values import is_absent, is_mixed, is_random, is_varied
from beluga.guards.patterns import KeyPattern, ReadPattern, SecretPattern, Words
from beluga.guards.redactor import Redactor, passages_for
from beluga.guards.streaming import Passages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beluga.guards.patterns import Reader

__all__ = ["DEFAULT_SECRET_PATTERNS", "LOG_SECRET_PATTERNS", "SecretPattern", "SecretRedactor"]


def _private(text: str) -> int:
    """Accept a block in base64 that is the key and not its certificate."""
    head = base64.b64decode(text[:64].replace("-", "+").replace("_", "/") + "==").decode("latin-1")
    return len(text) if "PRIVATE KEY" in head else 0


_COMMANDS = "curl|mysql|mariadb|redis-cli|docker|podman|helm|smbclient|identified|SecureString"
_BETWEEN = r"(?:[ \t]+|[\"'],\s?)"
_TYPED = r"(?(q)[^\n\0]{3,256}?(?=(?P=q))|[^\s\"'\0]{3,256})"
_FURTHEST = 300  # characters of a line between a command and its option


def _typed_behind(command: str, option: str, lead: str) -> Reader:
    """Return a reader of what somebody typed behind an option of a command, as arguments are written or printed.

    It goes from option to option, and looks back for a command: looking ahead from each command would read what is
    between them once for each of them.
    """
    commands = re.compile(rf"\b(?:{command})\b")
    options = re.compile(
        rf"(?:(?<![ \t])[ \t]+|[\"'],\s?)[\"']?(?:{option})(?:{_BETWEEN}|=)?(?P<q>\\?[\"'])?{lead}(?P<value>{_TYPED})"
    )

    def read(work: str, offset: int) -> Iterator[tuple[int, int]]:
        first = commands.search(work, offset)
        last = first.start() if first else len(work)
        for found in options.finditer(work, last):
            start = found.start()
            least = max(last, start - _FURTHEST, *(work.rfind(end, last, start) + 1 for end in "\n\0"))
            if commands.search(work, least, start) and _typed(found["value"]):
                last = found.end("value")
                yield found.span("value")

    return read


def _typed(text: str) -> int:
    """Accept what somebody typed behind an option, unless it is another option or stands for another text."""
    return 0 if text.startswith("-") or is_absent(text) else len(text)


_PROVIDERS = Words(NAMED)
_NAMED_VALUE = re.compile(
    r"(?P<rest>[\w.-]{0,40}+)\\{0,2}[\"'\]]{0,2}[ \t]{0,8}(?::{0,2}=|=>|:|,)[ \t]{0,8}\\{0,2}[\"']?"
    r"(?P<value>[\w/+=:-]{14,96}+)(?![\w.(\[])"
)
_ENDS_A_WORD = re.compile(r"(?![a-z])|(?:api|app|key|token|secret|access|auth)")
# What is counted, looked up or compared, and opens nothing.
_OPENS_NOTHING = re.compile(
    r"(?i)(?:id|ids|hash|sha\d*|commit|digest|checksum|revision|rev|md5|etag|version|url|public|trace|span|alert|event"
    r"|incident|listing|track|request|message|user|username|profile|handle)\Z"
)


def _begins_a_word(work: str, place: int) -> bool:
    before, first = work[place - 1 : place] if place else "", work[place]
    return not before.isalpha() or (before.islower() and first.isupper())


def _named(work: str, offset: int) -> Iterator[tuple[int, int]]:
    """Yield the keys without a form of their own behind the name of their provider."""
    names = _PROVIDERS.within(work)
    if names is None:
        return
    place, provider = names.following(offset)
    while place < len(work):
        end = place + len(provider)
        found = _NAMED_VALUE.match(work, end) if _begins_a_word(work, place) else None
        if found and _ENDS_A_WORD.match(found["rest"]) and not _OPENS_NOTHING.search(found["rest"]):
            value = found["value"]
            if re.fullmatch(NAMED[provider], value) and is_mixed(value):
                yield found.span("value")
                end = found.end()
        place, provider = names.following(end)


_NAME = f"(?i:{'|'.join(PIECES)})"
_BASE64 = "[A-Za-z0-9+/=]"
_PEM_GAP = r"(?:\s|\\+[nrt]|[\"'+,|>#*])*+"  # breaks as they are or escaped, and what programs put around lines
_PEM_BODY = (
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_PEM_GAP}(?:{_BASE64}{{20,}}+|[A-Z][A-Za-z-]{{2,20}}:[^\n\\]{{0,100}}))*+"
)
_PEM_END = r"-----END [A-Z0-9 ]{0,32}-----"
_PEM_BEGUN = (
    r"(?:\\+|-{1,5}(?:E(?:N(?:D[A-Z0-9 ]{0,33}-{0,4})?)?)?)\Z"  # an end, or a break, of which the rest may come
)
_PEM = rf"{_PEM_BODY}(?:{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}{_PEM_END}|{_PEM_GAP}{_BASE64}{{1,76}}\Z)?"
# A block that is longer than the window goes on where the piece before it was found.
_PEM_REST = (
    rf"(?<=\0)(?:{_BASE64}*+(?:{_PEM_GAP}{_BASE64}{{40,}}+){{2,}}+|{_BASE64}{{200,}}+|(?={_BASE64}))"
    rf"(?:{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}{_PEM_END}|{_PEM_GAP}{_BASE64}{{1,76}}\Z|(?<={_BASE64}{{40}}))"
)
_PEM_LINES = (
    rf"{_BASE64}*+(?:{_PEM_GAP}{_BASE64}{{40,}}+)++{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}(?:{_PEM_END}|{_PEM_BEGUN})?"
)
# In a stream the line that shows that a block goes on is still to come.
_PEM_LINE = rf"{_BASE64}*+{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}(?:{_PEM_BEGUN}|\Z)"
# A passage goes on while the end of the block may still come.
_PEM_PASSAGE = rf"{_PEM_BODY}{_PEM_GAP}{_BASE64}{{0,76}}{_PEM_GAP}(?:{_PEM_END}|{_PEM_BEGUN})?"

_CHECKS: dict[str, Callable[[str], int]] = dict.fromkeys(
    ("OPENAI_KEY", "VOYAGE_KEY", "TAVILY_KEY", "HEROKU_KEY"), is_random
)

_ASSIGNED = ReadPattern("SECRET", _NAME, reads=assigned, priority=210)
_BY_PROVIDER = ReadPattern("SECRET", f"(?i:{'|'.join(NAMED)})", reads=_named, priority=209)
DEFAULT_SECRET_PATTERNS: tuple[SecretPattern, ...] = (
    SecretPattern("PRIVATE_KEY", _PEM, needs="-----BEGIN", priority=10),
    SecretPattern("PRIVATE_KEY", _PEM_REST, needs="\0", priority=10),
    SecretPattern(
        "JWT",
        r"(?<![\w-])eyJ[\w-]{8,2048}\.(?:eyJ[\w-]{4,4096}\.[\w-]{0,1024}"
        r"|[\w-]{0,1024}(?:\.[\w-]{8,2048}){2,3})",
        needs="eyJ",
        priority=11,
    ),
    KeyPattern("JWT", r"(?<![\w+/-])ZXlK[\w+/-]{60,8192}={0,2}", check=is_varied, needs="ZXlK", priority=12),
    KeyPattern(
        "PRIVATE_KEY",
        r"(?<![\w+/-])LS0tLS1CRUdJTi[\w+/-]{40,16000}={0,2}",
        check=_private,
        needs="LS0tLS1CRUdJTi",
        priority=13,
    ),
    *(
        KeyPattern(
            kind, rf"(?<![\w-])(?:{form})(?![\w])", check=_CHECKS.get(kind, is_varied), needs=needs, priority=20 + row
        )
        for row, (kind, needs, form) in enumerate(FORMATS)
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,64}:(?P<value>[^\s/\"'<>]{3,128})@",
        check=lambda text: not is_absent(text),
        needs="://",
        priority=200,
    ),
    SecretPattern(
        "STORAGE_KEY",
        r"(?:AccountKey|SharedAccessKey|SharedAccessSignature|sig)=(?P<value>[A-Za-z0-9+/%]{20,200}={0,2})",
        check=is_mixed,
        needs="Key=|Signature=|sig=",
        priority=201,
    ),
    SecretPattern(
        "AUTHORIZATION",
        r"(?i)(?<![a-z])bearer(?:[ ]|%20)(?P<value>[\w.~+/-]{12,2048}={0,2})(?![=])",
        check=is_mixed,
        needs="(?i)bearer",
        priority=203,
    ),
    _BY_PROVIDER,
    _ASSIGNED,
    *(
        ReadPattern("PASSWORD", command, reads=_typed_behind(command, option, lead), needs=command, priority=211)
        for command, option, lead in (
            ("curl", "-[a-zA-Z]{0,4}u|--user|-U|--proxy-user", r"[^\s:\"'\0]{1,64}:"),
            ("sshpass", "-p", ""),
            ("mysql|mysqldump|mysqladmin|mariadb", "-p", ""),
            ("redis-cli", "-a|--pass", ""),
            ("(?:docker|podman|helm)[^\n\0]{1,40}?login", "-p", ""),
            ("smbclient", "-U", r"[^\s%\"'\0]{1,64}%"),
        )
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)\bidentified\s(?:with\s[\w'\"]{1,40}\s)?(?:by|as)\s(?:password\s|values\s)?(?P<q>[\"'])(?P<value>[^\n\0]{3,256}?)(?P=q)",
        check=lambda text: not is_absent(text),
        needs="(?i)identified",
        priority=212,
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)(?:auth|credentials?|creds)\s?(?:=\s?)?\(\s?(?P<u>[\"'])[^\n\"']{1,64}(?P=u),\s?(?P<q>[\"'])(?P<value>[^\n\0]{3,256}?)(?P=q)\)",
        check=lambda text: is_mixed(text) and not is_absent(text),
        needs="(?i)(?:auth|cred)",
        priority=214,
    ),
    SecretPattern(
        "PASSWORD",
        r"(?i)SecureString\s+(?:-(?:String|AsPlainText|Force)\s+){0,3}(?P<q>[\"'])(?P<value>[^\n\0]{3,256}?)(?P=q)",
        check=lambda text: not is_absent(text),
        needs="SecureString",
        priority=213,
    ),
    SecretPattern(
        "SECRET",
        r"(?i)[?&](?:key|sig|signature|code|auth)=(?P<value>[\w%+/=.~-]{20,512})",
        check=is_mixed,
        needs="[?&]",
        priority=215,
    ),
)
"""The built-in forms: provider formats, wrappings, and values behind the names of secrets."""

# A name draws in the rest of its line, 320 characters at least, and of the next where its own ends; the head of a table
# draws in the rows below. Nothing here looks behind: a stream may have passed on what was there.
_LINE = r"[^\n]{0,320}+\S*+"
_NEXT_LINE = (
    r"(?:[^\n|]{0,100}:[ \t]*(?=\r?\n)|[^\s|]{0,60}[ \t|>+-]{0,8}(?:\S{1,3}[ \t]*)?)\r?\n(?:[-=~]{3,80}[ \t]*\r?\n)?"
    r"(?:[ \t]*\r?\n)?[ \t]*(?:`{3}[a-z]{0,12}\r?\n)?"
)
_ROWS = r"[^\n]{0,320}(?:\r?\n[^\n|+]{0,200}(?:[|+][^\n]*+|\Z))++"
_CSV = r"(?:[\"' ]{0,2}[,;\t][\w \"'.-]{0,40}){0,30}\r?\n(?:[^\n,;\t]{0,200}(?:[,;\t][^\n]*+(?:\n|\Z)|\Z))++"
# No provider's key is shorter than twenty characters.
_PASSAGES = Passages(
    gates=(re.compile(r"(?<!\S)\S{20}"), re.compile("://"), TORN),
    rest=re.compile(
        rf"{_PEM_LINES}|{_PEM_LINE}|(?=[^\s*<&]{{0,64}}+[*<&])(?=\S{{0,64}}?(?:{TORN.pattern})){_LINE}|\S*+"
    ),
    limit=16384,
    reach=4096,
    words=Words((*PIECES, *NAMED, *_COMMANDS.lower().split("|"), "-----begin")),
    block=re.compile("-----BEGIN"),
    drawn=re.compile(rf"{_PEM_PASSAGE}{_LINE}|\S{{1,12}}(?:{_ROWS}|{_CSV}|{_NEXT_LINE})?+{_LINE}"),
)


class SecretRedactor(Redactor):
    """Finds credentials and puts placeholders in their place.

    Knows the key formats of more than a hundred and sixty providers, private keys, JSON web tokens, passwords in URLs,
    authorization headers and cookies, and takes the value behind the name of a secret for one unless it is
    a word, a reference or a placeholder. Identifiers, hashes and UUIDs by themselves are left alone.

    Args:
        patterns: What to look for instead of the defaults; add to them with ``*DEFAULT_SECRET_PATTERNS``.

    Raises:
        ValueError: A pattern is not a valid regular expression, or one that can take exponential time.

    Example:
        >>> SecretRedactor().redact("password=hunter2!, retry later")
        'password=[SECRET], retry later'
    """

    name = "secret_redactor"
    _what = "secret"

    def __init__(self, *patterns: SecretPattern) -> None:
        own = [pattern for pattern in patterns if pattern not in _BUILT_IN]
        super().__init__(patterns or DEFAULT_SECRET_PATTERNS, passages_for(own, _PASSAGES))


_LOGGED = ReadPattern("SECRET", _NAME, reads=logged, priority=210)
LOG_SECRET_PATTERNS: tuple[SecretPattern, ...] = (_LOGGED, *(p for p in DEFAULT_SECRET_PATTERNS if p is not _ASSIGNED))
"""The same for a log, where everything behind the name of a password goes."""

_BUILT_IN = frozenset((*DEFAULT_SECRET_PATTERNS, _LOGGED))
