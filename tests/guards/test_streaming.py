"""Redacting a text as it arrives."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga.guards import PIIPattern, PIIRedactor, SecretRedactor
from beluga.guards.patterns import BLANK, REACH
from beluga.guards.streaming import Passages, Window
from beluga.testing.strategies import chunkings


def pieces(redactor, text):
    stream = redactor.stream()
    return [*map(stream.feed, text), stream.close()]


def test_prose_is_held_back_by_a_word():
    """A word without anything of interest leaves with its blank."""
    output = pieces(PIIRedactor(), "the answer is here")

    assert [piece for piece in output if piece] == ["the ", "answer ", "is ", "here"]


def test_mean_hold_on_prose_is_small():
    """On ordinary text no more than eight characters are held back on average."""
    text = "It was the best of times, it was the worst of times, said Mr. 5 of the 12 apples to 3 pears. " * 20
    stream, held = PIIRedactor().stream(), []
    for letter in text:
        stream.feed(letter)
        held.append(stream.held)

    assert sum(held) / len(held) <= 8


def test_no_part_of_a_finding_leaves():
    """Not a single digit of the card comes out, and the placeholder does."""
    output = pieces(PIIRedactor(), "pay 4111 1111 1111 1111 now")

    assert "".join(output) == "pay [CREDIT_CARD] now"
    assert not any(character.isdigit() for piece in output for character in piece)


def test_a_key_block_is_held_to_its_end():
    """A private key leaves as one placeholder, however long it took to come."""
    block = (
        "-----BEGIN PRIVATE KEY-----\n" + ("aB3dE5gH7jK9mN1pQ2sT4vW6xY8z" * 2 + "\n") * 30 + "-----END PRIVATE KEY-----"
    )
    output = pieces(SecretRedactor(), f"see\n{block}\nthat is all")

    assert "".join(output) == "see\n[PRIVATE_KEY]\nthat is all"


def test_bounds_are_stated():
    """Every stream says how much it may hold back, by what its patterns can match."""
    assert PIIRedactor().stream().bound == 1024
    assert PIIRedactor(PIIPattern("a", r"B-\d")).stream().bound == 1024
    assert PIIRedactor(PIIPattern("a", r"case \d")).stream().bound == 4096


def test_a_closed_stream_stays_closed():
    """Feeding on after the end is a mistake and says so; closing again is not."""
    stream = PIIRedactor().stream()
    stream.feed("ana@example")

    assert (stream.close(), stream.close()) == ("ana@example", "")
    with pytest.raises(ValueError, match="closed"):
        stream.feed(".com")


def test_a_detector_that_raises_shuts_the_stream():
    """After a failure nothing more comes out, neither by feeding nor by closing."""

    def broken(_):
        raise RuntimeError("fault")

    stream = PIIRedactor(PIIPattern("mine", r"X\d", check=broken)).stream()
    with pytest.raises(RuntimeError):
        stream.feed("X1 and more")
    with pytest.raises(ValueError, match="closed"):
        stream.feed(" text ")
    assert stream.close() == ""


def test_findings_longer_than_a_passage_are_whole():
    """A finding deep inside a very long word is replaced whole."""
    text = "a" * 3000 + "=ana@example.com=" + "b" * 3000

    assert "".join(pieces(PIIRedactor(), text)) == PIIRedactor().redact(text)
    assert "@" not in PIIRedactor().redact(text)


class Reader:
    """A window of eight characters, in which each word with an X is a passage and each X is found, with what it read."""

    def __init__(self, found=r"X"):
        self.found, self.before = re.compile(found), []
        passages = Passages(gates=(re.compile("X"),), rest=re.compile(r"\S+"), limit=8, reach=3)
        self.window = Window(passages, self.detect, re.compile(r"\[[A-Z]+\]"))

    def detect(self, before, text):
        self.before.append(before)
        return [(*match.span(), "X") for match in self.found.finditer(text)]

    def read(self, chunks):
        """Return where each finding begins and ends in the whole text."""
        held, behind, places = "", 0, []
        for chunk, final in [*((chunk, False) for chunk in chunks), ("", True)]:
            held += chunk
            findings, at = self.window.advance(held, final=final)
            places += [(behind + finding.start, behind + finding.end) for finding in findings]
            held, behind = held[at:], behind + at
        assert held == ""
        return places


@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_the_window_ends_where_a_finding_ends(cut):
    """A finding up to the very end of the window is whole, and what follows the word is read as after any other."""
    text = "X234567X and X2 X"
    chunks = [text[at : at + cut] for at in range(0, len(text), cut)]
    assert Reader(r"X\w*").read(chunks) == [(0, 8), (13, 15), (16, 17)]


@pytest.mark.parametrize("cut", [1, 7, 100_000])
@pytest.mark.parametrize("prose", ["", "ab ", "word " * 500, "[EMAIL] " * 500, "b\n" * 200])
def test_a_passage_is_judged_by_what_stands_before_it(prose, cut):
    """That is the last characters, findings and placeholders as one blank each, however the text arrives."""
    text = f"{prose}X1 and {prose}X2"
    reader = Reader()
    assert len(reader.read([text[at : at + cut] for at in range(0, len(text), cut)])) == 2
    shown = re.sub(r"\[[A-Z]+\]", BLANK, prose)
    assert reader.before == [shown[-REACH:], f"{shown}{BLANK}1 and {shown}"[-REACH:]]


@given(st.text("aX \n", max_size=60), st.data())
def test_a_window_finds_in_chunks_what_it_finds_in_the_whole(text, data):
    """Each X of a short word is found once, and all of it the same whatever the chunks."""
    whole = Reader()
    places = whole.read([text])
    assert places == [match.span() for match in re.finditer("X", text)]
    parts = Reader()
    assert parts.read(data.draw(chunkings(text))) == places
    assert parts.before == whole.before
