"""Tables in a text: the name of a column is the word in front of each of its cells.

A number in a cell has no words around it that say what it is; the head of its column has, dozens of lines above. So
each cell of such a column is read as if its name stood before it, whatever the format::

    name,dob,mobile                      | Name | Mobile |          INSERT INTO t (name, mobile)
    Ana,14/03/1985,5550147               |------|--------|          VALUES ('Ana', '5550147'),
        ^dob:      ^mobile:              | Ana  | 5550147 |                 ('Bo', '5550148')

What is found is mapped back. A head is a whole line of nothing but names, of which one is listed; its table ends with
the first line that has another number of cells. Columns may also be only aligned, or be HTML, where a row stands for a
line, and a name may stand beside its cell as well. All of that is decided by what is before, so a stream sees the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

import attrs

from beluga.guards._normalization import Edits, View
from beluga.guards.patterns import Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beluga.guards.patterns import Present

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
    _all: Words = attrs.field(init=False, repr=False, eq=False)

    @_all.default  # pyright: ignore[reportAttributeAccessIssue]  # attrs' way of a default from other fields
    def _words(self) -> Words:
        return Words(self.words)

    def within(self, text: str) -> Present | None:
        """Return where such words are, if a table may begin in `text`."""
        may_be = "\n" in text or "(" in text or "<" in text
        return self._all.within(text) if may_be else None

    def head(self, line: str) -> TextTable | None:
        """Return the table that `line` is the head of, if it is one with such a column."""
        if sql := _INSERT.search(line):
            return self._named([(cell, 0, 0) for cell in sql[2].split(",")], "\t" if sql[1] else "(")
        if _ROW.match(line):
            return self._named(_html_cells(line), "<")
        for mark in [mark for mark in "|│\t;," if mark in line]:
            if table := self._named([(cell, 0, 0) for cell in line.strip().strip("|│").split(mark)], mark):
                return table
        return self._named([(cell[0], *cell.span()) for cell in _ALIGNED.finditer(line, 0, _LONGEST_ROW)], "  ")

    def _named(self, cells: list[tuple[str, int, int]], mark: str) -> TextTable | None:
        names = [cell.strip(" \t\r\n\"'`*") for cell, _, _ in cells]
        if len(names) < 2 or not all(map(_NAME.fullmatch, names)):
            return None
        said = tuple(name if self.name.fullmatch(name) else "" for name in names)
        return TextTable(said, mark, tuple(cells)) if any(said) else None

    def beside(self, line: str) -> Iterator[tuple[int, str]]:
        """Yield where the cells of a row of HTML begin, and the names that stand in the cells before them."""
        before = ""
        for text, start, _ in _html_cells(line):
            yield start, before
            before = text if self.name.fullmatch(text) else ""


_NAME = re.compile(r"[^\W\d][\w ()#/*-]{0,40}")
_INSERT = re.compile(
    r"(?i)\b(?:(?:insert(?:\s+or\s+\w{1,10}|\s+ignore|\s+overwrite)?|replace|upsert|merge)\s+into|(copy))\s+[^\s()]{1,100}"
    r"\s*\(([^()]{1,1000})\)\s*(?(1)from\s+stdin|(?:values|$))"
)
_VALUES = re.compile(r"(?i)\s*(?:values\s*)?\(")
_ALIGNED = re.compile(r"\S+(?: \S+)*")
_ROW = re.compile(r"(?i)<tr\b")
_ROW_END = re.compile(r"(?i)</tr\s{0,8}>")
_ROW_OVER = re.compile(r"(?i)</tr\s{0,8}>|(?=</table)")
_CELL = re.compile(r"(?i)<t[hd]\b[^<>]*>(?:\s*<(?!/?t[dhr]\b)[^<>]*>)*\s*([^<]*)")
_LONGEST_ROW = 2_000
_APART = "\n\n*\n\n"  # no context reaches over it, and no number goes on behind it
_LETTER = re.compile(r"[^\W\d_]")
_LINE = re.compile(
    r"(?i)<tr\b[^<]*+(?:<(?!/?tr\b|/table)[^<]*+)*+(?:</tr\s{0,8}>)?|[^\n<]*+(?:<(?!tr\b)[^\n<]*+)*+\n|[^\n<]*+(?:<(?!tr\b)[^\n<]*+)++|[^\n<]+"
)
# What separates cells, but for what is quoted.
_SEPARATORS = {mark: re.compile(rf'"(?:[^"\n]|"")*"|({re.escape(mark)})') for mark in "|│\t;,"}
_SEPARATORS["("] = re.compile(r"'(?:[^'\n]|'')*'|([(),])")
_RULED = frozenset(["|", "│", "  "])


def _html_cells(line: str) -> list[tuple[str, int, int]]:
    return [(cell[1].strip(), cell.start(1), cell.end(1)) for cell in _CELL.finditer(line, 0, _LONGEST_ROW)]


def _unfinished(text: str) -> int:
    """Return where the last line or row of `text` begins, which may go on."""
    start = text.rfind("\n") + 1
    row = max(map(text.rfind, ("<tr", "<TR", "<Tr", "<tR")))
    if row < 0:
        return start
    over = _ROW_OVER.search(text, row)
    return max(start, over.end()) if over else row


@attrs.frozen
class TextTable:
    """A table, by its head.

    Args:
        names: The names of its columns; empty for those that say nothing.
        mark: What separates the cells; a bracket for the values of SQL, blanks where they are only aligned, and ``<``
            for HTML.
        head: The cells of the head, and where they are in its line.
    """

    names: tuple[str, ...]
    mark: str
    head: tuple[tuple[str, int, int], ...] = ()

    def cells(self, line: str, start: int = 0) -> Iterator[tuple[int, str]]:
        """Yield where the cells of a row begin, and the names of their columns, from `start` on."""
        if self.mark == "<":
            places = [place for _, place, _ in _html_cells(line)]
            yield from zip(places, self.names, strict=False)
            return
        if self.mark == "  ":
            for cell in _ALIGNED.finditer(line, start, _LONGEST_ROW):
                yield cell.start(), self._above(*cell.span())
            return
        column = -1 if self.mark == "(" or line.lstrip()[:1] in {"|", "│"} else 0
        if column == 0:
            yield 0, self.names[0]
        for match in _SEPARATORS[self.mark].finditer(line, start, _LONGEST_ROW):
            if match[1]:
                column = 0 if match[1] == "(" else column + 1
                yield match.end(), self.names[column] if column < len(self.names) and match[1] != ")" else ""

    def _above(self, start: int, end: int) -> str:
        """Return the name that stands above a cell."""
        over = (
            name for name, (_, first, last) in zip(self.names, self.head, strict=True) if first < end and start < last
        )
        return next(over, "")

    def goes_on(self, line: str) -> bool:
        """Say whether a whole line is a row, or stands between rows."""
        if self.mark == "<":
            return "</table" not in line.lower()
        if self.mark == "(":
            return _VALUES.match(line) is not None
        if self.mark in _RULED and _RULE.match(line):
            return True
        cells = sum(1 for _ in self.cells(line.rstrip().rstrip("|│")))
        return 1 < cells <= len(self.names) + 1 if self.mark == "  " else cells == len(self.names)


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
        table, words = self._table, self._columns.within(whole)
        if table is None and words is None:
            return False
        at, has_rows = 0, _ROW.search(whole) is not None
        while at < len(whole):
            if table is None and not has_rows:  # on to the next line that may be a head
                self._lines.append((at - behind, None))
                word = words.following(at)[0] if words else len(whole)
                if word == len(whole):
                    break
                at = max(at, whole.rfind("\n", at, word) + 1)
            line = _LINE.match(whole, at)[0]  # type: ignore[index]  # it matches whatever there is
            self._lines.append((at - behind, table))
            table = self._after(line, at - behind, table, last=at + len(line) == len(whole))
            at += len(line)
            self._cells.append((at - behind, None))
        self._lines.append((at - behind, table))
        return any(name for _, name in self._cells)

    def _after(self, line: str, place: int, table: TextTable | None, *, last: bool) -> TextTable | None:
        """Note the cells of a line that begins at `place` in a table; return the table that what follows is in."""
        is_row = _ROW.match(line)
        ended = (line.endswith("\n") or bool(is_row and (not last or _ROW_END.search(line)))) and len(
            line
        ) <= _LONGEST_ROW
        sql = not is_row and _INSERT.search(line)
        if sql and (begun := self._columns.head(line)):
            self._cells += ((place + at, name) for at, name in begun.cells(line, sql.end()))
            return begun
        if is_row and (table is None or table.mark != "<"):
            self._cells += ((place + at, name) for at, name in self._columns.beside(line))
        elif table is not None and (table.mark == "<") == bool(is_row):
            self._cells += ((place + at, name) for at, name in table.cells(line))
        if table is not None and (ended or (table.mark == "<" and not is_row)) and table.goes_on(line):
            return table
        return self._columns.head(line) if ended else None

    def move(self, text: str, end: int) -> None:
        """Pass over the first `end` characters."""
        passed = self._line + text[:end]
        start = _unfinished(passed)
        if self._lines:
            place = bisect_right(self._lines, start - len(self._line), key=lambda line: line[0]) - 1
            self._table = self._lines[max(place, 0)][1]
        self._line = passed[start : start + _LONGEST_ROW + 1]

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


_RULE = re.compile(r"[\s|+:=─-╿-]{3,}\Z")
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
