"""What holds for the readings of any text."""

from __future__ import annotations

import string

from hypothesis import example, given, settings
from hypothesis import strategies as st

from beluga.guards._deobfuscation import views
from beluga.guards._normalization import View, latinise, normalise

THOROUGHLY = settings.get_profile("guards")

# Any code point, lone surrogates too, and more of those that matter here than chance would bring.
_ODD = st.sampled_from(
    "\u200b\u0301\u0316\ufb03\ufdfa\uff11\U000e0041\ufe0f\x00\x1b\ud800\u1100\u1161\uff9e\u00bd\u202e"
)
TEXTS = st.lists(st.characters() | _ODD | st.sampled_from("aeiou 019.-<>&%\\["), max_size=60).map("".join)
CLEAN = st.text(string.ascii_letters + string.digits + string.punctuation + " \t\n\r")


def check_map(view: View, text: str) -> None:
    """Assert that the map of `view` is monotone and stays inside `text`."""
    starts = [view.span(i, i + 1) for i in range(len(view.text))]
    assert all(0 <= start < end <= len(text) for start, end in starts)
    assert starts == sorted(starts)
    if starts:
        assert view.span(0, len(view.text)) == (starts[0][0], starts[-1][1])


@THOROUGHLY
@given(TEXTS)
def test_map_is_monotone_and_in_range(text: str) -> None:
    """Every character of the plain reading stands for a place in the text, in order."""
    view = normalise(text)
    check_map(view, text)
    check_map(latinise(view), text)


@THOROUGHLY
@given(TEXTS)
@example("\uff76\uff9e")
@example("\u1100\u200b\u1161")
def test_normal_form_is_its_own(text: str) -> None:
    """Normalising is idempotent, and so is reading as Latin."""
    once = normalise(text).text
    assert normalise(once).text == once
    latin = latinise(View(once)).text
    assert latinise(normalise(latin)).text == latin


@THOROUGHLY
@given(CLEAN)
def test_clean_ascii_is_itself(text: str) -> None:
    """Printable ASCII is its own plain reading, offset by offset."""
    view = latinise(normalise(text))
    assert view.text is text
    assert all(view.span(i, i + 1) == (i, i + 1) for i in range(len(text)))


@THOROUGHLY
@given(TEXTS)
def test_growth_is_bounded(text: str) -> None:
    """No plain reading is more than eight times as long as the text."""
    assert len(normalise(text).text) <= 8 * len(text)


@THOROUGHLY
@given(TEXTS)
def test_every_reading_maps_into_the_text(text: str) -> None:
    """Whatever is decoded, its spans are places in the text as given."""
    for view in views(text):
        start, end = view.span(0, len(view.text))
        assert 0 <= start <= end <= len(text)


@THOROUGHLY
@given(TEXTS)
def test_views_never_fail_and_end(text: str) -> None:
    """Every text has a bounded number of readings."""
    assert 1 <= len(list(views(text))) < 500
