"""Tables in a text: the name of a column is the word in front of each of its cells.

A number in a cell has no words around it that say what it is; the head of its column has, dozens of lines above. So
each cell of such a column is read as if its name stood before it, whatever the format::

    name,dob,mobile                      | Name | Mobile |          INSERT INTO t (name, mobile)
    Ana,14/03/1985,5550147               |------|--------|          VALUES ('Ana', '5550147'),
        ^dob:      ^mobile:              | Ana  | 5550147 |                 ('Bo', '5550148')

What is found is mapped back. A head is a whole line of nothing but names, of which one is listed; its table ends with
the first line that has another number of cells. All of that is decided by the lines before, so a stream sees the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import attrs

from beluga.guards._normalization import Edits, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Columns", "Labels", "column_below"]


@attrs.frozen
class Columns:
    """Names of columns that say what the cells below them hold.

    Args:
        words: One of them, in small letters, is in every text that has such a name.
        name: Matches the whole of a name.
    """

    words: Sequence[str]
    name: re.Pattern[str]

    def are_in(self, text: str) -> bool:
        """Say whether a table with such a column may begin in `text`."""
        if "\n" not in text and "(" not in text:
            return False
        small = text.lower()
        return any(map(small.__contains__, self.words))

    def head(self, line: str) -> TextTable | None:
        """Return the table that `line` is the head of, if it is one with such a column."""
        sql = _INSERT.search(line)
        marks = "(" if sql else [mark for mark in "|\t;," if mark in line]
        for mark in marks:
            names = [
                cell.strip(" \t\"'`*") for cell in (sql[1].split(",") if sql else line.strip().strip("|").split(mark))
            ]
            said = tuple(name if self.name.fullmatch(name) else "" for name in names)
            if len(names) > 1 and any(said) and all(map(_NAME.fullmatch, names)):
                return TextTable(said, mark)
        return None


_NAME = re.compile(r"[^\W\d][\w ()#/*-]{0,40}")
_INSERT = re.compile(r"(?i)\binsert\s+into\s+[^\s()]{1,100}\s*\(([^()]{1,1000})\)\s*(?=values|$)")
_VALUES = re.compile(r"(?i)\s*(?:values\s*)?\(")
_LONGEST_ROW = 2_000
_APART = "\n\n*\n\n"  # no context reaches over it, and no number goes on behind it
_LETTER = re.compile(r"[^\W\d_]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
# What separates cells, but for what is quoted.
_SEPARATORS = {mark: re.compile(rf'"(?:[^"\n]|"")*"|({re.escape(mark)})') for mark in "|\t;,"}
_SEPARATORS["("] = re.compile(r"'(?:[^'\n]|'')*'|([(),])")


@attrs.frozen
class TextTable:
    """A table, by its head.

    Args:
        names: The names of its columns; empty for those that say nothing.
        mark: What separates the cells; a bracket for the values of SQL.
    """

    names: tuple[str, ...]
    mark: str

    def cells(self, line: str, start: int = 0) -> Iterator[tuple[int, str]]:
        """Yield where the cells of a row begin, and the names of their columns, from `start` on."""
        column = -1 if self.mark == "(" or line.lstrip().startswith("|") else 0
        if column == 0:
            yield 0, self.names[0]
        for match in _SEPARATORS[self.mark].finditer(line, start, _LONGEST_ROW):
            if match[1]:
                column = 0 if match[1] == "(" else column + 1
                yield match.end(), self.names[column] if column < len(self.names) and match[1] != ")" else ""

    def goes_on(self, line: str) -> bool:
        """Say whether a whole line is a row."""
        if self.mark == "(":
            return _VALUES.match(line) is not None
        return sum(1 for _ in self.cells(line.rstrip().removesuffix("|"))) == len(self.names)


class Labels:
    """The names of the columns that a text's cells stand in, however much of it has come.

    Args:
        columns: Which names say something.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._table: TextTable | None = None  # that the line belongs to
        self._line = ""  # as far as it has been passed
        self._whole, self._offset = "", 0  # the line so far and what comes next, and where that begins
        self._lines: list[tuple[int, TextTable | None]] = []
        self._cells: list[tuple[int, str | None]] = []

    def read(self, text: str) -> bool:
        """Look at what comes next; say whether there are such cells in it."""
        self._lines, self._cells = [], []
        self._whole, self._offset = whole, behind = self._line + text, len(self._line)
        table = self._table
        if table is None and not self._columns.are_in(whole):
            return False
        at = 0
        for line in _LINE.findall(whole):
            self._lines.append((at - behind, table))
            sql = _INSERT.search(line)
            if table is not None and not sql:
                self._cells += ((at - behind + place, name) for place, name in table.cells(line))
            ended = line.endswith("\n") and len(line) <= _LONGEST_ROW
            if sql and (table := self._columns.head(line)):
                self._cells += ((at - behind + place, name) for place, name in table.cells(line, sql.end()))
            elif not (ended and table is not None and table.goes_on(line)):
                table = self._columns.head(line) if ended else None
            self._cells.append((at - behind + len(line), None))
            at += len(line)
        if whole.endswith("\n"):
            self._lines.append((at - behind, table))
        return any(name for _, name in self._cells)

    def move(self, text: str, end: int) -> None:
        """Pass over the first `end` characters."""
        last = (self._line + text[:end]).rpartition("\n")[2]
        if self._lines:
            place = bisect_right(self._lines, end, key=lambda line: line[0]) - 1
            self._table = self._lines[place][1]
        self._line = last[: _LONGEST_ROW + 1]

    def view(self, text: str, start: int, end: int) -> View | None:
        """Return the passage from `start` up to `end` with the names of its columns in it; None if it has none."""
        first = max(bisect_right(self._cells, start, key=lambda cell: cell[0]) - 1, 0)
        last = bisect_left(self._cells, end, key=lambda cell: cell[0])
        pieces: list[str] = []
        edits, done, size = Edits(), start, 0
        for place, name in self._cells[first:last]:
            at = max(place, start)
            # A cell is a text by itself: no word of another one reaches it, but those before the passage do.
            if name is None or (not name and _LETTER.search(self._whole, place + self._offset, at + self._offset)):
                continue
            label = f"{_APART}{name.replace('_', ' ')}: " if name else _APART
            pieces += text[done:at], label
            size += at - done
            edits.add(size, size + len(label), at - start, at - start)
            size += len(label)
            done = at
        if not pieces:
            return None
        return View("".join((*pieces, text[done:end])), edits=edits)


_RULE = re.compile(r"[\s|+:=-]{3,}\Z")
_CELL_NAME = r"\"?[^\W\d][\w .-]{0,40}\"?"
_HEADER = re.compile(rf"{_CELL_NAME}(?:([,;\t]){_CELL_NAME}(?:\1{_CELL_NAME}){{0,40}})?[ \t]*\Z")


def column_below(work: str, start: int, end: int) -> tuple[int, str, list[tuple[int, int]]] | None:
    """Return what stands below a name that heads a column: where its table ends, what separates cells, and the cells.

    It is None where the name heads none.
    """
    if work[end] in "\r\n" and work[start - 1 : start] in {"\n", ""}:
        return None  # it stands alone
    line = work.rfind("\n", max(0, start - 400), start) + 1
    stop = work.find("\n", end, end + 400)
    if stop < 0 or (line == 0 and start > 400):
        return None
    head = work[line:stop].rstrip()
    mark = "|"
    if "|" in head:
        below = work[stop + 1 : stop + 400].partition("\n")[0]
        if not _RULE.match(below):
            return None
    else:
        header = _HEADER.match(head)
        if not header or not header[1]:
            return None
        mark = header[1]
    place, marks = work.count(mark, line, start), head.count(mark)
    found: list[tuple[int, int]] = []
    at = stop + 1
    while at < len(work):
        stop = work.find("\n", at)
        stop = len(work) if stop < 0 else stop
        row = work[at:stop]
        if (mark == "|" and not (mark in row or "-+-" in row)) or (mark != "|" and row.count(mark) != marks):
            break
        if not _RULE.match(row) and row.count(mark) >= place:
            cells = row.split(mark)
            text = cells[place].strip(" \t\r\"'`*")
            if text:
                first = at + sum(len(cell) + 1 for cell in cells[:place]) + cells[place].find(text)
                found.append((first, first + len(text)))
        at = stop + 1
    return at, mark, found
