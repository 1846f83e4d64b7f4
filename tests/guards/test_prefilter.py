"""Which forms the shape of a passage allows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.guards import DEFAULT_PII_PATTERNS, PIIPattern
from beluga.guards.patterns import Prefilter, Words, initials, matcher, shape
from beluga.testing.pii import pii_text

THOROUGHLY = settings.get_profile("guards")


@pytest.mark.parametrize(
    ("text", "expected"), [("a1-Z 9", "A0-A 0"), ("é１x", "??A"), ("", ""), ("\ud800\0", "?\0"), ("[EMAIL]", "[AAAAA]")]
)
def test_shapes(text, expected):
    """Digits and ASCII letters lose what they say, everything else in ASCII stays."""
    assert shape(text) == expected


@THOROUGHLY
@given(text=pii_text().map(lambda drawn: drawn.text) | st.text("0123456789 ()-.:/+@ABCDEFGabcdefg", max_size=60))
def test_no_form_that_matches_is_ruled_out(text):
    """Whatever a built-in form finds in a text, the prefilter lets the form through."""
    forms = [matcher(pattern) for pattern in DEFAULT_PII_PATTERNS]
    picked = Prefilter(forms).pick(text)

    for form in forms:
        match = form.search(text)
        accepted = match and next(iter(form.places(text, 0)), None)
        assert not accepted or (form in picked and (form.needs is None or form.needs(text)))


def test_what_is_remembered_has_an_end():
    """A prefilter that has met many shapes is right about the next one, and about the first again."""
    prefilter = Prefilter([matcher(PIIPattern("short", "x", shape="00", digits=2)), matcher(PIIPattern("any", "x"))])
    for size in range(5000):
        names = [form.name for form in prefilter.pick("." * (size % 50) + "-" * (size // 50) + "1" * (size % 3))]
        assert names == (["short", "any"] if size % 3 == 2 else ["any"])
    assert len(prefilter.pick("11")) == 2


def test_words_are_found_by_their_first_letters():
    """The first letter is looked for in both cases, and the rest follows in any."""
    import re

    first, tails = initials("tel|text|été|電話")
    found = re.compile(f"[{first}]{tails}").findall("TEL Text sMS ÉTÉ 電話 el")

    assert found == ["TEL", "Text", "ÉTÉ", "電話"]


WORDS = ("token", "kennwort", "key", "pw:", "pin'", "-----begin", "schlüssel", "キー", "redis-cli", "a")


@THOROUGHLY
@given(text=st.lists(st.sampled_from([*WORDS, *"toknenwryp:ü-İ", "TOK", "ßKey", "ＫＥＹ"]), max_size=12).map("".join))
def test_no_word_is_passed_over(text):
    """Whether a word is in a text is the same question asked of all words at once and of each."""
    for words in (WORDS, WORDS[:-1], ("token", "kennwort"), ()):
        small = text.replace("İ", "i").lower()
        places = [small.find(word) for word in words if word in small]
        present = Words(words).within(text)
        assert present.following(0)[0] == min(places) if present else not places
