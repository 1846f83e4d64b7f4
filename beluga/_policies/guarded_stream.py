"""The window through which a guarded stream's items go.

Texts and thoughts have a channel each, because they are two texts that come in turn. What else an item carries, such as
a whole tool call, is judged at once, and goes out behind the text that came before it::

    in     "a@b"    ".c hi"     Chunk(tool_call=...)     " bye"
    text    a@b      .c hi                                bye        -> through the guards' own streams
    out              "[EMAIL]"  " hi"   Chunk(tool_call=...)  " bye"

Where a guard has no stream of its own, a channel waits for its end. So does a tool call that comes in pieces: nobody
can tell which of them is the last.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import TYPE_CHECKING, Any

import attrs

from beluga._foreign import get
from beluga._values.texts import Reading
from beluga.errors import GuardBlocked
from beluga.schema import Chunk, ToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from beluga._values.texts import Text

    Judge = Callable[[Any], Generator[Any, Any, Any]]

__all__ = ["OutputWindow"]

_NOTHING = Chunk()
_DELTAS = frozenset("content text refusal thinking reasoning reasoning_content delta summary_text".split())
_FRAGMENTS = frozenset({"arguments", "partial_json"})
_FRAGMENT = "fragment"
_UNNAMED = "unknown"
_SPACE = re.compile(r"\s*")


class _Channel:
    """One of the texts of a stream: what of it was fed and sent, and the guards' streams that it goes through."""

    def __init__(self, streams: list[Any] | None) -> None:
        self.fed = self.sent = 0.0
        self.waiting: list[str] = []  # what has to be judged at the end
        self.ready = ""  # what may go out, in the next item that has room for it
        self.last: _Item | None = None
        self._streams = streams

    def feed(self, text: str) -> str:
        self.fed += len(text)
        if self._streams is None:
            self.waiting.append(text)
            return ""
        for stream in self._streams:
            text = stream.feed(text) if text else ""
        self.sent += len(text)
        return text

    def close(self) -> str:
        self.sent = math.inf
        text, self.waiting = "".join(self.waiting), []
        for stream in self._streams or ():
            text = (stream.feed(text) if text else "") + stream.close()
        return text


@attrs.define(eq=False)
class _Item:
    """An item on its way out: it follows what was fed before it, and may have room for texts of channels.

    Args:
        value: The item.
        after: For each channel how much had been fed.
        reading: Its texts, where it is a stranger's.
        texts: Those texts, as they were judged.
        slots: Which channel each of them belongs to; None for those that have none.
        calls: The whole tool calls in it, by name and arguments.
        judged: Whether what it carries has been judged.
        has_piece: Whether it carries a piece of a tool call that has not been judged yet.
    """

    value: Any
    after: dict[str, float]
    reading: Reading | None = None
    texts: list[str] = attrs.Factory(list)
    slots: tuple[str | None, ...] = ()
    calls: list[tuple[str, Any]] = attrs.Factory(list)
    judged: bool = True
    has_piece: bool = False


class OutputWindow:
    """Takes a stream's items and gives those that may go out.

    Args:
        guards: The guards of the output.
        judge: Takes a value through them, a generator of questions.
        answer: Runs such a generator at once; None where it has to be awaited, which the end of the stream can.
        observe: Let everything through at once, and judge it at the end for the report.
    """

    def __init__(
        self, guards: Sequence[Any], judge: Judge, answer: Callable[[Any], Any] | None, *, observe: bool
    ) -> None:
        slides = not observe and all(
            callable(getattr(guard, "stream", None)) and not getattr(guard, "awaits", False) for guard in guards
        )
        self._new_streams = (lambda: [guard.stream() for guard in guards]) if slides else (lambda: None)
        self._judge = judge
        self._answer = answer
        self._observe = observe
        self._channels: dict[str, _Channel] = {}
        self._behind: list[_Item] = []
        self._fragments: list[tuple[_Item, int]] = []  # of tool calls that come in pieces: where each stands
        self._called: list[str] = []  # the names of their tools
        self._as_text = True  # the last text came as a str

    @property
    def unsettled(self) -> bool:
        """Whether something has to be judged before the end."""
        waits = any(channel.waiting for channel in self._channels.values())
        return waits or not all(item.judged and not item.has_piece for item in self._behind)

    def feed(self, item: Any) -> Iterable[Any]:
        """Take one item; return those that may go out now."""
        out: list[Any] = []
        kind = type(item)
        if issubclass(kind, str):
            self._as_text = True
            self._pass("text", item, out)
        elif kind is Chunk:
            self._as_text = False
            if item.begins:
                self._follow(_Item(Chunk(begins=True), self._fed()), judges=False)
            self._pass("thinking", item.thinking, out)
            self._pass("text", item.text, out)
            rest = attrs.evolve(item, text="", thinking="", begins=False)
            says_more = rest != _NOTHING or bool(rest.model or rest.id or rest.limits)
            if says_more or item == _NOTHING:
                self._follow(_Item(rest, self._fed()), says_more)
        elif item is None or issubclass(kind, (bool, int, float)):
            self._follow(_Item(item, self._fed()), judges=False)
        else:
            self._take_apart(item)
        out += self._released()
        return (item,) if self._observe else out

    def settle(self) -> Generator[Any, Any, None]:
        """Judge what waits for the end; a generator of questions."""
        for channel in self._channels.values():
            if channel.waiting:
                channel.waiting = [(yield from self._judge("".join(channel.waiting)))]
        for name, document, place in self._calls_in_pieces():
            call = ToolCall("", name, document) if isinstance(document, dict) else document
            judged = yield from self._judge(call)
            if call is document and self._called:  # it is a tool's all the same, as it is in a whole answer
                yield from self._judge(ToolCall("", name, {}, raw="null"))
            if judged is call:
                continue
            if place is None:
                message = "a tool call that comes in pieces cannot be changed, and a guard would change it"
                raise GuardBlocked(message, stage="output")
            item, at = place
            data: Any = judged.arguments if isinstance(judged, ToolCall) else judged
            is_json = document != item.texts[at]
            item.texts[at] = json.dumps(data, ensure_ascii=False) if is_json else data
        self._fragments, self._called = [], []
        for item in self._behind:
            item.has_piece = False
            if not item.judged:
                yield from self._judge_item(item)

    def _calls_in_pieces(self) -> Iterator[tuple[str, Any, tuple[_Item, int] | None]]:
        """Yield the name and the arguments of each tool call, and where they stand if that is one piece."""
        pieces = [item.texts[at] for item, at in self._fragments]
        edges = itertools.accumulate(map(len, pieces), initial=0)
        whole = dict(zip(itertools.pairwise(edges), self._fragments, strict=True))
        documents = [*_documents("".join(pieces))]
        if not documents:  # of tools without parameters some tell the name alone
            documents = [({}, (0, 0))] * len(self._called)
        names = self._called
        if len(names) != len(documents):  # some tell the name with each piece
            names = [names[0] if len(set(names)) == 1 else _UNNAMED] * len(documents)
        for name, (document, span) in zip(names, documents, strict=True):
            yield name, document, whole.get(span)

    def _judge_item(self, item: _Item) -> Generator[Any, Any, None]:
        if item.reading is None:
            item.value = yield from self._judge(item.value)
        for at, name in enumerate(item.slots):
            if name is None:
                item.texts[at] = yield from self._judge(item.texts[at])
        for name, arguments in item.calls:  # whose texts are among those of the item
            yield from self._judge(ToolCall("", name, arguments))
        item.judged = True

    def close(self) -> Iterable[Any]:
        """Return what was held back, when the stream has ended well and what waited was judged."""
        out: list[Any] = []
        for name, channel in self._channels.items():
            if channel.last is None:
                out += self._templated(name, channel.close())
            else:
                channel.ready += channel.close()
        out += self._released()
        for name, channel in self._channels.items():
            if channel.ready and channel.last is not None:
                out.append(self._filled(channel.last, only=name))
        return () if self._observe else out

    def _channel(self, name: str) -> _Channel:
        if name not in self._channels:
            self._channels[name] = _Channel(self._new_streams())
        return self._channels[name]

    def _fed(self) -> dict[str, float]:
        return {name: channel.fed for name, channel in self._channels.items()}

    def _pass(self, name: str, text: str, out: list[Any]) -> None:
        if text:
            channel = self._channel(name)
            channel.last = None
            out += self._templated(name, channel.feed(text))

    def _templated(self, name: str, text: str) -> list[Any]:
        if not text:
            return []
        if name == "thinking":
            return [Chunk(thinking=text)]
        return [text if self._as_text else Chunk(text)]

    def _follow(self, item: _Item, judges: bool) -> None:
        item.judged = not judges
        if judges and self._answer is not None and not self._observe:
            self._answer(self._judge_item(item))
        self._behind.append(item)

    def _take_apart(self, value: Any) -> None:
        """Send the texts of a stranger's chunk through their channels, and have the others judged."""
        from beluga._foreign.answers import tool_calls  # with all of the schema, which most guards do without

        # The last events of some streams tell all of it once more.
        whole = str(get(value, "type")).endswith((".done", ".completed", ".incomplete"))
        reading = Reading(value, role="output", in_pieces=not whole)
        if reading.unread:
            kind = reading.unread[0].type
            message = f"a guard cannot look into a stream's {kind}: yield str or Chunk, or data and objects of SDKs"
            raise TypeError(message)
        slots = tuple(None if whole else _channel_of(text) for text in reading.texts)
        item = _Item(value, {}, reading, [text.value for text in reading.texts], slots)
        if None in slots and _FRAGMENT not in slots:
            item.calls = [(name, found) for name, found in tool_calls(value) if isinstance(found, dict)]
        if not whole and not item.calls:
            called = [text.value for text in reading.texts if _names_tool(text)]
            self._called += called
            item.has_piece = bool(called) or _FRAGMENT in slots
        for at, name in enumerate(slots):
            if name == _FRAGMENT:
                self._fragments.append((item, at))
            elif name is not None:
                channel = self._channel(name)
                channel.ready += channel.feed(item.texts[at])
                channel.last = item
        item.after = self._fed()
        self._follow(item, None in slots)

    def _released(self) -> list[Any]:
        """Return the items behind which nothing is held back any more."""
        out = []
        while self._behind:
            item = self._behind[0]
            if (
                not item.judged
                or item.has_piece
                or any(self._channels[name].sent < fed for name, fed in item.after.items())
            ):
                break
            out.append(self._filled(self._behind.pop(0)))
        return out

    def _filled(self, item: _Item, only: str | None = None) -> Any:
        """Return the item with what its channels have ready for it."""
        if item.reading is None:
            return item.value
        texts = []
        for text, name in zip(item.texts, item.slots, strict=True):
            if name in (None, _FRAGMENT):
                texts.append(text)
            elif only in (None, name):
                texts.append(self._channels[name].ready)
                self._channels[name].ready = ""
            else:
                texts.append("")
        return item.reading.rebuilt(texts)


def _channel_of(text: Text) -> str | None:
    field = text.path.rpartition(".")[2].partition("[")[0]
    if field in _FRAGMENTS or (text.kind == "tool_call" and field == "delta"):
        return _FRAGMENT
    if text.kind == "key" or field not in _DELTAS or text.path.startswith(("response.", "item.", "part.")):
        return None
    return "thinking" if text.kind == "thinking" else "text"


def _names_tool(text: Text) -> bool:
    return text.kind == "tool_call" and text.path.endswith(".name") and not text.path.startswith("response.")


def _documents(text: str) -> Iterator[tuple[Any, tuple[int, int]]]:
    """Yield the JSON documents that `text` consists of, and from where to where; what is not JSON as it is."""
    read, at, size = json.JSONDecoder().raw_decode, 0, len(text.rstrip())
    while (begins := _SPACE.match(text, at).end()) < size:  # type: ignore[union-attr]  # it matches anywhere
        try:
            data, at = read(text, begins)
        except (ValueError, RecursionError):
            data, at = text[begins:size], size
        yield data, (begins, at)
