"""Versions that are ordered as versions: 1.10 comes after 1.9."""

from __future__ import annotations

import re

import attrs

__all__ = ["Version", "as_version"]

_DOTTED = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,4})", re.ASCII)


@attrs.frozen(order=True)
class Version:
    """A version of up to five numbers; 1.0 and 1 are the same.

    Example:
        >>> Version.parse("1.10") > Version.parse("v1.9.2")
        True
        >>> str(Version.parse("2.0"))
        '2.0'
    """

    numbers: tuple[int, ...]
    text: str = attrs.field(eq=False, order=False)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that `text` says.

        Raises:
            ValueError: When it is not numbers with dots between them.
        """
        match = _DOTTED.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            msg = f"a version is numbers with dots between them, such as '1.10', not {text!r}"
            raise ValueError(msg)
        numbers = [int(number) for number in match[1].split(".")]
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        return cls(tuple(numbers), match[1])

    def __str__(self) -> str:
        return self.text


def as_version(given: str | Version) -> Version:
    """Return a version from what somebody gave for one."""
    return given if isinstance(given, Version) else Version.parse(given)
