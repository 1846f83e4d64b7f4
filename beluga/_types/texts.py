"""Read a text that is all there is of a value: an environment variable, a file that holds one secret."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from beluga._types.tree import Choice, Node, OneOf, Scalar

__all__ = ["read_text"]


def read_text(node: Node, text: str) -> Any:
    """Turn a text into what ``fit`` takes by `node`; whatever has parts is written as JSON.

    Raises:
        ValueError: It cannot be one.

    Example:
        >>> from beluga._types.annotations import read_type
        >>> (
        ...     read_text(read_type(int | str), "7"),
        ...     read_text(read_type(list[int]), "[7]"),
        ...     read_text(read_type(bool), "on"),
        ... )
        (7, [7], True)
    """
    match node:
        case Scalar():
            return node.type.read(text)
        case Choice(options=options):
            return _chosen(options, text)
        case OneOf(arms=arms):
            # What takes every text comes last.
            for arm in sorted(arms, key=lambda arm: isinstance(arm, Scalar) and arm.type.read is str):
                with contextlib.suppress(ValueError):
                    return read_text(arm, text)
            raise ValueError(text)
        case _:
            return json.loads(text)


def _chosen(options: Any, text: str) -> Any:
    for option in options:
        if text in {option.name, str(option.written)}:
            return option.written
    raise ValueError(text)
