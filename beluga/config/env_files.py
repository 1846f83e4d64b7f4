"""Read a ``.env`` file: a variable a line, as shells and containers have them.

``NAME=value``, ``export NAME="two words"``, ``NAME='as it is'``, comments and empty lines. Nothing is put in place of
``$OTHER``: a value is what is written.
"""

from __future__ import annotations

import pathlib
import re
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["is_env_file", "read_env"]

_LINE: Final = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
    (?:(?:'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)")[ \t]*(?:\#[^\n]*)?\r?|(?P<bare>[^'"\n][^\n]*)?)
    (?:\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"(?:^|[ \t])#")
_NOTHING: Final = re.compile(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|\Z)")
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t"}


def is_env_file(name: str) -> bool:
    """Tell whether a file holds variables, by its name: ``.env``, ``.env.local``, ``prod.env``."""
    path = pathlib.PurePath(name)
    return path.suffix == ".env" or path.name == ".env" or path.name.startswith(".env.")


def read_env(text: str, refuse: Callable[[str, int | None], NoReturn]) -> dict[str, tuple[str, int]]:
    r"""Return each variable's text and line.

    Args:
        text: The file.
        refuse: Given a rule and a line, raises the error that says so.

    Example:
        >>> read_env("# mine\nexport A=1 # one\nB='x y'\n", print)
        {'A': ('1', 2), 'B': ('x y', 3)}
    """
    found: dict[str, tuple[str, int]] = {}
    at, line = 0, 1
    while at < len(text):
        match = _NOTHING.match(text, at) or _LINE.match(text, at)
        if match is None:
            refuse("is not NAME=value", line)  # the line is not quoted: it may hold a secret
        if match.re is _LINE:
            if match["name"] in found:
                refuse(f"has the variable {match['name']} twice", line)
            found[match["name"]] = _text(match), line
        line += text.count("\n", at, match.end())
        at = max(match.end(), at + 1)
    return found


def _text(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), match["double"], flags=re.DOTALL)
    if match["single"] is not None:
        return match["single"]
    return _COMMENT.split(match["bare"] or "", maxsplit=1)[0].strip()
