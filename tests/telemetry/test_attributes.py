"""What applications give as attributes never breaks a call, a span or an export."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import traced
from beluga._traceview.records import decoded
from beluga.telemetry import attributes_of, start_span
from beluga.telemetry.exporting import encoded


class Colour(enum.Enum):
    RED = "red"


class Hostile(list):
    def __iter__(self):
        raise RuntimeError

    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        (True, True),
        (2**63, str(2**63)),
        (-(2**63), -(2**63)),
        (Colour.RED, "red"),
        (decimal.Decimal("0.10"), "0.10"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.timedelta(minutes=1), 60.0),
        ({"b", "a"}, ["a", "b"]),
        ([1, "a"], ["1", "a"]),
        ([1, None, 2], [1, 2]),
        ([], []),
        ("\ud800x", "?x"),
        (object(), None),
        ({"a": 1}, None),
        (b"bytes", None),
        (Hostile(), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_value_is_the_nearest_legal_one_or_left_out(value, kept):
    """There is no third way."""
    assert attributes_of({"key": value}).get("key") == kept


def test_keys_are_texts():
    """A key that is none is left out."""
    assert attributes_of({1: "a", "": "b", "c": "d"}) == {"c": "d"}


def test_attributes_that_are_not_a_mapping_are_refused():
    """A list of pairs has no names, and the mistake is told where it is made."""
    with pytest.raises(TypeError, match="attributes are a mapping of names to values, not list"):
        attributes_of([("a", 1)])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.builds(object),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text() | st.integers(), ANYTHING, max_size=5))
def test_any_attributes_reach_the_file_and_come_back(values):
    """Whatever is given, the span is recorded, written and read, and the call is not disturbed."""
    from beluga.testing import record_spans

    @traced(attributes=lambda _: values)
    def call():
        return "fine"

    with record_spans() as spans:
        assert call() == "fine"
    (record,) = decoded(encoded(spans.spans))
    assert set(record.attributes) == set(attributes_of(values))


def test_a_function_of_attributes_that_fails_costs_only_them(spans, caplog):
    """The call and its span go on without."""

    @traced(attributes=lambda given: {"x": given["nowhere"]})
    def call():
        return "fine"

    with caplog.at_level(logging.WARNING):
        assert call() == "fine"
    assert spans.one(spans.spans[0].name).attributes == {}
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(("name", "attributes"), [(5, None), (None, {}), ("request", 5), ("request", [("a", 1)])])
def test_a_span_by_hand_says_what_it_needs(name, attributes):
    """The message says which argument is of the wrong type, also while nobody records."""
    with pytest.raises(TypeError, match="must be"), start_span(name, attributes):
        pass


@pytest.mark.parametrize(
    "options", [{"model": 3}, {"operation": ""}, {"capture": "yes"}, {"attributes": 5}, {"name": 7}]
)
def test_wrong_options_are_refused_when_the_decorator_runs(options):
    """The message names the option."""
    with pytest.raises(TypeError, match=next(iter(options))):
        traced(**options)
