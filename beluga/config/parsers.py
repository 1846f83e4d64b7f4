"""The bytes of a file become a document: JSON, TOML or YAML, strictly."""

from __future__ import annotations

import functools
import pathlib
from typing import TYPE_CHECKING, Any, Final

import attrs

from beluga.config.line_numbers import json_lines, toml_lines, yaml_lines
from beluga.config.problems import Problem, failure, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from beluga.errors import ConfigError

__all__ = ["Document", "parse"]


@attrs.frozen
class Document:
    """A parsed file that knows where its values stand.

    Args:
        data: The top-level table.
        name: The file, as the user wrote its path.
        locate: Finds the line of every path; only asked when there is a problem to report.
    """

    data: Mapping[str, Any]
    name: str
    locate: Callable[[], Mapping[tuple[str | int, ...], int]]

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
        raise _malformed(name, f"has the ending {ending!r}, and known are {', '.join(_FORMATS)}")
    read, lines = _FORMATS[ending]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _malformed(name, f"is not UTF-8 at byte {error.start}", line) from None
    if not text.strip():
        # Truncation is the first step of writing in place. An empty TOML or YAML file would be valid, and would
        # put every setting back to its default for as long as the writer takes.
        raise _malformed(name, "is empty")
    try:
        data = read(text, name)
    except RecursionError:
        raise _malformed(name, "is nested too deeply") from None
    if not isinstance(data, dict):
        raise _malformed(name, f"must hold a table at its top, not a value of type {type(data).__name__}")
    return Document(data, name, functools.cache(lambda: lines(text)))


def _malformed(name: str, rule: str, line: int | None = None) -> ConfigError:
    source = name if line is None else f"{name}:{line}"
    return failure(source, [Problem("", rule, source)])


def _read_json(text: str, name: str) -> Any:
    import json

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise _malformed(name, f"has the key {shown(twice)} twice in one table")
        return table

    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise _malformed(name, f"is not JSON: {error.msg} (column {error.colno})", error.lineno) from None
    except ValueError as error:
        if hasattr(error, "errors"):
            raise
        raise _malformed(name, "is not JSON that can be read: a number has too many digits") from None


def _read_toml(text: str, name: str) -> Any:
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except ValueError as error:
        # Before Python 3.14 the line is in the text alone.
        place = re.search(r"line (\d+), column (\d+)", str(error))
        what = re.sub(r" \(at .*\)$", "", str(error).splitlines()[0])
        raise _malformed(name, f"is not TOML: {what}", int(place[1]) if place else None) from None


def _read_yaml(text: str, name: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise _malformed(name, 'needs PyYAML to be read: pip install "beluga-ai[yaml]"') from None

    try:
        twice = _key_given_twice(yaml.compose(text, Loader=yaml.SafeLoader))
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        # str(error) would quote the line.
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise _malformed(name, f"is not YAML: {error.problem or 'it cannot be read'}", line) from None
    except (yaml.YAMLError, ValueError):
        raise _malformed(name, "is not YAML: it holds a character or a value that cannot be read") from None
    if twice is not None:
        raise _malformed(name, f"has the key {shown(twice[0])} twice in one table", twice[1])
    return data


def _key_given_twice(top: Any) -> tuple[str, int] | None:
    """Return the first key that PyYAML would silently let win over its namesake, and its line."""
    pending, seen = [top], set()
    while pending:
        node = pending.pop()
        if node is None or id(node) in seen or isinstance(node.value, str):
            continue
        seen.add(id(node))
        keys = set()
        for child in node.value:
            pair = child if isinstance(child, tuple) else (child,)
            pending.extend(pair)
            if len(pair) > 1 and isinstance(pair[0].value, str):
                if pair[0].value in keys:
                    return pair[0].value, pair[0].start_mark.line + 1
                keys.add(pair[0].value)
    return None


_FORMATS: Final[Mapping[str, tuple[Callable[[str, str], Any], Callable[[str], Mapping[Any, int]]]]] = {
    ".json": (_read_json, json_lines),
    ".toml": (_read_toml, toml_lines),
    ".yaml": (_read_yaml, yaml_lines),
    ".yml": (_read_yaml, yaml_lines),
}
