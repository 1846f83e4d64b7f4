"""Draw the states of a decorator, and the house, as SVGs that need no network and follow the page's colours.

States stand one below the other; what leads down is drawn on the right, what leads back on the left. Each arrow has a
number, and what it stands for is a list beside the drawing: text that is found, read aloud, and fits a telephone.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_BOX = (120, 34)
_GAP = 70
_WIDTH = 320
_MIDDLE = _WIDTH // 2
_HOUSE = 560


def diagram(title: str, states: Sequence[str], arrows: Sequence[Sequence[str]]) -> str:
    """Return the drawing of `states` and of the arrows between them: from, to, and why.

    Raises:
        ValueError: An arrow names a state that is not there.
    """
    height = _GAP * (len(states) - 1) + _BOX[1] + 20
    lines = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" fill="currentColor" aria-label="States of {escape(title)}">',
        (
            f'<defs><marker id="tip-{title}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
        ),
    ]
    for number, (begin, end, _) in enumerate(arrows, start=1):
        lines += _arrow(title, states.index(begin), states.index(end), number)
    for number, state in enumerate(states):
        lines += _box(state, _top(number))
    return "\n".join([*lines, "</svg>"])


def legend(arrows: Sequence[Sequence[str]]) -> list[str]:
    """Return what each number of the drawing stands for, as lines of Markdown."""
    return [f"{number}. *{begin}* to *{end}*: {why}" for number, (begin, end, why) in enumerate(arrows, start=1)]


def house(floors: Sequence[Sequence[str]]) -> str:
    """Return the drawing of rooms on their floors, the top one first; a floor takes as many rows as its rooms need."""
    boxes: list[tuple[str, int, int, int]] = []
    lines: list[str] = []
    top = 0
    for number, rooms in zip(range(len(floors) - 1, -1, -1), floors, strict=True):
        left, begun = 44, top
        for room in rooms:
            width = 8 * len(room) + 18
            if left + width > _HOUSE - 8:
                left, top = 44, top + 34
            boxes.append((room, left, top + 8, width))
            left += width + 8
        top += 46
        lines += [
            f'<rect x="1" y="{begun}" width="{_HOUSE - 2}" height="{top - begun - 4}" rx="6" fill-opacity="0.06"/>',
            f'<text x="22" y="{(begun + top) // 2 + 3}" text-anchor="middle" font-weight="bold">{number}</text>',
        ]
    lines += [
        f'<rect x="{left}" y="{y}" width="{width}" height="26" rx="4" fill="none" stroke="currentColor"/>'
        f'<text x="{left + width // 2}" y="{y + 18}" text-anchor="middle" font-size="13">{escape(room)}</text>'
        for room, left, y, width in boxes
    ]
    head = f'<svg viewBox="0 0 {_HOUSE} {top}" role="img" fill="currentColor" aria-label="The rooms by floors">'
    return "\n".join([head, *lines, "</svg>"])


def _top(number: int) -> int:
    return 10 + _GAP * number


def _box(state: str, top: int) -> list[str]:
    left, (width, height) = _MIDDLE - _BOX[0] // 2, _BOX
    return [
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="6" fill="none" stroke="currentColor"/>',
        f'<text x="{_MIDDLE}" y="{top + 22}" text-anchor="middle" font-weight="bold">{escape(state)}</text>',
    ]


def _arrow(title: str, begin: int, end: int, number: int) -> list[str]:
    side = 1 if end > begin else -1
    steps = abs(end - begin)
    edge = _MIDDLE + side * _BOX[0] // 2
    # What goes further leaves higher and comes in lower, so that two arrows share no point.
    shift = 3 * (steps - 1)
    start, stop = _top(begin) + _BOX[1] // 2 - side * shift, _top(end) + _BOX[1] // 2 + side * shift
    out = edge + side * (14 + 26 * steps)
    at = edge + side * (20 + 20 * steps)  # a curve goes out by three quarters of its handles
    return [
        (
            f'<path d="M{edge} {start}C{out} {start} {out} {stop} {edge} {stop}" fill="none" stroke="currentColor" '
            f'marker-end="url(#tip-{title})"/>'
        ),
        f'<text x="{at}" y="{(start + stop) // 2 + 4}" text-anchor="middle" font-size="13">{number}</text>',
    ]
