"""Read YAML by the core schema of version 1.2, from PyYAML's events.

PyYAML itself follows version 1.1, where ``010`` is 8, ``1:30`` is 90, ``1_000`` is 1000 and ``no`` is false. It lets
the last of two equal keys win, and unfolds aliases wherever they stand, so that a file of 300 bytes can stand for a
thousand million values. Here numbers are what they look like, ``yes`` and ``no`` are texts, a key given twice is an
error with its line, and the values that aliases stand for are counted before anybody walks over them. Merge keys
(``<<``) are of 1.1 and widely used, so they stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from beluga.config.problems import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["DEEPEST", "Lines", "read", "yaml_lines"]

Lines = dict[tuple[str | int, ...], int]
"""For each path its line, counted from 1."""

DEEPEST: Final = 200
"""Levels of a document. Python's own stack ends at 1,000, and each level of a schema needs a few."""

_UNFOLDED: Final = 10
"""Values that all aliases together may stand for, for each character of the file, and 10,000 besides."""

_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL: Final = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
"""Source: YAML 1.2.2, section 10.3.2."""

_NO_KEY: Final = object()
_MERGE: Final = object()
_TAG: Final = "tag:yaml.org,2002:"


@attrs.define
class _Open:
    """A list or table whose end has not come."""

    holder: Any
    anchor: str | None
    key: Any = _NO_KEY
    merges: list[dict[Any, Any]] = attrs.field(factory=list)
    size: int = 1


def read(text: str, refuse: Callable[[str, int | None], NoReturn]) -> tuple[Any, list[tuple[Any, ...]]]:
    """Return what the document holds, and the paths of the keys that have nothing behind them.

    Args:
        text: The document.
        refuse: Given a rule and a line, raises the error that says so.
    """
    builder = _Builder(refuse, len(text))
    for event in _events(text, refuse):
        builder.take(event)
    return builder.root, builder.empty


def _events(text: str, refuse: Callable[[str, int | None], NoReturn]) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 12 times as fast
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.reader.ReaderError as error:
        refuse("is not YAML: it holds a character that cannot be read", text.count("\n", 0, error.position) + 1)
    except yaml.MarkedYAMLError as error:
        # str(error) would quote the line.
        what = str(error.problem or error.context or "it cannot be read")
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else None  # the end of the text may have a line of its own
        refuse("is nested too deeply" if "nesting depth" in what else f"is not YAML: {what}", line)


class _Builder:
    """Builds one document, event by event, with a stack of its own instead of Python's."""

    def __init__(self, refuse: Callable[[str, int | None], NoReturn], length: int) -> None:
        self.root: Any = {}  # what a file of comments holds
        self.empty: list[tuple[Any, ...]] = []
        self._refuse = refuse
        self._left = 10_000 + _UNFOLDED * length
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        """Go on by one event."""
        import yaml

        line = event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    self._refuse("holds more than one document", line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end(line)
            case yaml.ScalarEvent():
                value = self._scalar(event, line)
                if event.anchor:
                    self._anchors[event.anchor] = value, 1
                is_empty = value is None and not event.value
                self._add(value, 1, line, is_merge=event.value == "<<" and event.implicit[0], is_empty=is_empty)
            case yaml.AliasEvent():
                self._alias(str(event.anchor), line)

    def _begin(self, event: Any, line: int) -> None:
        import yaml

        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", f"{_TAG}{kind}"):
            self._unknown_tag(event.tag, line)
        if len(self._open) >= DEEPEST:
            self._refuse("is nested too deeply", line)
        self._open.append(_Open({} if kind == "map" else [], event.anchor))

    def _end(self, line: int) -> None:
        done = self._open.pop()
        for merged in done.merges:
            for key, value in merged.items():
                done.holder.setdefault(key, value)
        if done.anchor:
            self._anchors[done.anchor] = done.holder, done.size
        self._add(done.holder, done.size, line)

    def _alias(self, anchor: str, line: int) -> None:
        if any(each.anchor == anchor for each in self._open):
            self._refuse(f"has the alias *{anchor} inside of what it stands for", line)
        if anchor not in self._anchors:
            self._refuse(f"has the alias *{anchor}, which stands for nothing", line)
        value, size = self._anchors[anchor]
        self._left -= size
        if self._left < 0:
            self._refuse("has aliases that stand for too many values", line)
        self._add(value, size, line)

    def _add(self, value: Any, size: int, line: int, *, is_merge: bool = False, is_empty: bool = False) -> None:
        """Put a value, or the key of one, where it belongs."""
        if not self._open:
            self.root = {} if is_empty else value
            return
        around = self._open[-1]
        around.size += size
        if isinstance(around.holder, list):
            around.holder.append(value)
        elif around.key is _NO_KEY:
            around.key = _MERGE if is_merge else self._key(value, around.holder, line)
        else:
            self._put(around, value, line)
            if is_empty and around.key is not _MERGE:
                self.empty.append(self._path())
            around.key = _NO_KEY

    def _key(self, value: Any, table: dict[Any, Any], line: int) -> Any:
        if isinstance(value, (list, dict)):
            self._refuse("has a key that is a list or a table, and a key is a text", line)
        if value in table:
            self._refuse(f"has the key {shown(value)} twice in one table", line)
        return value

    def _put(self, around: _Open, value: Any, line: int) -> None:
        if around.key is not _MERGE:
            around.holder[around.key] = value
            return
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in merged):
            self._refuse("merges (<<) something that is not a table", line)
        around.merges += merged

    def _path(self) -> tuple[Any, ...]:
        return tuple(len(each.holder) if isinstance(each.holder, list) else each.key for each in self._open)

    def _scalar(self, event: Any, line: int) -> Any:
        text: str = event.value
        tag = (event.tag or "").removeprefix(_TAG)
        if event.tag and tag not in {"!", "str", "int", "float", "bool", "null"}:
            self._unknown_tag(event.tag, line)
        if tag in {"!", "str"} or not (event.implicit[0] or tag):
            return text
        try:
            value = _resolved(text)
        except ValueError:
            self._refuse("has a number with too many digits", line)
        if tag and type(value).__name__ != {"null": "NoneType"}.get(tag, tag):
            if tag == "float" and type(value) is int:
                return float(value)
            self._refuse(f"has a value that is not of its tag !!{tag}", line)
        return value

    def _unknown_tag(self, tag: str, line: int) -> NoReturn:
        self._refuse(f"is not YAML: could not determine a constructor for the tag {shown(tag)}", line)


def _resolved(text: str) -> Any:
    if text in _NULLS:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _INT.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    special = _SPECIAL.fullmatch(text)
    return text if special is None else float(text.replace(".", "", 1).lower())


def yaml_lines(text: str) -> Lines:
    """Return the line of every path in a YAML text; what an alias stands for has the line of the alias."""
    import yaml

    lines: Lines = {}
    path: list[Any] = []  # the key or index that comes next, of each open list and table; _NO_KEY before a key
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            path.pop()
        elif isinstance(event, yaml.NodeEvent):
            mark: Any = event.start_mark
            line = mark.line + 1
            if path and path[-1] is _NO_KEY:
                written = getattr(event, "value", "")
                is_plain = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
                path[-1] = str(_resolved(written)) if is_plain else written
                lines[tuple(path)] = line
                continue
            if path and isinstance(path[-1], int):
                lines.setdefault(tuple(path), line)
            if isinstance(event, yaml.CollectionStartEvent):
                path.append(_NO_KEY if isinstance(event, yaml.MappingStartEvent) else 0)
                continue
        else:
            continue
        if path:
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else _NO_KEY
    return lines
