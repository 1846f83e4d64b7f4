"""Which texts of a turn are whose, and where in them a value stands.

A turn is read once, and not before somebody asks. Two texts are made of it, what can be trusted and what cannot, in the
form in which values are compared: one kind of letters, one blank between words. So a question costs a search or two,
as fast as `in`, and a few microseconds to see what the value is::

    user         Pay 50 to GB29 NWBK 6016 ...    trusted      gb29nwbk60161331926819 is there, whatever the blanks
    tool         ... NL91 ABNA 0417 1643 00      untrusted    nl91abna0417164300 is only here
    assistant    I found ...                     neither: it may repeat either
"""

from __future__ import annotations

import base64
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from beluga._foreign import get, items, text
from beluga._values.conversation import _ROLES as ROLES
from beluga._values.conversation import Place
from beluga._values.texts import Reading
from beluga.guards._normalization import normalise
from beluga.schema import AudioPart, FilePart, ImagePart

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["TURN", "History", "identifiers", "place_of", "plain"]

_RESULT_IDS: Final = ("tool_call_id", "tool_use_id")
_CALL_IDS: Final = ("id", "call_id")
_BLOCKS: Final = ("content", "parts", "tool_calls", "output")
_MEDIA: Final = frozenset(
    {"file", "input_file", "image", "image_url", "input_image", "input_audio", "document", "resource", "document_url"}
)
_OWN: Final = frozenset({"reasoning", "compaction"})  # the model's
_ASKED: Final = frozenset({"function_call", "tool_call", "custom_tool_call"})
_SAID: Final = frozenset({"", "message", "text", "input_text", *ROLES})
# A parameter, an entry or a field whose name has one of these words holds what was found, fetched or handed in.
_FOUND = re.compile(
    r"(?<![a-z])(?:documents?|docs?|contexts?|web_?pages?|pages?|articles?|attachments?|results?|snippets?|passages?"
    r"|chunks?|retrieved|fetched|scraped|crawled|html|transcript|observations?)(?![a-z])"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# What is called so may also be what was said so far.
_TALKS: Final = frozenset({"context", "contexts", "chat_context", "transcript"})
# A record with one of these fields is a found text, with all that it says of itself.
_FOUND_RECORD = re.compile(r"(.*)\.(?:page_content|snippet)$", re.DOTALL)
_STEP = re.compile(r"[\w ]*(?:\[\d+\]|\.(?:content|parts|text|output|message|tool_calls))*")

# What `Spotlight` makes of a text, whoever put it where.
_MARKED = re.compile(
    r"<<([a-z2-9]{16})>>\n(?P<delimited>.*?)\n<<\1>>|(?P<joined>[^\s\ue000-\ue00f]*[\ue000-\ue00f]\S*)"
    r"|\b[a-z2-9]{16} (?P<encoded>[A-Za-z0-9+/]{8,}={0,2})(?![\w+/=])",
    re.DOTALL,
)

_EMAIL = r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
_URL = r"[a-z][a-z0-9+.-]*://[^\s\"'<>`]+"
_IBAN = r"(?<!\w)[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{2,4}){3,9}(?!\w)"
_DIGITS = r"(?<![\w.,])\+?\(?\d(?:[ ()./-]{0,2}\d){6,24}(?![\w])"
# Words that a text asks to be said or sent on, in quotes or behind a colon.
_REQUEST = re.compile(
    r"\b(?:say|write|repeat|reply|respond|post|send|append|include|publish|quote|paste|tell)\b[^\"\n]{0,80}?"
    r"(?:\"([^\"\n]{12,300})\"| '([^'\n]{12,300})'(?!\w)|: ?(?!\")([^\"\n]{12,300}?)(?=[.!?](?: |$)|\"|$))",
    re.MULTILINE,
)
_RUN: Final = 4  # words; of seven copied in a row, four stand where they are looked for
_QUOTED: Final = 12  # characters; less may stand in two texts by chance
_IDENTIFIER = re.compile(f"(?P<url>{_URL})|(?P<email>{_EMAIL})|(?P<account>{_IBAN}|{_DIGITS})", re.IGNORECASE)
_HOST = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d+)?(?=[/?#]|$)", re.IGNORECASE)


def plain(given: str) -> str:
    """Return a text in the form in which values are compared."""
    return " ".join(normalise(given).text.casefold().split())


def identifiers(given: str) -> Iterator[tuple[str, str]]:
    """Yield the addresses of mail, links and numbers of accounts or phones in a text in its plain form, by kind."""
    for match in _IDENTIFIER.finditer(given):
        kind = match.lastgroup or ""
        value = match[0].rstrip(".,;:!?)]*_")
        host = _HOST.match(value) if kind == "url" else None
        # A link in which parsers may see several hosts is looked for as a whole.
        yield ("host", host[1].rstrip(".")) if host else (("word", value) if kind == "url" else (kind, value))


TURN: ContextVar[History | None] = ContextVar("beluga.turn", default=None)
"""The turn that is open, to which tools add what they answered."""


class History:
    """The texts of a turn, trusted and not.

    Args:
        trusted: The tools whose answers are.
        documents: The names of values that are not, beside those that say so themselves.
    """

    def __init__(self, trusted: Collection[str] = (), documents: Collection[str] = ()) -> None:
        self._trusted_tools = frozenset(trusted)
        self._documents = frozenset(documents)
        self._given: list[tuple[str, Any, str | None]] = []
        self._sides: tuple[_Side, _Side] | None = None

    def add(self, name: str, value: Any, tool: str | None = None) -> None:
        """Add a value: messages, or what `tool` answered."""
        self._given.append((name, value, tool))
        self._sides = None

    @property
    def has_untrusted(self) -> bool:
        """Whether there is any text that a stranger may have written."""
        return bool(self._read()[1])

    def is_trusted(self, kind: str, value: str) -> bool:
        """Say whether a value stands in a text that is trusted."""
        return self._read()[0].holds(kind, value)

    def untrusted_place(self, kind: str, value: str) -> str:
        """Return where a value stands in what is not trusted; empty where it does not."""
        return self._read()[1].place(kind, value)

    def quoted(self, value: str) -> str:
        """Return what of a value is copied from what is not trusted and stands in nothing that is, or nothing."""
        trusted, untrusted = self._read()
        words = value.split(" ")
        runs = [" ".join(words[at : at + _RUN]) for at in range(0, len(words) - _RUN, _RUN)]
        for each in (value, *runs):
            if len(each) >= _QUOTED and untrusted.holds("word", each) and not trusted.holds("word", each):
                return each
        return self.asked_for(value)

    def asked_for(self, given: str) -> str:
        """Return what in a value some text that is not trusted asks to be said; empty if nothing."""
        trusted, untrusted = self._read()
        requests = untrusted.requests()
        value = plain(given) if requests else ""
        return next((each for each in requests if each in value and not trusted.holds("word", each)), "")

    def _read(self) -> tuple[_Side, _Side]:
        if self._sides is None:
            self._sides = _Side(), _Side()
            for name, value, tool in self._given:
                self._sort(name, value, tool)
        return self._sides

    def _sort(self, name: str, value: Any, tool: str | None) -> None:
        if value is None or (isinstance(value, (str, list, tuple)) and not value):
            return
        found = name in self._documents or (_says_found(name) and not _is_own(name, value))
        role = "tool" if tool or found else Place().entry(name).role
        if role:
            self._take(name, value, trusted=tool in self._trusted_tools if tool else role == "system")
            return
        several = isinstance(value, (list, tuple))
        called: dict[str, str] = {}
        for at, message in enumerate(value if several else [value]):
            self._sort_message(f"{name}[{at}]" if several else name, message, called)

    def _take(self, path: str, value: Any, *, trusted: bool) -> None:
        """Take a value as a whole; one that is not trusted is read when somebody asks."""
        if trusted:
            for each in Reading(value, role="tool", name=path).texts:
                self._read()[0].add(place_of(each.path), each.value)
        else:
            self._read()[1].add(place_of(path), value)

    def _sort_message(self, path: str, message: Any, called: dict[str, str]) -> None:
        untrusted = self._read()[1]
        taken = [path + step for step, block in _blocks(message) if self._takes(path, step, block, called)]
        role = text(message, "role")
        if path in taken or role == "assistant":
            return
        unknown = role not in ROLES and any(get(message, field) is not None for field in ("content", "parts"))
        if (role and unknown) or not (role or (text(message, "type") or "") in _SAID | _ASKED):
            untrusted.add(place_of(path), message)
            return
        self._sort_texts(path, Reading(message, name=path), tuple(taken))

    def _takes(self, path: str, step: str, block: Any, called: dict[str, str]) -> bool:
        """Take a block of a message that is not a text of its own; say whether it was one."""
        untrusted = self._read()[1]
        answers = next((found for field in _RESULT_IDS if (found := text(block, field))), None)
        kind = text(block, "type") or ""
        if kind.endswith("_output"):
            answers = text(block, "call_id") or ""
        elif get(block, "toolResult") is not None:
            answers = text(block, "toolResult", "toolUseId") or ""
        if answers is not None:
            self._take(path + step, block, trusted=called.get(answers) in self._trusted_tools)
        elif kind in _OWN or (kind.endswith("_call") and kind not in _ASKED):
            for field in ("output", "outputs", "results"):
                if (told := get(block, field)) is not None:
                    untrusted.add(place_of(f"{path}{step}.{field}"), told)
        elif isinstance(block, (ImagePart, AudioPart, FilePart)) or kind in _MEDIA:
            untrusted.add(place_of(path + step), block)
        else:
            if name := text(block, "name") or text(block, "function", "name"):
                called.update((found, name) for field in _CALL_IDS if (found := text(block, field)))
            return False
        return True

    def _sort_texts(self, path: str, reading: Reading, taken: tuple[str, ...]) -> None:
        trusted, untrusted = self._read()
        for unread in reading.unread:
            if not unread.acts or _says_found(unread.path):  # a client says nothing, a browser's page may
                untrusted.add(place_of(unread.path), "")
        records = {match[1] for each in reading.texts if (match := _FOUND_RECORD.match(each.path))}
        found = tuple(record + step for record in records for step in ".[")
        for each in reading.texts:
            if each.kind == "tool_call" or each.role == "assistant" or each.path.startswith(taken):
                continue
            if each.role == "tool" or each.path.startswith(found) or _says_found(each.path[len(path) :]):
                untrusted.add(place_of(each.path), each.value)
                continue
            own = each.value
            for mark in _MARKED.finditer(each.value):
                own = own.replace(mark[0], " ")
                untrusted.add(place_of(each.path), _unmarked(mark))
            trusted.add(place_of(each.path), own)


def _says_found(path: str) -> bool:
    """Say whether a name, or one on the way to a text, says that strangers wrote what stands there."""
    return _FOUND.search(_HUMP.sub("_", path).lower()) is not None


def _is_own(name: str, value: Any) -> bool:
    """Say whether a value is none that was found though it is called so: the number of a page, what was said so far."""
    each = value if isinstance(value, (list, tuple)) else (value,)
    talk = name in _TALKS and all((text(message, "role") or text(message, "type")) in ROLES for message in each)
    return talk or isinstance(value, (int, float))


def place_of(path: str) -> str:
    """Return a path without what a stranger may have written, such as the names of entries."""
    place = _STEP.match(path)
    return place[0] if place else ""


def _blocks(message: Any) -> Iterator[tuple[str, Any]]:
    yield "", message
    for field in _BLOCKS:
        for at, block in enumerate(items(message, field) or ()):
            if not isinstance(block, str):
                yield f".{field}[{at}]", block


def _unmarked(mark: re.Match[str]) -> str:
    if mark["encoded"]:
        try:
            return base64.b64decode(mark["encoded"], validate=True).decode("utf-8", "replace")
        except ValueError:
            return mark["encoded"]
    return mark["delimited"] or re.sub("[\ue000-\ue00f]", " ", mark["joined"] or "")


class _Side:
    """The trusted or the untrusted texts of a turn, as one."""

    def __init__(self) -> None:
        self._given: list[tuple[str, Any]] = []
        self._texts: list[tuple[str, str]] = []
        self._whole = self._compact = ""
        self._read = 0
        self._requests: tuple[int, list[str]] = (0, [])

    def __bool__(self) -> bool:
        return bool(self._given)

    def add(self, place: str, value: Any) -> None:
        self._given.append((place, value))

    def requests(self) -> list[str]:
        """Return what the texts ask to be said."""
        self._take_in()
        if self._requests[0] < self._read:
            found = [match[match.lastindex or 0].strip() for match in _REQUEST.finditer(self._whole)]
            self._requests = self._read, found
        return self._requests[1]

    def holds(self, kind: str, value: str) -> bool:
        """Say whether a value stands in one of the texts."""
        self._take_in()
        if kind != "account":
            return _holds(self._whole, kind, value)
        return _number_of(value) in self._compact and _stands(self._whole, value)

    def _take_in(self) -> None:
        if self._read < len(self._given):
            for place, given in self._given[self._read :]:
                said = (given,) if isinstance(given, str) else (each.value for each in Reading(given).texts)
                self._texts += [(place, plain(each)) for each in said]
            self._read = len(self._given)
            self._whole = "\n".join(each for _, each in self._texts)
            self._compact = self._whole.translate(_BETWEEN)

    def place(self, kind: str, value: str) -> str:
        """Return the place of the text in which a value stands; empty where it does not."""
        for place, given in self._texts if self.holds(kind, value) else ():
            if _stands(given, value) if kind == "account" else _holds(given, kind, value):
                return place
        return ""


_BETWEEN: Final = dict.fromkeys(map(ord, " ()./+-\u00a0"))
_PHONE: Final = 9  # digits of a phone that are the same from inside and outside of its country


def _number_of(account: str) -> str:
    """Return the letters and digits of an account; of a phone, those that are the same wherever one calls from."""
    number = account.translate(_BETWEEN)
    return number[-_PHONE:] if account[:1] in {"+", "0", "("} and number.isdecimal() else number


def _stands(text: str, account: str) -> bool:
    number = _number_of(account)
    front = "" if number != account.translate(_BETWEEN) else r"(?<![a-z0-9])(?<![a-z0-9][./-])"
    return re.search(front + r"[ ()./+\u00a0-]{0,3}".join(number) + "(?![a-z0-9])", text) is not None


def _holds(text: str, kind: str, value: str) -> bool:
    """Say whether a word, an address of mail or a host, or what it is a subdomain of, stands in `text` as a whole."""
    joints = "" if kind == "word" else "-" if kind == "email" else "-@"
    at, size = text.find(value), len(value)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + size : at + size + 2]
        ends = not (after[:1].isalnum() or after[:1] == "_" or (joints and after[:1] == "-"))
        ends = ends and not (joints and after[:1] == "." and after[1:].isalnum())
        if ends and not (before.isalnum() or before == "_" or (before and before in joints + "." * bool(joints))):
            return True
        at = text.find(value, at + 1)
    parent = value.partition(".")[2]
    return kind == "host" and "." in parent and not value[-1].isdecimal() and _holds(text, kind, parent)
