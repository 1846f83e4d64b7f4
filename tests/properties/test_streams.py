"""What must hold for every way to cut a text into chunks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.errors import GuardBlocked
from beluga.guards import DEFAULT_PII_PATTERNS, Canary, PIIPattern, PIIRedactor, SecretRedactor
from beluga.testing.pii import pii_text, secret_text

THOROUGHLY = settings.get_profile("guards")

LINE = PIIRedactor(*DEFAULT_PII_PATTERNS, PIIPattern("case", r"case \d+"))
WORD = PIIRedactor(PIIPattern("badge", r"B-\d{4}"))
WINDOW = PIIRedactor(PIIPattern("pair", r"key\s+\d+"))
WHOLE = PIIRedactor(PIIPattern("last", r"end$"))
REDACTORS = pytest.mark.parametrize(
    "redactor",
    [PIIRedactor(), SecretRedactor(), LINE, WORD, WINDOW, WHOLE],
    ids=["pii", "secrets", "line", "word", "window", "whole"],
)
TEXTS = st.one_of(
    pii_text().map(lambda drawn: drawn.text),
    secret_text().map(lambda drawn: drawn.text),
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            ["\r\n", "\n", " ", "key", "1", "12", "B-1234", "case ", "end", "\ud800", "\udfff", "@", "a.com"]
        ),
        max_size=60,
    ).map("".join),
    # Longer than the window, with and without blanks.
    st.builds(
        lambda filler, times, text: filler * times + text,
        st.sampled_from(["a", "1 ", "1", "@", "12.", "\u200b", "ab1", "NO "]),
        st.integers(900, 2200),
        pii_text(max_size=1).map(lambda drawn: drawn.text),
    ),
)


@st.composite
def chunked(draw):
    """Draw a text and a way to cut it, empty chunks and single characters among them."""
    text = draw(TEXTS)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=30)))
    if draw(st.booleans()) and len(text) < 400:
        cuts = list(range(len(text)))
    return text, [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]


@REDACTORS
@THOROUGHLY
@given(drawn=chunked())
def test_joined_output_is_the_whole_text_redacted(redactor, drawn):
    """However the text is cut, the stream gives what redacting it whole gives, within its bound."""
    text, chunks = drawn
    stream, output = redactor.stream(), ""
    whole = redactor.redact(text)
    for chunk in chunks:
        output += stream.feed(chunk)
        assert whole.startswith(output)
    assert whole == output + stream.close()


@REDACTORS
@THOROUGHLY
@given(drawn=chunked())
def test_no_more_than_the_bound_is_held_back(redactor, drawn):
    """What went in and did not come out is at most `bound` characters."""
    _, chunks = drawn
    stream = redactor.stream()
    for chunk in chunks:
        stream.feed(chunk)
        assert stream.held <= stream.bound


@THOROUGHLY
@given(drawn=pii_text(max_size=3), stop=st.integers(0, 400))
def test_a_stream_that_is_dropped_midway_has_leaked_nothing(drawn, stop):
    """Stopping early, without closing, leaves no raw character of a finding in the output."""
    redactor = PIIRedactor()
    stream = redactor.stream()
    output = "".join(stream.feed(letter) for letter in drawn.text[:stop])

    assert redactor.redact(drawn.text).startswith(output)


@THOROUGHLY
@given(text=st.text(max_size=100), chunks=st.lists(st.integers(0, 30), max_size=20))
def test_restored_stream_is_the_text(text, chunks):
    """Pseudonyms cut in two are still taken back."""
    redactor = PIIRedactor(reversible=True)
    text = f"{text} ana@example.com {text}"
    redacted = redactor.redact(text)
    stream, output, at = redactor.vault.stream(), "", 0
    for size in chunks:
        output += stream.feed(redacted[at : at + size])
        at += size
    output += stream.feed(redacted[at:]) + stream.close()

    assert text == output


@THOROUGHLY
@given(
    before=st.text("abc 1-", max_size=50),
    between=st.sampled_from(["", "-", " ", "\u200b", "."]),
    sizes=st.data(),
)
def test_no_character_of_a_canary_gets_out(before, between, sizes):
    """The stream raises before the first character of the canary is returned, however it comes."""
    canary = Canary("q7x9zr4tw8mk")
    text = before + between.join(canary.token) + " and more"
    stream, output, at = canary.stream(), "", 0
    with pytest.raises(GuardBlocked) as blocked:
        while at < len(text):
            size = sizes.draw(st.integers(1, 9))
            output += stream.feed(text[at : at + size])
            at += size
        stream.close()
    assert before.startswith(output)
    assert canary.token not in str(blocked.value)
