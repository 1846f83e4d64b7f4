"""What must hold for masking, whatever the data."""

from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from beluga.masking import MASK, is_secret_key, mask, mask_secrets
from beluga.testing.pii import secret_text

THOROUGHLY = settings.get_profile("guards")

SECRET_NAMES = st.sampled_from(["api_key", "clientSecret", "X-API-Key", "password", "refresh_token", "Authorization"])
PLAIN_NAMES = st.sampled_from(["model", "max_tokens", "eos_token", "primary_key", "user", "next_page_token", "n"])
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["gpt-4o", "hello", ""])
)
VALUES = st.text("abcdefXYZ0123", min_size=9, max_size=30)
DATA = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(PLAIN_NAMES, inner, max_size=4)
        | st.dictionaries(SECRET_NAMES, VALUES, max_size=3)
    ),
    max_leaves=25,
)


def leaves(data, name=""):
    """Yield every leaf with the name it stands under."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, key)
    elif isinstance(data, list | tuple):
        for value in data:
            yield from leaves(value, name)
    else:
        yield name, data


@THOROUGHLY
@given(DATA)
def test_the_data_is_not_changed(data):
    """Masking works on a copy."""
    before = copy.deepcopy(data)
    mask_secrets(data)

    assert before == data


@THOROUGHLY
@given(DATA)
def test_types_and_shape_are_kept(data):
    """A list stays a list, a tuple a tuple, and no key is lost."""

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value), [shape(inner) for inner in value]
        return type(value)

    assert shape(data) == shape(mask_secrets(data))


@THOROUGHLY
@given(DATA)
def test_secrets_are_masked_and_everything_else_is_kept(data):
    """A value under a secret's name is masked, any other is the same as before."""
    for (name, old), (_, new) in zip(leaves(data), leaves(mask_secrets(data)), strict=True):
        assert new == (mask(old) if is_secret_key(name) and isinstance(old, str) and old else old)


@THOROUGHLY
@given(DATA)
def test_masking_twice_changes_nothing_more(data):
    """A mask is no secret."""
    once = mask_secrets(data)

    assert mask_secrets(once).__class__ is once.__class__
    assert [type(leaf) for _, leaf in leaves(once)] == [type(leaf) for _, leaf in leaves(mask_secrets(once))]


@THOROUGHLY
@given(st.text())
def test_at_least_eight_characters_stay_hidden(secret):
    """Four characters are shown only of a secret of twelve or more."""
    masked = mask(secret)

    assert masked == MASK or (len(masked) == len(secret) and set(masked[2:-2]) == {"*"} and len(secret) >= 12)


@THOROUGHLY
@given(secret_text())
def test_no_secret_in_free_text_survives(drawn):
    """Text is searched for secrets wherever it is: as a value, in a list, in an exception, as bytes."""
    text = drawn.text
    masked = mask_secrets([text, {"note": (text,)}, ValueError(text), text.encode()])
    printed = repr(masked)

    assert not [value for value in drawn.values if value in printed]
