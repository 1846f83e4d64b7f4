"""A file becomes a document: read while nobody writes it, and parsed strictly as JSON, TOML or YAML, with lines.

The parsers of JSON and TOML do not tell lines. The walks at the end read only the structure, of text that a parser has
accepted, and only when there is a problem to report. What they cannot place, such as a key of an inline TOML table
inside a list, gets the line of what is around it.
"""

from __future__ import annotations

import collections
import functools
import json
import os
import pathlib
import re
import stat
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs

from beluga.config import core_yaml
from beluga.config.core_yaml import DEEPEST, yaml_lines
from beluga.config.problems import Problem, failure, shown
from beluga.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from beluga.config.core_yaml import Lines

__all__ = ["LARGEST", "Document", "decoded", "parse", "read_steady", "refuse"]


LARGEST: Final = 4 * 1024 * 1024
"""Bytes of a file that is still taken for a configuration: TOML of that size is read in 3 s."""

_STEADY_TRIES: Final = 3


def read_steady(name: str) -> bytes:
    """Return the bytes of a file that did not change while they were read, unless it never stops changing.

    Raises:
        OSError: It cannot be read, is too large, or is a pipe or a device.
        ValueError: The name is not one of a file.
    """
    content = b""
    kind = pathlib.Path(name).stat().st_mode
    # Opening a pipe waits for its writer. A directory says better itself what it is.
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        message = "it is no regular file"
        raise OSError(message)
    for _ in range(_STEADY_TRIES):
        with pathlib.Path(name).open("rb") as file:
            before = _signature(file.fileno())
            content = file.read(LARGEST + 1)
            if _signature(file.fileno()) == before:
                break
    if len(content) > LARGEST:
        message = f"it is larger than {LARGEST} bytes"
        raise OSError(message)
    return content


def _signature(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_mtime_ns, status.st_size


@attrs.frozen
class Document:
    """A parsed file that knows where its values stand.

    Args:
        data: The top-level table.
        name: The file, as the user wrote its path.
        locate: Finds the line of every path; only asked when there is a problem to report.
        empty: The paths of keys with nothing behind them, such as a section of YAML that is all comments.
    """

    data: dict[str, Any]
    name: str
    locate: Callable[[], Mapping[tuple[str | int, ...], int]]
    empty: Sequence[tuple[Any, ...]] = ()

    def has(self, path: tuple[str | int, ...]) -> bool:
        """Tell whether the file has something at `path`."""
        value: Any = self.data
        for step in path:
            try:
                value = value[step]
            except (LookupError, TypeError):
                return False
        return True

    def source_of(self, path: tuple[str | int, ...]) -> str:
        """Return ``file:line`` of `path` or of the nearest table around it; the file alone where neither is known."""
        lines = self.locate()
        while path and path not in lines:
            path = path[:-1]
        return f"{self.name}:{lines[path]}" if path in lines else self.name


def parse(content: bytes, name: str) -> Document:
    """Parse `content`, in the format that the ending of `name` says.

    Raises:
        ConfigError: The format is unknown, or the content is not well-formed; nothing of it is quoted.
    """
    ending = pathlib.PurePath(name).suffix.lower()
    if ending not in _FORMATS:
        refuse(name, f"has the ending {ending!r}, and known are {', '.join(_FORMATS)}")
    read, lines = _FORMATS[ending]
    text = decoded(content, name)
    if not text.strip():
        # Truncation is the first step of writing in place. An empty TOML or YAML file would be valid, and would
        # put every setting back to its default for as long as the writer takes.
        refuse(name, "is empty")
    try:
        data, empty = read(text, name)
    except RecursionError:
        refuse(name, "is nested too deeply", line_of_depth(text, DEEPEST))
    if not isinstance(data, dict):
        refuse(name, f"must hold a table at its top, not a value of type {type(data).__name__}")
    locate = functools.cache(lambda: lines(text))
    deep = _too_deep(data)
    if deep is not None:
        refuse(name, "is nested too deeply", locate().get(deep) or line_of_depth(text, DEEPEST))
    return Document(data, name, locate, empty)


def decoded(content: bytes, name: str) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: It is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        refuse(name, f"is not UTF-8 at byte {error.start}", line)


def refuse(name: str, rule: str, line: int | None = None) -> NoReturn:
    """Raise the error of a file that cannot be read at all."""
    source = name if line is None else f"{name}:{line}"
    raise failure(source, [Problem("", rule, source)])


def _too_deep(data: dict[str, Any]) -> tuple[Any, ...] | None:
    """Return the path of something that lies deeper than `DEEPEST`."""
    holders: list[Any] = [data]
    for _ in range(DEEPEST):  # without paths it takes a third of the time, and nearly always nothing is
        inside = (holder.values() if isinstance(holder, dict) else holder for holder in holders)
        holders = [inner for values in inside for inner in values if isinstance(inner, (dict, list))]
        if not holders:
            return None
    level: list[tuple[tuple[Any, ...], Any]] = [((), data)]
    for _ in range(DEEPEST):
        level = [
            ((*path, step), inner)
            for path, holder in level
            for step, inner in (holder.items() if isinstance(holder, dict) else enumerate(holder))
            if isinstance(inner, (dict, list))
        ]
    return level[0][0]


def _read_json(text: str, name: str) -> tuple[Any, Sequence[Any]]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key, count in collections.Counter(keys).items() if count > 1)
            refuse(name, f"has the key {shown(twice)} twice in one table", twice_in_json(text, twice))
        return table

    try:
        return json.loads(text, object_pairs_hook=once), ()
    except json.JSONDecodeError as error:
        refuse(name, f"is not JSON: {error.msg} (column {error.colno})", error.lineno)
    except ConfigError:
        raise
    except ValueError:
        refuse(name, "is not JSON that can be read: a number has too many digits", _line_of_digits(text))


_DOTTED: Final = re.compile(
    rf"""(?<![A-Za-z0-9_-])(?:(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{DEEPEST},}}"""
)


def _read_toml(text: str, name: str) -> tuple[Any, Sequence[Any]]:
    import tomllib

    dotted = _DOTTED.search(text)
    if dotted:  # tomllib takes time that grows with the square of it: 3 s for 10,000 dots
        refuse(name, "is nested too deeply", text.count("\n", 0, dotted.start()) + 1)
    try:
        return tomllib.loads(text), ()
    except tomllib.TOMLDecodeError as error:
        # Before Python 3.14 the line is in the text alone.
        place = re.search(r"line (\d+), column (\d+)", str(error))
        what = re.sub(r" \(at .*\)$", "", str(error).splitlines()[0])
        line = int(place[1]) if place else text.count("\n") + 1
        refuse(name, f"is not TOML: {what}", line)
    except ValueError:
        refuse(name, "is not TOML that can be read: a number has too many digits", _line_of_digits(text))


def _line_of_digits(text: str) -> int | None:
    """Return the line of the first number that Python refuses to read, since that takes time without bound."""
    found = re.search(rf"[0-9_]{{{sys.get_int_max_str_digits()},}}", text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _read_yaml(text: str, name: str) -> tuple[Any, Sequence[Any]]:
    try:
        import yaml  # noqa: F401 - whether it is there
    except ImportError:
        refuse(name, 'needs PyYAML to be read: pip install "beluga-ai[yaml]"')
    return core_yaml.read(text, functools.partial(refuse, name))


# Where a value stands

_JSON_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]|\n|[^\s{}\[\],:"]+')
_TOML_WORD: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|\#[^\n]*|[\[\]{}=,.]|\n'
    r"|[^\s\[\]{}=,.\#\"']+",
    re.DOTALL,
)


def _words(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, int]]:
    """Yield each word with its line, the ends of lines included."""
    line = 1
    for match in pattern.finditer(text):
        yield match[0], line
        line += match[0].count("\n")


def twice_in_json(text: str, key: str) -> int | None:
    """Return the line of the first `key` that its table has already."""
    lines: Lines = {}
    for path, line in _json_steps(text):
        if path in lines and path[-1] == key:
            return line
        lines[path] = line
    return None


def line_of_depth(text: str, depth: int) -> int | None:
    """Return the line on which brackets are nested deeper than `depth`, in JSON or in a value of TOML."""
    level = 0
    for word, line in _words(_JSON_WORD, text):
        level += (word in {"{", "["}) - (word in {"}", "]"})
        if level > depth:
            return line
    return None


def json_lines(text: str) -> Lines:
    r"""Return the line of every path in a JSON text.

    Example:
        >>> json_lines('{"a": 1,\n "b": [2,\n 3]}')
        {('a',): 1, ('b',): 2, ('b', 0): 2, ('b', 1): 3}
    """
    lines: Lines = {}
    for path, line in _json_steps(text):
        lines.setdefault(path, line)
    return lines


def _json_steps(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Yield the path and the line of each key and of each item."""
    path: list[Any] = []  # None where a key is expected next
    for word, line in _words(_JSON_WORD, text):
        if word == "\n":
            continue
        if word in {"}", "]"}:
            path.pop()
        elif word == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
        else:
            if path and path[-1] is None:
                path[-1] = json.loads(word)
                yield tuple(path), line
                continue
            if path and isinstance(path[-1], int):
                yield tuple(path), line
            if word in {"{", "["}:
                path.append(None if word == "{" else 0)


def toml_lines(text: str) -> Lines:
    r"""Return the line of every table and key in a TOML text.

    Example:
        >>> toml_lines("a = 1\n[b]\nc.d = [\n2]\n[[e]]\nf = 3")
        {('a',): 1, ('b',): 2, ('b', 'c'): 3, ('b', 'c', 'd'): 3, ('e',): 5, ('e', 0): 5, ('e', 0, 'f'): 6}
    """
    lines: Lines = {}
    table: tuple[str | int, ...] = ()
    lengths: dict[tuple[str | int, ...], int] = {}  # of the lists of tables so far
    for words, line in _toml_statements(text):
        brackets = words.index(next(word for word in words if word != "["))
        end = "=" if not brackets else "]"
        keys = [_toml_key(word) for word in words[brackets : words.index(end)] if word != "."]
        if brackets:
            table = _table_of(keys, lengths, begins_item=brackets > 1)
        path = table if brackets else (*table, *keys)
        for depth in range(1, len(path)):
            lines.setdefault(path[:depth], line)
        lines[path] = line
    return lines


def _toml_statements(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the words of each header and each assignment, with its line."""
    words: list[str] = []
    depth = begun = 0
    for word, line in _words(_TOML_WORD, f"{text}\n"):
        if word == "\n":
            if words and depth <= 0:
                yield words, begun
                words, depth = [], 0
        elif not word.startswith("#"):
            begun = begun if words else line
            words.append(word)
            depth += (word in {"[", "{"}) - (word in {"]", "}"})


def _toml_key(word: str) -> str:
    if word.startswith("'"):
        return word[1:-1]
    if word.startswith('"'):
        import tomllib

        return next(iter(tomllib.loads(f"{word} = 0")))
    return word


def _table_of(
    keys: list[str], lengths: dict[tuple[str | int, ...], int], *, begins_item: bool
) -> tuple[str | int, ...]:
    """Return the path of the table that a header names: in a list of tables, of the last one so far."""
    path: tuple[str | int, ...] = ()
    for depth, key in enumerate(keys, start=1):
        path = (*path, key)
        if begins_item and depth == len(keys):
            lengths[path] = lengths.get(path, 0) + 1
        if path in lengths:
            path = (*path, lengths[path] - 1)
    return path


_FORMATS: Final[
    Mapping[str, tuple[Callable[[str, str], tuple[Any, Sequence[Any]]], Callable[[str], Mapping[Any, int]]]]
] = {
    ".json": (_read_json, json_lines),
    ".toml": (_read_toml, toml_lines),
    ".yaml": (_read_yaml, yaml_lines),
    ".yml": (_read_yaml, yaml_lines),
}
