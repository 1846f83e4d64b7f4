"""Read a file of tickets, line by line; a broken line is told with its number and does no further harm."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Broken", "Ticket", "parse", "read"]

NO_PROJECT = "default"
"""The project of a ticket that names none."""


@attrs.frozen
class Ticket:
    """What a customer wrote, and to which project; `line` is its number in the file, from 1."""

    line: int
    project: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class Broken:
    """A line that is not a ticket, and why."""

    line: int
    reason: str


def read(path: Path | None = None, limit: int | None = None) -> tuple[list[Ticket], list[Broken]]:
    """Return the tickets and the broken lines of a file.

    Args:
        path: A file with one JSON object a line; None takes the file that comes with beluga.
        limit: Stop after so many tickets; None reads them all.

    Raises:
        OSError: The file cannot be read.
    """
    source = resources.files("beluga._cli.demo") / "tickets.jsonl" if path is None else path
    return parse(source.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), limit)


def parse(lines: Iterable[bytes], limit: int | None = None) -> tuple[list[Ticket], list[Broken]]:
    """Return the tickets and the broken lines among `lines`; a blank line is neither."""
    tickets: list[Ticket] = []
    broken: list[Broken] = []
    for number, line in enumerate(lines, 1):
        if len(tickets) == limit:
            break
        if not line.strip():
            continue
        found = _ticket(number, line)
        if isinstance(found, Ticket):
            tickets.append(found)
        else:
            broken.append(found)
    return tickets, broken


def _ticket(number: int, line: bytes) -> Ticket | Broken:
    try:
        record = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return Broken(number, f"no UTF-8 at byte {error.start + 1}")
    except (ValueError, RecursionError) as error:
        # The text of the error may quote the line, its position does not.
        at = f" at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else ""
        return Broken(number, f"no JSON{at}")
    if not isinstance(record, dict):
        return Broken(number, 'no object: write {"project": ..., "text": ...}')
    if "text" not in record:
        return Broken(number, 'no "text"')
    if not isinstance(record["text"], str):
        return Broken(number, f'"text" is not a string but {type(record["text"]).__name__}')
    project = record.get("project")
    if not isinstance(project, str | None):
        return Broken(number, f'"project" is not a string but {type(project).__name__}')
    return Ticket(number, project or NO_PROJECT, record["text"])
