"""Harmless documents to learn from and to measure on: what open-source packages bring along.

    pip download --no-deps --dest PATH PACKAGE...

fetches the packages that the model card names; `documents` reads them, and the standard library of the Python that
runs it: documentation, code, configuration, translations, prompts and instructions for agents, which nobody wrote to
attack. Prompts inside of code are read by themselves as well.
"""

from __future__ import annotations

import ast
import pathlib
import random
import re
import sysconfig
import zipfile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Document", "documents"]

_READ = (".md", ".rst", ".txt", ".py", ".html", ".json", ".yml", ".yaml", ".toml", ".js", ".ts", ".css", "METADATA")
_LEAST, _MOST = 300, 40_000
_EACH_KIND = 40
_PROMPT = 200


class Document(NamedTuple):
    """A harmless text, and the package that it is of."""

    text: str
    package: str
    kind: str


def documents(wheels: Iterable[pathlib.Path]) -> Iterator[Document]:
    """Yield some documents of each of `wheels` and of the standard library, always the same ones."""
    library = pathlib.Path(sysconfig.get_path("stdlib"))
    files = {path.name: path for path in sorted(library.glob("*.py"))}
    yield from _chosen("python", {name: path.read_text("utf8", "replace") for name, path in files.items()})
    for path in sorted(wheels):
        with zipfile.ZipFile(path) as wheel:
            names = [name for name in wheel.namelist() if name.endswith(_READ)]
            texts = {name: wheel.read(name).decode("utf8", "replace") for name in names}
        yield from _chosen(path.name.split("-")[0], texts)


def _chosen(package: str, texts: dict[str, str]) -> Iterator[Document]:
    kinds: dict[str, list[str]] = {}
    for name, text in texts.items():
        kinds.setdefault(name.rpartition(".")[2].rpartition("/")[2], []).append(text)
        if name.endswith(".py"):
            kinds.setdefault("prompt", []).extend(_prompts(text))
    for kind, found in sorted(kinds.items()):
        fitting = sorted({text for text in found if _LEAST <= len(text) <= _MOST})
        chosen = random.Random(f"{package} {kind}").sample(fitting, min(len(fitting), _EACH_KIND))
        yield from (Document(text, package, kind) for text in chosen)


def _prompts(code: str) -> Iterator[str]:
    """Yield the long texts that are values in `code`: no docstrings."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            text = node.value.strip()
            if len(text) >= _PROMPT and len(re.findall(r"[a-z]+ ", text)) >= len(text) / 12:
                yield text
