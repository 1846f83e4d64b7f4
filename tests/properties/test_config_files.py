"""Configuration files of any shape: what the parsers say of them, with aliases, keys given twice, and their lines."""

from __future__ import annotations

import json
import math
import re

import attrs
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from beluga import ConfigError
from beluga.config.files import parse
from beluga.config.loading import layered

yaml = pytest.importorskip("yaml", reason="the extra yaml is not installed")

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=6)
KEYS = st.text("abcxyz-_", min_size=1, max_size=3)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Quoted(yaml.SafeDumper):
    """Writes every text in quotes: what is plain differs between the versions of YAML."""


Quoted.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


@st.composite
def aliased(draw):
    """A YAML text in which what was written before may stand again by its name, and the data that it means."""
    anchors = []

    def written(value):
        if anchors and draw(st.integers(0, 3)) == 0:
            name, known = draw(st.sampled_from(anchors))
            event("an alias")
            return f"*{name} ", known
        if isinstance(value, dict):
            pairs = [(key, *written(each)) for key, each in value.items()]
            text = "{" + ", ".join(f"{json.dumps(key)}: {inner}" for key, inner, _ in pairs) + "}"
            value = {key: known for key, _, known in pairs}
        elif isinstance(value, list):
            items = [written(each) for each in value]
            text, value = "[" + ", ".join(inner for inner, _ in items) + "]", [known for _, known in items]
        else:
            text = json.dumps(value, ensure_ascii=False)
        if draw(st.booleans()):
            name = f"a{len(anchors)}"
            anchors.append((name, value))
            text = f"&{name} {text}"
        return text, value

    lines, data = [], {}
    for key, value in draw(DOCUMENTS).items():
        text, data[key] = written(value)
        lines.append(f"{json.dumps(key)}: {text}")
    return "\n".join(lines), data


def read(text, name="a.yaml"):
    return parse(text.encode(), name)


def problem_of(text, name="a.yaml"):
    with pytest.raises(ConfigError) as caught:
        read(text, name)
    return str(caught.value)


@given(DOCUMENTS)
def test_a_document_says_the_same_in_json_and_in_yaml(data):
    """JSON is YAML of version 1.2."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    assert read(text).data == read(text, "a.json").data == data


@given(DOCUMENTS, st.booleans())
def test_what_pyyaml_writes_is_read_as_it_was(data, flow):
    """In blocks and in brackets."""
    assert read(yaml.dump(data, Dumper=Quoted, default_flow_style=flow, allow_unicode=True)).data == data


@given(aliased())
def test_an_alias_is_what_it_stands_for(drawn):
    """Wherever it stands, and whatever is inside."""
    text, data = drawn
    assert read(text).data == data


@given(DOCUMENTS)
def test_every_setting_has_its_line(data):
    """The line of a path begins with its key."""
    text = yaml.dump(data, Dumper=Quoted, allow_unicode=True)
    document, lines = read(text), text.splitlines()
    for path, line in document.locate().items():
        if isinstance(path[-1], str) and len(path) == 1:
            assert lines[line - 1].startswith(json.dumps(path[-1]))
    assert {path for path in document.locate() if len(path) == 1} == {(key,) for key in data}


@given(DOCUMENTS, st.data())
def test_a_key_given_twice_is_told_with_the_line_of_the_second(data, draw):
    """In JSON, YAML and TOML."""
    key = draw.draw(st.sampled_from(sorted(data)))
    lines = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in data.items()]
    lines.append(f"{json.dumps(key)}: 1")
    assert problem_of("\n".join(lines)) == f"a.yaml:{len(lines)}: has the key {key!r} twice in one table"
    text = "{" + ",\n".join(lines) + "}"
    assert problem_of(text, "a.json") == f"a.json:{len(lines)}: has the key {key!r} twice in one table"
    toml = "\n".join([*(f"{json.dumps(name)} = 1" for name in data), f"{json.dumps(key)} = 1"])
    assert problem_of(toml, "a.toml").startswith(f"a.toml:{len(lines)}: is not TOML: Cannot overwrite")


NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


@given(st.text("0123456789_:.+-eExXo", min_size=1, max_size=6))
def test_what_looks_like_a_number_is_that_number(text):
    """To Python's own eyes: nothing is octal for a zero in front, counted in sixties or parted by underscores."""
    assume(text not in {"-", "..."} and not text.startswith(("- ", ": ")) and not text.endswith(":"))
    assume(not text.startswith(("---", "-:", ":", "?")) or NUMBER.fullmatch(text))
    value = read(f"a: {text}\n").data["a"]
    if text.startswith(("0x", "0o")) and not isinstance(value, str):
        assert value == int(text, 0)
    elif NUMBER.fullmatch(text):
        event("a number")
        assert value == float(text) or (math.isinf(float(text)) and math.isinf(value))
        assert isinstance(value, int) is (not {".", "e", "E"} & set(text))
    else:
        assert value == text


@given(st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_of_several_files_the_last_one_wins(documents):
    """All that it says stands, what it does not touch stays, and it does not matter which are put together first."""
    read_ = [parse(json.dumps(data).encode(), f"{place}.json") for place, data in enumerate(documents)]
    whole, below = layered(read_), layered(read_[:-1])
    for path, value in _leaves(documents[-1]):
        found = whole
        for step in path:
            found = found[step]
        assert found == value or (value == {} and isinstance(found, dict))
    assert {key: whole[key] for key in below.keys() - documents[-1].keys()} == {
        key: below[key] for key in below.keys() - documents[-1].keys()
    }
    assert layered([attrs.evolve(read_[0], data=below), read_[-1]]) == whole


def _leaves(data, above=()):
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value
