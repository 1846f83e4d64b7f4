"""Properties of the one walker: for whoever uses it, nothing forbidden leaves, and what is harmless is itself."""

from __future__ import annotations

import dataclasses
import enum
import json
import pathlib
import types
from collections import Counter, OrderedDict, UserString, defaultdict, deque, namedtuple
from typing import Any

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga._values.texts import rewritten
from beluga.guards import GuardPipeline, PatternRedactor
from beluga.guards.pipeline import run
from beluga.logs.records import Masker
from beluga.masking import mask_secrets
from beluga.schema import AIMessage, Chunk, HumanMessage, Response, TextPart, ThinkingPart, ToolCall, ToolResult
from beluga.telemetry import content
from beluga.telemetry.attributes import checked, redact

KEY = "sk-proj-" + "Zx81kQ0vRt5LmW2nYb7c"
Row = namedtuple("Row", ["user", "note"])  # noqa: PYI024 - the untyped kind is one of those under test


class Level(enum.IntEnum):
    LOW = 1


@attrs.frozen
class Frozen:
    one: Any
    two: Any = None


@dataclasses.dataclass
class Data:
    one: Any
    two: Any = None


class Model(pydantic.BaseModel):
    model_config = {"extra": "allow"}
    one: Any = None


def texts(secret):
    """Return a strategy of what holds a text by itself, `secret` or not."""
    plain = st.sampled_from([secret, f"see {secret} there", "fine", ""])
    return st.one_of(
        plain,
        plain.map(str.encode),
        plain.map(lambda text: bytearray(text.encode())),
        plain.map(UserString),
        plain.map(lambda text: pathlib.PurePosixPath("/tmp", text)),
        plain.map(lambda text: json.dumps({"to": [text], "n": 1})),
        st.sampled_from([b"\xff\xfe", 5, 2.5, None, True, Level.LOW, 10**40]),
    )


def nested(secret):
    """Return a strategy of values of every kind that the walker knows, some of which hold themselves."""
    names = st.sampled_from(["content", "one", "note", secret, "messages", "arguments"])

    def around(inner):
        several = st.lists(inner, max_size=3)
        entries = st.dictionaries(names, inner, max_size=3)
        two = st.tuples(inner, inner)
        return st.one_of(
            several,
            several.map(tuple),
            several.map(deque),
            entries,
            entries.map(OrderedDict),
            entries.map(lambda fields: defaultdict(list, fields)),
            entries.map(types.MappingProxyType),
            entries.map(lambda fields: fields.values()),
            entries.map(lambda fields: Model(**{**fields, "two": 1})),
            entries.map(lambda fields: Counter(dict.fromkeys(fields, 1))),
            st.frozensets(st.sampled_from([secret, "fine"])),
            two.map(lambda both: Row(*both)),
            two.map(lambda both: Frozen(*both)),
            two.map(lambda both: Data(*both)),
            two.map(lambda both: {"role": "tool", "content": [{"type": "text", "text": both[0]}], "x": both[1]}),
            entries.map(lambda fields: ToolCall("c", "f", {name: str(item) for name, item in fields.items()})),
            several.map(holding_itself),
        )

    messages = st.sampled_from(
        [
            HumanMessage(secret),
            AIMessage(parts=[ThinkingPart(secret), TextPart("fine"), ToolCall("c", "f", {"to": {"x": [secret]}})]),
            HumanMessage(parts=[ToolResult(secret, "c")]),
            Response(AIMessage(secret), raw={"choices": [{"text": secret}]}),
            Chunk(text="fine", thinking=secret),
        ]
    )
    return st.recursive(st.one_of(texts(secret), messages), around, max_leaves=6)


def holding_itself(items):
    items.append({"me": items})
    return items


def printed(value, seen=None):
    """Return all that a value holds as one text, however it prints itself."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return ""
    seen.add(id(value))
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    if isinstance(value, (dict, types.MappingProxyType)):
        return "".join(printed(name, seen) + printed(item, seen) for name, item in value.items())
    if isinstance(value, (list, tuple, deque, frozenset, type({}.values()))):
        return "".join(printed(item, seen) for item in value)
    if isinstance(value, pydantic.BaseModel):
        return printed({**value.__dict__, **value.__pydantic_extra__}, seen)
    if attrs.has(type(value)):
        return "".join(printed(getattr(value, field.name), seen) for field in attrs.fields(type(value)))
    return printed(vars(value), seen) if dataclasses.is_dataclass(value) else str(value)


def guarded(value):
    pipeline = GuardPipeline(output=[PatternRedactor(("KEY", KEY))])
    return run(pipeline.judge(value, "output"))[1]


MASKED_BY = {
    "guards": guarded,
    "masking": mask_secrets,
    "logs": Masker().data,
    "content": lambda value: content.given(value, checked(redact)),
}


@pytest.mark.parametrize("user", MASKED_BY)
def test_nothing_forbidden_leaves_by_any_path(user, until_reached):
    """Whatever is nested in whatever, as bytes, a name, a path, JSON or behind a circle: the secret is not in it."""

    @given(nested(KEY))
    def holds(value):
        reached[type(value).__name__] += KEY in printed(value)
        assert KEY not in printed(MASKED_BY[user](value))

    reached: Counter[str] = Counter()
    until_reached(holds, reached, {"list", "tuple", "dict", "Model", "Data", "Frozen"})


@pytest.mark.parametrize("change", [mask_secrets, guarded])
@given(value=nested(KEY))
def test_types_are_kept(change, value):
    """What is made again is what it was."""
    assert type(change(value)) is type(value)


@pytest.mark.parametrize("change", [mask_secrets, guarded, lambda value: rewritten(value, lambda text: text.value)])
@given(value=nested("harmless"))
def test_what_holds_nothing_forbidden_is_itself(change, value):
    """No copy is made where nothing changes, also of what holds itself."""
    assert change(value) is value
