"""Templates: strict about names, blind to what is filled in."""

from __future__ import annotations

import pickle

import attrs
import pytest

from beluga import BelugaError, ErrorCode
from beluga.prompt import Template, Templates, Version


def test_gaps_are_filled_and_doubled_braces_are_braces() -> None:
    """Names in braces are variables, everything else is text."""
    template = Template('Say {greeting} to {name}, as {{"json": {count}}}, {name}.')
    assert template.variables == ("greeting", "name", "count")
    assert template.render(greeting="hi", name="Ana", count=3) == 'Say hi to Ana, as {"json": 3}, Ana.'


def test_what_is_filled_in_is_not_read_again() -> None:
    """A user's text with braces stays a text."""
    assert Template("{a} {b}").render(a="{b}", b="{{a}}") == "{b} {{a}}"


def test_any_name_can_be_a_variable() -> None:
    """Also those that Python uses itself."""
    assert Template("{self} {class}").render(**{"self": "a", "class": "b"}) == "a b"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "template greeting 1.10: missing: name, day"),
        ({"name": "x"}, "template greeting 1.10: missing: day"),
        ({"nam": "secret", "name": "x", "day": 1}, "template greeting 1.10: unknown: nam"),
        ({"nam": "secret", "day": 1}, "template greeting 1.10: missing: name; unknown: nam"),
    ],
)
def test_missing_and_unknown_variables_are_errors(values, message) -> None:
    """All of them are named at once, and no value is."""
    template = Template("{name} {day} {name}", name="greeting", version="1.10")
    with pytest.raises(ValueError, match="template") as caught:
        template.render(**values)
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [None, ["secret"], b"secret", {"secret": 1}, object()])
def test_only_texts_and_numbers_are_filled_in(value) -> None:
    """None or the repr of an object in a prompt is a mistake, and is not quoted."""
    with pytest.raises(TypeError, match="without a name: x is a text or a number, not") as caught:
        Template("{x}").render(x=value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "line 1, column 1"),
        ("a }", "line 1, column 3"),
        ("ok\n {} ", "line 2, column 2"),
        ("{0}", "line 1, column 1"),
        ("{a.b}", "line 1, column 1"),
        ("{a!r}", "line 1, column 1"),
        ("{a:>5}", "line 1, column 1"),
        ("{ a }", "line 1, column 1"),
        ("{{a}", "line 1, column 4"),
    ],
)
def test_a_brace_that_means_nothing_is_refused(text: str, place: str) -> None:
    """The error has the place, and comes when the template is made."""
    with pytest.raises(ValueError, match=rf"{place} of the template has a brace .* write \{{\{{ or"):
        Template(text)


def test_versions_are_ordered_as_versions() -> None:
    """By their numbers, not by their letters."""
    texts = ["1.10", "1.9", "2", "1.9.1", "v1.2"]
    assert [str(version) for version in sorted(map(Version.parse, texts))] == ["1.2", "1.9", "1.9.1", "1.10", "2"]
    assert Version.parse("1.0") == Version.parse("1")


@pytest.mark.parametrize("text", ["", "1.", "a", "1.x", "1-2", "١", " 1", 1, None, "1.2.3.4.5.6"])
def test_what_is_no_version_is_refused(text) -> None:
    """The error says what a version looks like."""
    with pytest.raises(ValueError, match="numbers with dots"):
        Template("x", version=text)


KNOWN = Templates(*(Template(f"of {version}", name="a", version=version) for version in ("1.9", "1.10", "1.2")))


def test_the_latest_version_is_the_default() -> None:
    """1.10 is later than 1.9, and each one can be asked for."""
    assert KNOWN.get("a").text == "of 1.10"
    assert KNOWN.get("a", "1.9").text == "of 1.9"
    assert [str(version) for version in KNOWN.versions("a")] == ["1.2", "1.9", "1.10"]
    assert (KNOWN.names(), KNOWN.versions("b")) == (("a",), ())


@pytest.mark.parametrize(
    ("wanted", "match"),
    [
        (("b",), "no template 'b'; known are: a"),
        (("a", "3"), "template 'a' has no version 3; known are: 1.2, 1.9, 1.10"),
    ],
)
def test_an_unknown_template_is_not_found(wanted, match) -> None:
    """The error lists what there is."""
    with pytest.raises(BelugaError, match=match) as caught:
        KNOWN.get(*wanted)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_a_version_is_taken_once() -> None:
    """A changed text under an old version would change prompts that are in use."""
    known = Templates(Template("x", name="a", version="1.0"))
    with pytest.raises(ValueError, match="a has a version 1 already"):
        known.add(Template("y", name="a", version="1"))
    with pytest.raises(ValueError, match="needs a name="):
        known.add(Template("y"))
    with pytest.raises(TypeError, match="not str"):
        known.add("y")


def test_a_text_is_a_str() -> None:
    """Anything else is refused without being quoted."""
    with pytest.raises(TypeError, match="text must be a str, not bytes") as caught:
        Template(b"secret")
    assert "secret" not in str(caught.value)


def test_a_template_is_a_value_that_shows_no_text() -> None:
    """It compares and pickles, and its repr has the name and the version."""
    template = Template("secret {x}", name="a", version="2")
    assert pickle.loads(pickle.dumps(template)) == template == attrs.evolve(template)
    assert "secret" not in repr(template)
    assert "'a'" in repr(template)
