"""The two guards made of the user's own regular expressions."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from beluga.errors import GuardBlocked
from beluga.guards import PatternDetector, PatternRedactor
from beluga.testing.strategies import chunkings

BOTH = pytest.mark.parametrize("guard", [PatternDetector, PatternRedactor])


@BOTH
@pytest.mark.parametrize("pattern", [r"(a+)+b", r"(a|a)*b", r"(a{1,20}){1,20}b", re.compile(r"(A+)+b", re.IGNORECASE)])
def test_a_pattern_that_could_hang_is_refused(guard, pattern):
    """Exponential time is an error when the guard is built, by the pattern's name."""
    with pytest.raises(ValueError, match="pattern 'slow' can take exponential time"):
        guard(("slow", pattern))


@BOTH
@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ((), "at least one"),
        (("abc",), "a pair of a name and a regular expression, not 'abc'"),
        ((("", "x"),), "a pair"),
        ((("x", "["),), "pattern 'x' is not a valid regular expression"),
        ((("x", b"a"),), "made of bytes"),
        ((("x", None),), "a pair of a name and a regular expression"),
    ],
)
def test_what_is_not_a_pattern_is_refused(guard, pairs, said):
    """A missing, broken or misplaced pattern is an error that says what is expected."""
    with pytest.raises(ValueError, match=said):
        guard(*pairs)


def test_flags_of_a_compiled_pattern_hold():
    """A compiled pattern is searched with its flags."""
    assert PatternRedactor(("X", re.compile("ab c", re.IGNORECASE))).redact("AB C") == "[X]"


def test_disguises_are_seen_through():
    """Full-width digits and invisible characters do not hide a match."""
    assert PatternRedactor(("T", r"T-\d{3}")).redact("see T-\uff11\u200b23!") == "see [T]!"


def test_a_stream_leaves_word_by_word():
    """What a word can decide leaves with the next word, not at the end of the text."""
    stream = PatternRedactor(("X", r"T-\d+")).stream()

    assert [stream.feed(piece) for piece in ("a ", "b T-1", "2 c")] == ["a ", "b ", "[X] "]
    assert stream.close() == "c"


@pytest.mark.filterwarnings("ignore:pattern 'THOUGHT' can take quadratic time")
def test_a_match_without_an_end_is_found_however_long():
    """A pattern that goes over lines and has no end is looked for in the whole text."""
    text = "<think>" + "hm\n" * 20_000 + "</think>yes"

    assert PatternRedactor(("THOUGHT", r"(?s)<think>.*?</think>")).redact(text) == "[THOUGHT]yes"


def test_a_blocked_stream_ends_before_the_match():
    """Nothing of a match leaves, and the stream stays shut."""
    stream = PatternDetector(("word", "forbidden")).stream()
    assert stream.feed("this is for") == "this is "

    with pytest.raises(GuardBlocked, match="rule word matched") as caught:
        stream.feed("bidden fruit")
    assert [finding.rule for finding in caught.value.findings] == ["word"]
    assert stream.close() == ""


@pytest.mark.filterwarnings("ignore:pattern 'X' can take quadratic time")
@given(
    text=st.text("ab1 \n\r\t.\x85\u200b\uff11T-", max_size=60).flatmap(lambda t: st.tuples(st.just(t), chunkings(t))),
    pattern=st.sampled_from(
        [r"T-\d", r"a b", r".+b", r"a\s+b", r"b$", r"(?m)^a", r"a[^b]{1,5}b", r"(?s)a.*b", r"\bb\b"]
    ),
)
@example(text=("a", ["a"]), pattern=r"(?s)a.*b")
def test_a_stream_equals_the_whole(text, pattern):
    """For every pattern, text and chunking, the stream gives what redacting the whole gives."""
    whole, chunks = text
    redactor = PatternRedactor(("X", pattern))
    stream = redactor.stream()

    assert "".join([*map(stream.feed, chunks), stream.close()]) == redactor.redact(whole)
