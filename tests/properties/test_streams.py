"""What must hold for every way to cut a text into chunks."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga import guarded
from beluga.errors import GuardBlocked
from beluga.guards import DEFAULT_PII_PATTERNS, Canary, PIIPattern, PIIRedactor, SecretRedactor
from beluga.testing.pii import pii_text, secret_text

THOROUGHLY = settings.get_profile("guards")

LINE = PIIRedactor(*DEFAULT_PII_PATTERNS, PIIPattern("case", r"case \d+"))
WORD = PIIRedactor(PIIPattern("badge", r"B-\d{4}"))
WINDOW = PIIRedactor(PIIPattern("pair", r"key\s+\d+"))
WHOLE = PIIRedactor(PIIPattern("last", r"end$"))
PII = PIIRedactor()
REDACTORS = pytest.mark.parametrize(
    "redactor",
    [PII, SecretRedactor(), LINE, WORD, WINDOW, WHOLE],
    ids=["pii", "secrets", "line", "word", "window", "whole"],
)
TEXTS = st.one_of(
    pii_text().map(lambda drawn: drawn.text),
    secret_text().map(lambda drawn: drawn.text),
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "\r\n",
                "\n",
                "\r",
                " ",
                "\xa0",
                "key",
                "1",
                "12",
                "B-1234",
                "case ",
                "end",
                "\ud83d",
                "\ude00",
                "\udcff",
                "\\ud83d",
                "@",
                "a.com",
                "e\u0301",
                "\u200b",
                "password=",
                ";",
                '"',
                "gb29 nwbk ",
                "6016 1331 9268 19",
                "card ",
                "4111 ",
                "1111 1111 1111",
                "born ",
                "March ",
                "[EMAIL]",
                "token ",
                "aB3dE5gH7jK9mN1pQ2sT4vW6",
            ]
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


@REDACTORS
@THOROUGHLY
@given(drawn=chunked(), stop=st.integers(0, 30))
def test_a_stream_that_is_dropped_midway_has_leaked_nothing(redactor, drawn, stop):
    """Stopping early, without closing, leaves no raw character of a finding in the output."""
    text, chunks = drawn
    stream = redactor.stream()
    output = "".join(map(stream.feed, chunks[:stop]))

    assert redactor.redact(text).startswith(output)


@pytest.mark.parametrize("ending", ["close", "throw", "error"])
@THOROUGHLY
@given(drawn=chunked(), stop=st.integers(0, 30))
def test_no_end_of_a_guarded_generator_lets_held_text_out(ending, drawn, stop):
    """Closed, thrown into or ended by an error of its own, a guarded generator never gives what it held back."""
    text, chunks = drawn

    @guarded(output=[PII])
    def answer():
        yield from chunks[:stop]
        if ending == "error":
            raise ConnectionError
        yield from chunks[stop:]

    stream, output = answer(), ""
    try:
        for number, piece in enumerate(stream):
            output += piece
            if ending == "close" and number == stop:
                stream.close()
            elif ending == "throw" and number == stop:
                output += stream.throw(ConnectionError())
    except ConnectionError:
        pass

    assert PII.redact(text).startswith(output)


@THOROUGHLY
@given(drawn=chunked(), stop=st.integers(0, 30))
def test_a_cancelled_async_stream_lets_no_held_text_out(drawn, stop):
    """A task that is cancelled between two items has seen nothing but redacted text."""
    text, chunks = drawn
    output = []
    keep = output.append  # at once: what an interrupted comprehension has seen is lost

    @guarded(output=[PII])
    async def answer():
        for number, chunk in enumerate(chunks):
            if number == stop:
                asyncio.current_task().cancel()
                await asyncio.sleep(0)
            yield chunk

    async def consume():
        async for piece in answer():
            keep(piece)

    if stop < len(chunks):
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(consume())
    else:
        asyncio.run(consume())

    assert PII.redact(text).startswith("".join(output))


@THOROUGHLY
@given(drawn=chunked(), fault=st.integers(0, 20))
def test_a_detector_that_raises_ends_the_stream_with_nothing_more(drawn, fault):
    """What went out before the failure was redacted; afterwards feeding is refused and closing gives nothing."""
    text, chunks = drawn
    calls = []

    def check(_):
        calls.append(1)
        if len(calls) > fault:
            raise RuntimeError
        return True

    patterns = [*DEFAULT_PII_PATTERNS, PIIPattern("mine", r"[1B]", priority=5)]
    whole = PIIRedactor(*patterns).redact(text)
    stream = PIIRedactor(*patterns[:-1], PIIPattern("mine", r"[1B]", check=check, priority=5)).stream()
    output = ""
    try:
        for chunk in chunks:
            output += stream.feed(chunk)
        output += stream.close()
    except RuntimeError:
        assert stream.close() == ""
        with pytest.raises(ValueError, match="closed"):
            stream.feed("more")

    assert whole.startswith(output)


@THOROUGHLY
@given(drawn=chunked())
def test_a_reversible_stream_is_restored(drawn):
    """The joined pseudonymous stream gives the text back, and pseudonyms are those of the whole."""
    text, chunks = drawn
    redactor = PIIRedactor(reversible=True)
    whole = redactor.redact(text)
    stream = redactor.stream()
    joined = "".join(map(stream.feed, chunks)) + stream.close()

    assert joined == whole
    assert redactor.vault.restore(joined) == text


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
    between=st.sampled_from(["", "-", " ", "\u200b", ".", "\u200b" * 90]),
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


@THOROUGHLY
@given(drawn=chunked())
def test_a_canary_changes_no_other_text(drawn):
    """Without the canary in it, the stream is the text, and no more than the bound is held back."""
    text, chunks = drawn
    stream = Canary("q7x9zr4tw8mk").stream()
    given_out = kept = 0
    output = ""
    for chunk in chunks:
        output += stream.feed(chunk)
        given_out += len(chunk)
        kept = max(kept, given_out - len(output))

    assert output + stream.close() == text
    assert kept <= stream.bound


def test_a_canary_drowned_in_invisible_characters_is_held_back_and_blocked():
    """More of them than the bound are taken for an attempt to get past it."""
    stream = Canary("q7x9zr4tw8mk").stream()
    assert stream.feed("see: q") == "see: "
    with pytest.raises(GuardBlocked):
        stream.feed("\u200b" * 3000)
    assert stream.close() == ""
