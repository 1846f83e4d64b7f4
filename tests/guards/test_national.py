"""National numbers, by the one table that the redactor and the strategy read."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.guards import PIIRedactor, _national
from beluga.guards._national import NUMBERS
from beluga.testing.pii import national_values
from beluga.testing.strategies import chunkings

stdnum = pytest.importorskip("stdnum", reason="the extra identifiers is not installed")
ALL = PIIRedactor(countries="all")
OF_COUNTRY = {number.country: PIIRedactor(countries=[number.country]) for number in NUMBERS}
ROWS = pytest.mark.parametrize("number", NUMBERS, ids=[number.kind for number in NUMBERS])
# One of the words of each row, as people write it.
WORDS = {number.kind: re.sub(r"\\|\[.*?\]|[?()]|(?<=\()[^)]*\|", "", number.words.split("|")[0]) for number in NUMBERS}
WORDS |= {"ZA_ID": "id number", "IT_CODICE_FISCALE": "codice fiscale", "US_ITIN": "itin", "DE_TAX_ID": "Steuer-ID"}


@ROWS
@settings(max_examples=6)
@given(data=st.data())
def test_a_number_behind_its_word_is_found_and_a_wrong_one_is_not(number, data):
    """What the strategy draws is found whole; with another check digit it is no finding of its kind."""
    value = data.draw(national_values(number.kind))
    text = f"{WORDS[number.kind]}: {value}, thanks"
    start = text.index(value)

    redactor = OF_COUNTRY[number.country]

    assert [(f.kind, f.start, f.end) for f in redactor.scan(text)] == [(number.kind, start, start + len(value))]
    if number.module:
        for last in "0123456789" if value[-1].isdigit() else "ABCDEFGHJKLMNPQRSTVWXYZ":
            wrong = value[:-1] + last
            if not number.is_valid(wrong):
                assert number.kind not in [found.kind for found in redactor.scan(text.replace(value, wrong))]


@ROWS
@settings(max_examples=5)
@given(data=st.data())
def test_a_telling_form_is_found_without_a_word(number, data):
    """Numbers whose form says what they are need no word before them; the others do."""
    value = data.draw(national_values(number.kind))
    found = [finding.kind for finding in OF_COUNTRY[number.country].scan(f"it is {value}")]

    if number.alone and re.fullmatch(number.alone, value):
        assert found == [number.kind]
    elif not number.alone:
        assert number.kind not in found


@pytest.mark.parametrize(
    "options", [{"countries": "all"}, {"countries": ["DE", "UK"], "strategy": "mask_last4"}], ids=["all", "two"]
)
@settings(max_examples=20)
@given(data=st.data(), kinds=st.lists(st.sampled_from([number.kind for number in NUMBERS]), max_size=4))
def test_streams_equal_the_whole(options, data, kinds):
    """However a text with national numbers is cut, the stream gives the whole, and a second pass nothing more."""
    text = ", ".join(f"{WORDS[kind]} {data.draw(national_values(kind))}" for kind in kinds)
    redactor = PIIRedactor(**options)
    once = redactor.redact(text)
    stream = redactor.stream()

    assert "".join([*map(stream.feed, data.draw(chunkings(text))), stream.close()]) == once
    assert redactor.redact(once) == once


@pytest.mark.parametrize(
    "text",
    [
        "order 44051401359",
        "BSN of nobody: 123456789",
        "sum 390.533.447-06",
        "RSSMRA85T10A562T",
        "total 123 456 782",
        "id 8001015009088",
    ],
)
def test_what_is_none_stays(text):
    """Neither a wrong check digit nor a number without its word is one."""
    assert ALL.redact(text) == text


@pytest.mark.parametrize(
    ("countries", "error", "said"),
    [
        ("DE", TypeError, r"must be a list of codes, such as \['DE'\], or 'all'"),
        (["de"], ValueError, "did you mean 'DE'"),
        (["QQ"], ValueError, "no number is known"),
        ([7], ValueError, "no number is known"),
    ],
)
def test_bad_countries_are_refused(countries, error, said):
    """A list of known codes, or all; anything else is an error of the construction."""
    with pytest.raises(error, match=said):
        PIIRedactor(countries=countries)


def test_without_stdnum_the_extra_is_named(monkeypatch):
    """What is missing, and how to get it, is said when the redactor is made."""
    monkeypatch.setitem(sys.modules, "stdnum.pl.pesel", None)
    monkeypatch.setitem(sys.modules, "stdnum.pl", None)
    monkeypatch.setitem(sys.modules, "stdnum", None)
    monkeypatch.setattr(_national, "_patterns", _national._patterns.__wrapped__)
    monkeypatch.setattr(_national, "_stdnum", _national._stdnum.__wrapped__)

    with pytest.raises(ImportError, match=r'pip install "beluga-ai\[identifiers\]"'):
        PIIRedactor(countries=["PL"])


def test_kinds_reach_the_national_ones():
    """The kinds of the countries can be chosen like any other."""
    assert (
        PIIRedactor(countries=["PL"], kinds=["PL_PESEL"]).redact("PESEL 44051401359, a@b.co")
        == "PESEL [PL_PESEL], a@b.co"
    )
