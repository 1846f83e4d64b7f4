"""Find the line on which each setting of a well-formed file stands.

The parsers of JSON and TOML do not tell. These walks read only the structure, of text that a parser has accepted,
and only when there is a problem to report. What they cannot place, such as a key of an inline TOML table inside a
list, gets the line of what is around it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Lines", "json_lines", "line_of_depth", "toml_lines", "twice_in_json"]

Lines = dict[tuple[str | int, ...], int]
"""For each path its line, counted from 1."""

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
        {('a',): 1, ('b',): 2, ('b', 'c', 'd'): 3, ('e', 0): 5, ('e', 0, 'f'): 6}
    """
    lines: Lines = {}
    table: tuple[str | int, ...] = ()
    for words, line in _toml_statements(text):
        brackets = words.index(next(word for word in words if word != "["))
        end = "=" if not brackets else "]"
        keys = [_toml_key(word) for word in words[brackets : words.index(end)] if word != "."]
        if brackets:
            table = _counted(keys, lines, array=brackets > 1)
            lines.setdefault(table, line)
        else:
            lines[(*table, *keys)] = line
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


def _counted(keys: list[str], lines: Lines, *, array: bool) -> tuple[str | int, ...]:
    """Return the path of the table that a header names: in a list of tables, of the last one so far."""
    path: tuple[str | int, ...] = ()
    for depth, key in enumerate(keys, start=1):
        path = (*path, key)
        count = 0
        while (*path, count) in lines:
            count += 1
        if array and depth == len(keys):
            path = (*path, count)
        elif count:
            path = (*path, count - 1)
    return path
