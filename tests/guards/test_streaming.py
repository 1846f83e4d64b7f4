"""Redacting a text as it arrives."""

from __future__ import annotations

import pytest

from beluga.guards import PIIPattern, PIIRedactor, SecretRedactor


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
