"""Read a text that is all there is of a value: an environment variable, a file that holds one secret."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from beluga._types.tree import Choice, Items, Node, OneOf, Row, Scalar, is_scalar

__all__ = ["read_text"]


def read_text(node: Node, text: str) -> Any:
    """Turn a text into what ``fit`` takes by `node`.

    Whatever has parts is written as JSON, and a list of plain values also with commas between them.

    Raises:
        ValueError: It cannot be one.

    Example:
        >>> from beluga._types.annotations import read_type
        >>> (
        ...     read_text(read_type(int | str), "7"),
        ...     read_text(read_type(list[int]), "7, 8"),
        ...     read_text(read_type(bool), "on"),
        ... )
        (7, [7, 8], True)
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
        case Items(item=item) if is_scalar(item) and not _is_json(text):
            return [_item(item, each) for each in _between_commas(text)]
        case Row(items=items) if all(map(is_scalar, items)) and not _is_json(text):
            texts = _between_commas(text)
            return [_item(item, each) for item, each in zip(items, texts, strict=True)]
        case _:
            return json.loads(text)


def _chosen(options: Any, text: str) -> Any:
    for option in options:
        if text in {option.name, str(option.written)}:
            return option.written
    raise ValueError(text)


def _is_json(text: str) -> bool:
    return text.lstrip().startswith(("[", "{"))


def _between_commas(text: str) -> list[str]:
    return [each.strip() for each in text.split(",")] if text.strip() else []


def _item(node: Node, text: str) -> Any:
    """Return one item; the text itself where it cannot be read, so that ``fit`` tells which item that is."""
    try:
        return read_text(node, text)
    except ValueError:
        return text
