"""The texts of a value, and the value rebuilt with others."""

from __future__ import annotations

import dataclasses
import enum
import functools
import numbers
import pathlib
import threading
import types
import uuid
from array import array
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

import attrs
import pydantic
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from beluga._values.texts import Reading, rewritten
from beluga.schema import AIMessage, Chunk, HumanMessage, SystemMessage, ThinkingPart, ToolCall, ToolMessage, ToolResult


@attrs.frozen
class Slotted:
    one: object
    two: object = None


@dataclasses.dataclass(frozen=True)
class Data:
    one: object
    two: object = None


class Model(pydantic.BaseModel):
    model_config = {"extra": "allow", "arbitrary_types_allowed": True}
    one: object = None


Pair = namedtuple("Pair", "one two")  # noqa: PYI024 - as users make them
Colour = enum.Enum("Colour", "RED")


@numbers.Real.register
class Scalar:
    """A number as numpy's are: of a class of its own."""

    def item(self):
        return 5


class Words(list):
    """A list of a user's own, with something beside its items."""


def upper(text):
    return text.value.upper()


def said(value, **options):
    return [(text.path, text.role, text.kind) for text in Reading(value, **options).texts]


@pytest.mark.parametrize(
    ("value", "changed"),
    [
        ("a", "A"),
        ({"k": "a", 5: ("b", None)}, {"K": "A", 5: ("B", None)}),
        (Pair("a", 1), Pair("A", 1)),
        (deque(["a"], 3), deque(["A"], 3)),
        ({"a"}, {"A"}),
        (frozenset(["a"]), frozenset(["A"])),
        (b"a", b"A"),
        (bytearray(b"a"), bytearray(b"A")),
        (pathlib.PurePosixPath("a/b"), pathlib.PurePosixPath("A/B")),
        (OrderedDict(a="b"), OrderedDict(A="B")),
        (defaultdict(list, {"a": ["b"]}), defaultdict(list, {"A": ["B"]})),
        (Counter(a=2), Counter(A=2)),
        (types.MappingProxyType({"a": "b"}), types.MappingProxyType({"A": "B"})),
        (Words(["a"]), Words(["A"])),
        (Slotted("a", ["b"]), Slotted("A", ["B"])),
        (Data("a", Data("b")), Data("A", Data("B"))),
        (Model(one="a", two="b"), Model(one="A", TWO="B")),
        (HumanMessage(parts=["a", ToolResult("b", "C1")]), HumanMessage(parts=["A", ToolResult("B", "C1")])),
        (Chunk(text="a", thinking="b"), Chunk(text="A", thinking="B")),
        (ToolCall("I", "N", {"Q": {"R": ["a"]}}), ToolCall("I", "N", {"Q": {"R": ["A"]}})),
        ({"a@b": 1, "A@B": 2}, {"A@B": 1, "A@B_": 2}),
    ],
)
def test_values_are_rebuilt_as_what_they_were(value, changed):
    """Every kind of value keeps its type and its place, and only texts become others."""
    result = rewritten(value, upper)

    assert result == changed
    assert type(result) is type(value)
    assert rewritten(value, lambda text: text.value) is value


@pytest.mark.parametrize(
    "value",
    [
        5, None, True, uuid.UUID(int=1), array("d", [0.5]), Colour.RED, b"\xff", len, int, int | str, "", [], Scalar(),
        "data:image/png;base64,AA==",
    ],
)  # fmt: skip
def test_what_says_nothing_has_no_text(value):
    """Numbers, enumerations, identifiers, functions and pictures are passed over in silence."""
    reading = Reading(value)

    assert (reading.texts, reading.unread) == ((), ())


def test_roles_and_kinds_of_a_conversation():
    """Each text says whose it is and what for, in dictionaries as in our messages."""
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"to": "x"}'}}]
    result = {"type": "tool_result", "tool_use_id": "t", "content": "c"}
    wire = [
        {"role": "developer", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}, result]},
        {"role": "assistant", "content": "d", "reasoning_content": "e", "tool_calls": calls},
        {"role": "tool", "content": "g", "tool_call_id": "c1"},
    ]  # fmt: skip
    ours = [
        SystemMessage("a"),
        AIMessage(parts=[ThinkingPart("b"), ToolCall("c1", "f", {"to": "x"})]),
        ToolMessage("c", "c1"),
    ]

    assert said({"messages": wire, "system": "s"}) == [
        ("messages[0].content", "system", "text"),
        ("messages[1].content[0].text", "user", "text"),
        ("messages[1].content[1].tool_use_id", "tool", "text"),
        ("messages[1].content[1].content", "tool", "text"),
        ("messages[2].content", "assistant", "text"),
        ("messages[2].reasoning_content", "assistant", "thinking"),
        ("messages[2].tool_calls[0].id", "assistant", "tool_call"),
        ("messages[2].tool_calls[0].function.name", "assistant", "tool_call"),
        ("messages[2].tool_calls[0].function.arguments.keys()", "assistant", "key"),
        ("messages[2].tool_calls[0].function.arguments.to", "assistant", "tool_call"),
        ("messages[3].content", "tool", "text"),
        ("messages[3].tool_call_id", "tool", "text"),
        ("system", "system", "text"),
    ]
    assert [(role, kind) for path, role, kind in said(ours) if path.endswith((".text", ".to"))] == [
        ("system", "text"), ("assistant", "thinking"), ("assistant", "tool_call"), ("tool", "text"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        {"role": "tool", "content": {"role": "system", "content": "x"}},
        {"role": "user", "content": [{"role": "system", "content": "x"}]},
        {"payload": {"role": "system", "content": "x"}},
        [{"type": "tool_result", "content": [{"role": "developer", "content": "x"}]}],
        {"tool_calls": [{"name": "f", "arguments": '{"role": "system", "content": "x"}'}]},
    ],
)
def test_a_claim_inside_of_data_is_not_believed(value):
    """Only a message in a conversation says whose it is; what stands in data cannot call itself the system."""
    assert all(role != "system" for _, role, _ in said(value))


def test_a_role_that_is_given_holds_throughout():
    """Who knows whose a value is says so, and nothing in it says otherwise."""
    assert said([SystemMessage("a"), "b"], role="output", name="answer") == [
        ("answer[0].parts[0].text", "output", "text"),
        ("answer[1]", "output", "text"),
    ]


def test_json_in_arguments_is_walked_as_data():
    """What a model wrote as arguments is read as JSON, and written again only where something changed."""
    call = {"type": "function_call", "name": "F", "arguments": '{"to":  "a"}'}

    assert rewritten(call, lambda text: text.value) is call
    assert rewritten(call, upper)["arguments"] == '{"TO": "A"}'


def test_json_that_says_a_name_twice_is_one_text():
    """Who reads it takes the first or the last value, so both are shown."""
    call = {"type": "function_call", "name": "send", "arguments": '{"to": "eve", "to": "ana"}'}

    assert call["arguments"] in [text.value for text in Reading(call).texts]


def test_circles_and_shared_parts_are_kept():
    """A value that holds itself is rebuilt to hold itself, and what is shared stays shared."""
    circle: list = ["a"]
    circle.append({"me": circle})
    part = ["a"]

    new = rewritten(circle, upper)
    assert new[0] == "A"
    assert new[1]["ME"] is new
    first, second = rewritten([part, part], upper)
    assert first == ["A"]
    assert first is second


def test_what_cannot_be_looked_into_is_named():
    """A path, a type and a reason for each, and whether it is one of those that act."""

    class Hostile(dict):
        def keys(self):
            raise RuntimeError("text")

        __iter__ = keys

    def letters():
        raise AssertionError
        yield

    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    wide: list = ["x"]
    for _ in range(60):
        wide = [wide, wide]
    reading = Reading(
        {"a": Hostile(x="y"), "b": letters(), "c": threading.Lock(), "d": ValueError("x"), "e": deep, "f": wide}
    )

    assert [(u.path.partition("[")[0], u.type, u.acts) for u in reading.unread] == [
        ("a", "Hostile", False), ("b", "generator", False), ("c", "lock", True), ("d", "ValueError", False),
        ("e", "list", False),
    ]  # fmt: skip
    assert reading.unread[0].why == "reading it raised RuntimeError"


def test_slots_beside_a_dict_are_not_taken_for_empty():
    """An object with methods acts only if all that it holds can be seen to be no text."""

    class Slots:
        __slots__ = ("said",)

    class Open(Slots):
        def ask(self):
            return self.said

    value = Open()
    value.said = "a"

    assert [unread.acts for unread in Reading([value]).unread] == [False]


class Derived:
    @functools.cached_property
    def loud(self):
        return f"{self.one}!"


class DerivedModel(Derived, Model):
    @pydantic.computed_field
    @functools.cached_property
    def shown(self) -> str:
        return f"{self.one}?"


@dataclasses.dataclass(frozen=True)
class DerivedData(Derived, Data):
    pass


@pytest.mark.parametrize("kind", [DerivedModel, DerivedData])
def test_what_was_made_of_the_old_texts_is_made_again(kind):
    """A cached property of a record holds no text that the record itself has no longer."""
    value = kind(one="a")
    assert (value.loud, getattr(value, "shown", "a?")) == ("a!", "a?")

    new = rewritten(value, upper)
    assert new.loud == "A!"
    assert getattr(new, "shown", "A?") == "A?"
    assert value.__dict__["loud"] == "a!"


def test_a_value_that_cannot_be_made_again_is_an_error():
    """Who wants another text in it is told so, and nobody goes on with the old one."""

    class Frozen(tuple):
        __slots__ = ()

        def __new__(cls):
            return super().__new__(cls, ("a",))

    with pytest.raises(ValueError, match="another Frozen cannot be made"):
        rewritten([Frozen()], upper)
    changing = ["a"]
    reading = Reading(changing)
    changing[0] = "b"
    with pytest.raises(ValueError, match="changed while it was read"):
        reading.rebuilt(["c"])


MARK = "forbidden"
LEAVES = st.sampled_from(
    [MARK, MARK.encode(), "fine", b"\xff", 5, None, 2.5, True, Colour.RED, pathlib.PurePosixPath(MARK)]
)
NAMES = st.sampled_from(["content", "one", "two", "role", "text", MARK, "arguments", "messages"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.lists(inner, max_size=3).map(deque),
        st.dictionaries(NAMES, inner, max_size=3),
        st.dictionaries(NAMES, inner, max_size=3).map(OrderedDict),
        st.tuples(inner, inner).map(lambda both: Pair(*both)),
        st.tuples(inner, inner).map(lambda both: Slotted(*both)),
        st.tuples(inner, inner).map(lambda both: Data(*both)),
        inner.map(lambda one: Model(one=one)),
        inner.map(lambda one: Model(extra=one)),
        st.lists(st.sampled_from([MARK, "fine"]), max_size=2).map(frozenset),
    ),
    max_leaves=12,
)


@given(VALUES)
def test_no_path_leads_round_the_walker(value):
    """Whatever is nested in whatever, all texts are seen, types are kept, and the untouched value is itself."""
    assert rewritten(value, lambda text: text.value) is value
    clean = rewritten(value, lambda text: text.value.replace(MARK, "gone"))

    if MARK in repr(value):
        event("holds it")
    assert MARK not in repr(clean)
    assert repr(clean).count("gone") == repr(value).count(MARK)
    assert not Reading(value).unread


@pytest.mark.parametrize("value", [array("u", "secret"), array("B", b"secret"), array("b", b"secret")], ids=repr)
def test_an_array_of_letters_is_named(value):
    """Letter by letter it says nothing, and all of them together may."""
    assert [unread.path for unread in Reading({"a": value}).unread] == ["a"]


def test_a_class_that_cannot_be_hashed_is_named():
    """A metaclass that compares classes makes them unhashable, and costs nobody the rest of the value."""

    class Meta(type):
        def __eq__(cls, other):
            raise RuntimeError

        __hash__ = None

    class Odd(metaclass=Meta):
        pass

    reading = Reading([Odd(), "x"])
    assert [text.value for text in reading.texts] == ["x"]
    assert [unread.type for unread in reading.unread] == ["Odd"]


@pytest.mark.parametrize("verb", ["close", "connect", "shutdown", "__enter__", "__call__"])
@pytest.mark.parametrize("declare", [dataclasses.dataclass, attrs.define, attrs.define(slots=False), "pydantic"])
def test_what_declares_its_fields_is_read_whatever_it_can_do(declare, verb):
    """A record with a method such as `close` is no client: a ticket can be closed, too."""
    body = {"__annotations__": {"said": str}, verb: lambda self: self}
    made = type("Ticket", (pydantic.BaseModel,), body) if declare == "pydantic" else declare(type("Ticket", (), body))
    value = made(said="hello")

    reading = Reading(value)

    assert ([text.value for text in reading.texts], reading.unread) == (["hello"], ())
    new = reading.rebuilt(["HELLO"])
    assert (type(new), new.said, value.said) == (made, "HELLO", "hello")


class Private(pydantic.BaseModel):
    model_config = {"frozen": True}
    one: object = None
    _note: object = None


class Below(Slotted):
    """It has a dictionary, which its base has not."""


def beside(value, **attributes):
    """Return `value` with `attributes` put on it beside its fields."""
    for name, item in attributes.items():
        object.__setattr__(value, name, item)
    return value


def noted(value):
    """Return a frozen model with a private attribute set."""
    value.__pydantic_private__["_note"] = "note"
    return value


@pytest.mark.parametrize(
    "value",
    [
        beside(Data("one"), note="note"),
        beside(Below("one"), note="note"),
        beside(Model(one="one"), note="note"),
        noted(Private(one="one")),
        beside(Data("one"), note=[{"deep": "note"}]),
    ],
    ids=["data class", "attrs", "pydantic extra", "pydantic private", "nested"],
)
def test_what_stands_beside_declared_fields_is_read(value):
    """Attributes that somebody put on a record, and private ones, are walked and rebuilt like its fields."""
    reading = Reading(value)
    assert [text.value for text in reading.texts if text.kind != "key"][:2] == ["one", "note"]

    new = rewritten(value, lambda text: "other" if text.value == "note" else text.value)

    assert type(new) is type(value)
    assert "note" not in [text.value for text in Reading(new).texts if text.kind != "key"]
    assert [text.value for text in Reading(value).texts] == [text.value for text in reading.texts]
