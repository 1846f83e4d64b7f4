"""Reading a file of tickets."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga._cli.demo.tickets import Broken, Ticket, parse, read


def test_the_bundled_tickets_are_many_and_whole():
    """The file in the package has at least 60 tickets of two projects, and no broken line."""
    tickets, broken = read()
    assert len(tickets) >= 60
    assert broken == []
    assert {ticket.project for ticket in tickets} == {"shop", "bank"}


def test_the_bundled_tickets_have_empty_long_and_foreign_ones():
    """An empty text, a long one, and several scripts are among them."""
    texts = [ticket.text for ticket in read()[0]]
    assert "" in texts
    assert max(map(len, texts)) > 800
    assert sum(not text.isascii() for text in texts) >= 15


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"hello", "no JSON at character 1"),
        (b"[1]", 'no object: write {"project": ..., "text": ...}'),
        (b'{"project": "a"}', 'no "text"'),
        (b'{"text": 5}', '"text" is not a string but int'),
        (b'{"text": "", "project": 3}', '"project" is not a string but int'),
        (b'{"text": "\xff"}', "no UTF-8 at byte 11"),
        (b"[" * 100_000, "no JSON"),
        (b'{"text": ' + b"9" * 5_000 + b"}", "no JSON"),
    ],
)
def test_a_broken_line_is_told_with_its_number(line, reason):
    """What is no ticket has its number and a reason, and the lines after it are read."""
    assert parse([b'{"text": "one"}', line, b'{"text": "three"}']) == (
        [Ticket(1, "default", "one"), Ticket(3, "default", "three")],
        [Broken(2, reason)],
    )


def test_a_blank_line_is_neither():
    """Blank lines are passed over, and still count as lines."""
    assert parse([b"", b"  \r", b'{"text": "a"}']) == ([Ticket(3, "default", "a")], [])


def test_a_byte_order_mark_does_no_harm(tmp_path):
    """A file of a Windows editor is read as any other."""
    path = tmp_path / "tickets.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "a"}\r\n')
    assert read(path) == ([Ticket(1, "default", "a")], [])


def test_the_limit_counts_tickets_and_not_lines():
    """Broken lines do not use the limit up, and lines beyond it are not looked at."""
    lines = [b"x", b'{"text": "a"}', b'{"text": "b"}', b"y"]
    assert parse(lines, 2) == (
        [Ticket(2, "default", "a"), Ticket(3, "default", "b")],
        [Broken(1, "no JSON at character 1")],
    )


@given(st.lists(st.one_of(st.binary(), st.text().map(lambda text: json.dumps({"text": text}).encode()))))
def test_every_line_is_accounted_for_once(lines):
    """Whatever the bytes are, each line that is not blank is a ticket or broken."""
    tickets, broken = parse(lines)
    told = sorted([ticket.line for ticket in tickets] + [line.line for line in broken])
    assert told == [number for number, line in enumerate(lines, 1) if line.strip()]
