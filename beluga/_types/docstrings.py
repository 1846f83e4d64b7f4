"""What a Google-style docstring says, as a description for a model."""

from __future__ import annotations

import inspect
import itertools
import re

__all__ = ["described"]

# A section is one or two words and a colon on a line of their own, such as "Args:".
_SECTION = re.compile(r"[A-Z]\w*(?: \w+)?:")
_NAMED = ("Args:", "Arguments:", "Attributes:", "Parameters:")
_ENTRY = re.compile(r"\*{0,2}(\w+)(?: \([^)]*\))?: *(.*)")


def described(doc: str | None) -> tuple[str, dict[str, str]]:
    r"""Return the text before the sections of a docstring, and what it says about each argument.

    Args:
        doc: A docstring as written; None and "" say nothing.

    Example:
        >>> described("Find a city.\n\nArgs:\n    name: In any language,\n        or a code.\n")
        ('Find a city.', {'name': 'In any language, or a code.'})

    Source: Google Python Style Guide, section 3.8.
    """
    lines = inspect.cleandoc(doc or "").splitlines()
    sections = [number for number, line in enumerate(lines) if _SECTION.fullmatch(line)]
    text = "\n".join(lines[: sections[0]] if sections else lines).strip()
    said: dict[str, str] = {}
    for start, end in itertools.pairwise([*sections, len(lines)]):
        if lines[start] in _NAMED:
            said |= _entries(lines[start + 1 : end])
    return text, said


def _entries(lines: list[str]) -> dict[str, str]:
    filled = [line for line in lines if line.strip()]
    margin = min((_indent(line) for line in filled), default=0)
    said: dict[str, list[str]] = {}
    words: list[str] = []
    for line in filled:
        entry = _ENTRY.fullmatch(line.strip()) if _indent(line) == margin else None
        if entry:
            words = said.setdefault(entry[1], [])
        words.append(entry[2] if entry else line.strip())
    return {name: " ".join(words).strip() for name, words in said.items()}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
