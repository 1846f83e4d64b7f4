"""Instances that grow while an answer is streamed."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import json
from typing import NamedTuple, TypedDict

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beluga import BudgetExceeded, InvalidResponse, breaker, budget, guarded, layers, retry, structured, traced
from beluga._policies.partial import NOTHING_NEW, PartialAnswer, partial
from beluga._policies.response_format import ResponseFormat, begin
from beluga._types.annotations import read_type
from beluga.errors import BelugaError
from beluga.guards import ContentFilter
from beluga.llm import FakeProvider, Reply, faults
from beluga.schema import Chunk, Usage
from beluga.spending import spend
from beluga.testing import record_spans


@attrs.frozen
class Line:
    text: str = attrs.field(converter=str.upper)
    price: float = attrs.field(default=0.0, validator=attrs.validators.ge(0))


@attrs.frozen
class Invoice:
    number: int
    lines: list[Line]
    due: datetime.date | None = None


TEXT = '{"number": 7, "lines": [{"text": "tea", "price": 2.5}, {"text": "milk"}], "due": "2026-01-31"}'
WHOLE = Invoice(7, [Line("TEA", 2.5), Line("MILK")], datetime.date(2026, 1, 31))


def streaming(pieces, kind=Invoice):
    """A decorated generator function that hands out `pieces`."""

    @structured(kind)
    def ask(messages, schema=None):
        yield from pieces

    return ask


def grown(pieces, kind=Invoice):
    return list(streaming(pieces, kind)("?"))


def test_fields_appear_as_they_are_complete():
    """What has not come is None; the last instance is whole, and its converters have run."""
    seen = grown([TEXT[i : i + 5] for i in range(0, len(TEXT), 5)])
    assert seen[0].number == 7
    assert seen[0].lines is None
    assert [line.text for line in seen[1].lines] == ["tea"]
    assert seen[1].lines[0].price is None
    assert seen[-1] == WHOLE
    assert all(isinstance(each, Invoice) for each in seen)


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"<think>{{}}</think> {TEXT}",
        f"<Think><b>{{}}</b></Think><reflection>[]</reflection> {TEXT}",
        f"Of {{course}}: {TEXT} That [is] all.",
    ],
)
def test_what_surrounds_the_json_is_passed_over(text):
    """As in an answer that comes at once."""
    assert grown(text) == grown(TEXT)


def test_an_async_stream_of_a_model_is_taken():
    """Chunks of ours, with the schema handed on."""
    model = FakeProvider(TEXT)

    @structured(Invoice)
    async def ask(messages, schema=None):
        async for chunk in model.astream(messages, schema=schema):
            yield chunk

    async def collect():
        return [each async for each in ask("?")]

    assert asyncio.run(collect())[-1] == WHOLE
    assert model.calls[0].options["schema"]["title"] == "Invoice"


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([TEXT.replace("2.5", "-1")], "is refused by Line"),
        ([TEXT[:-10]], "is no JSON"),
        (["I do not know."], "holds no JSON"),
        ([Chunk(TEXT), Chunk(finish_reason="length")], "was cut at its token limit"),
        ([Chunk(TEXT[:9]), Chunk(finish_reason="content_filter")], "was refused"),
        ([Chunk(TEXT), Chunk(finish_reason="tool_calls")], "calls tools"),
    ],
)
def test_the_last_instance_is_checked(pieces, told):
    """What does not fit is an error at the end, and nothing is asked again."""
    with pytest.raises(InvalidResponse, match=told) as caught:
        grown(pieces)
    assert caught.value.attempts == 1


@dataclasses.dataclass(frozen=True)
class Data:
    a: int
    b: str = ""


class Named(NamedTuple):
    a: int
    b: str


class Typed(TypedDict):
    a: int
    b: str


class Model(pydantic.BaseModel):
    a: int
    b: str


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (Data, (1, None)),
        (Named, Named(1, None)),
        (Typed, {"a": 1}),
        (Model, Model.model_construct(a=1)),
        (dict[str, int | str], {"a": 1}),
    ],
)
def test_every_kind_of_class_can_be_partial(kind, first):
    """Each in the way in which it can be without a field."""
    seen = grown('{"a": 1, "b": "x"}', kind)
    assert (dataclasses.astuple(seen[0]) if kind is Data else seen[0]) == first


def test_a_list_grows_by_its_items():
    """In the object that it is asked for in, and bare."""
    assert grown('{"value": [1, 2]}', list[int]) == [[1], [1, 2], [1, 2]]
    assert grown("[1, 2]", list[int])[-1] == [1, 2]


class Pair(pydantic.BaseModel):
    left: int
    right: int


@attrs.frozen
class Point:
    x: str
    y: int


@attrs.frozen
class Page:
    rows: dict[str, Point]
    corner: tuple[int, Point] | None = None


def test_what_is_inside_a_table_and_a_row_is_partial_too():
    """The value of a key and the place of a row are there before they are whole."""
    pieces = ['{"rows": {"a": {"x": "1"', ', "y": 2}}', ', "corner": [1, {"x": "3"', ', "y": 4}]}']
    assert grown(pieces, Page) == [
        Page({"a": Point("1", None)}, None),
        Page({"a": Point("1", 2)}, None),
        Page({"a": Point("1", 2)}, (1, Point("3", None))),
        Page({"a": Point("1", 2)}, (1, Point("3", 4))),
        Page({"a": Point("1", 2)}, (1, Point("3", 4))),
    ]


@pytest.mark.parametrize(
    ("kind", "pieces", "first"),
    [
        (Point | list[int], ['{"x": "1"', ', "y": 2}'], Point("1", None)),
        (Pair | None, ['{"left": 1,', '"right": 2}'], Pair.model_construct(left=1)),
        (dict[str, Point] | None, ['{"a": {"x": "1"', ', "y": 2}}'], {"a": Point("1", None)}),
        (list[Point] | None, ['[{"x": "1"', ', "y": 2}]'], [Point("1", None)]),
        (tuple[Point, int] | None, ['[{"x": "1"', ', "y": 2}, 3]'], (Point("1", None),)),
    ],
    ids=["a class", "a pydantic model", "a table", "a list", "a row"],
)
def test_of_a_union_the_arm_that_may_still_fit_is_partial(kind, pieces, first):
    """What has come chooses it: an object by its keys, a list by being one."""
    assert grown(pieces, kind)[0] == first


def test_what_fits_no_arm_is_not_there_yet():
    """A field of which nothing can be said is None, as one that has not come."""
    seen = partial(read_type(Page | None), {"neither": 1})
    assert seen is None


def test_a_set_of_parts_that_cannot_be_hashed_is_not_there_yet():
    """Its items are no keys before they are whole."""
    assert partial(read_type(frozenset[Plain]), [{"x": "1"}]) is None


@attrs.define
class Plain:
    x: str
    y: int


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": "say \\"hi\\" \\\\"', {"a": 'say "hi" \\'}),
        ('{"a": 1, "b": {"c": tru', {"a": 1}),
        ('{"a": bad, "b": 2}', None),
        ('{"a": 1, / "b": 2}', {"a": 1}),
        ('{"a": 1, /* no "b": 2, */ "c": 3}', {"a": 1, "c": 3}),
        ('{"a": 1} and {"b": 2}', {"a": 1}),
    ],
    ids=["escaped quotes", "half a word", "no JSON", "half a comment", "a comment", "what comes behind the end"],
)
def test_the_parts_of_a_text_are_told_apart(text, value):
    """What is complete is known character by character, and what is not JSON completes nothing."""
    answer = PartialAnswer(lambda text: begin(text, "{"))
    values = [each for each in map(answer.feed, text) if each is not NOTHING_NEW]
    assert (values[-1] if values else None) == value


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=4), st.lists(st.integers(1, 9), min_size=1))
def test_whatever_the_pieces_values_only_grow_and_end_whole(data, sizes):
    """Each value seen is a part of the next, and the last one is all."""
    text = json.dumps(data, ensure_ascii=False)
    answer, at, seen = PartialAnswer(lambda text: begin(text, "{")), 0, []
    while at < len(text):
        size = sizes[len(seen) % len(sizes)]
        seen.append(answer.feed(text[at : at + size]))
        at += size
    values = [value for value in seen if value is not NOTHING_NEW]
    assert values[-1] == data
    assert all(_is_part(a, b) for a, b in zip(values, [*values[1:], data], strict=True))


def _is_part(part, whole):
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_part(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(_is_part, part, whole))
    return part == whole


def test_a_reply_of_the_fake_streams_into_instances():
    """Token by token."""
    model = FakeProvider(Reply(TEXT))

    @structured(Invoice)
    def ask(messages, schema=None):
        yield from model.stream(messages, schema=schema)

    assert list(ask("?"))[-1] == WHOLE


@attrs.frozen
class Note:
    value: str
    more: int = 0


@pytest.mark.parametrize(
    ("kind", "text", "seen"),
    [
        (list[Point], '{"value": [{"x": "a", "y": 1}, {"x": "b"', [["a"], ["a"], ["a", "b"]]),
        (list[Point], '[{"x": "a", "y": 1}', [["a"], ["a"]]),
        (Point | list[int], '{"value": {"x": "a"', [Point("a", None)]),
        (Note | list[int], '{"value": "a", "more": 1}', [None, Note("a", 1)]),
        (Note | list[int], '{"value": {"value": "a"', [Note("a")]),
        (dict[str, int] | int, '{"value": 1, "b": 2}', [1, {"value": 1, "b": 2}]),
    ],
    ids=["boxed", "bare", "a class in a box", "a class with the key of the box", "that in a box", "a table like a box"],
)
def test_what_is_no_object_grows_in_its_box_or_without(kind, text, seen):
    """Which of the two it is the first key tells, or where that is a key of both, the next."""
    answer = ResponseFormat(kind).incoming()
    values = [each for each in map(answer.feed, text.replace(",", ",\0").split("\0")) if each is not NOTHING_NEW]
    assert [[each.x for each in value] if kind == list[Point] else value for value in values] == seen


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // the first\n "b": 2, /* {"c": 3} */ "d": 4,}', {"a": 1, "b": 2, "d": 4}),
        ('{"a": [1, 2,], "b": {}, "c": []}', {"a": [1, 2], "b": {}, "c": []}),
        ('{"a": "two\nlines", "b": "\\u00e9\\ud83d\\ude00"}', {"a": "two\nlines", "b": "é😀"}),
        ('{"a": -1.5e3, "b": true, "c": null}', {"a": -1500.0, "b": True, "c": None}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('{"a": 1 "b": 2}', {"a": 1}),
        ('{"a": 1, b: 2}', {"a": 1}),
        ('{"a": 1, "b": NaN, "c": 3}', {"a": 1}),
        ('{"a": 1, "b": [}', {"a": 1}),
    ],
    ids=[
        "comments",
        "commas",
        "texts",
        "words",
        "a key twice",
        "no comma",
        "no quotes",
        "no number",
        "a wrong bracket",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_json_is_may_be_cut_anywhere(text, value, size):
    """What `parse` passes over is passed over; from what it refuses on nothing is told any more."""
    answer = PartialAnswer(lambda text: begin(text, "{"))
    values = [answer.feed(text[at : at + size]) for at in range(0, len(text), size)]
    assert [each for each in values if each is not NOTHING_NEW][-1] == value


def test_thoughts_before_the_answer_are_looked_at_once():
    """An answer may begin after very many."""
    asked = []

    def begins(text):
        asked.append(text)
        return begin(text, "{")

    answer = PartialAnswer(begins)
    for piece in ["<think>{x}", *["hm "] * 1000, "</think>", "{", "\n", '"a"', ": 1}"]:
        value = answer.feed(piece)
    assert value == {"a": 1}
    assert len(asked) == 4  # at the bracket in the thoughts, and from the one behind them on


@given(
    st.builds(Page, rows=st.dictionaries(st.text(), st.builds(Point, x=st.text(), y=st.integers()), min_size=1)),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_instances_only_grow_and_those_handed_out_stay(page, sizes):
    """The last one is the whole, and no later piece changes one that went out before."""
    text, answer, at, seen = json.dumps(attrs.asdict(page)), ResponseFormat(Page).incoming(), 0, []
    while at < len(text):
        size = sizes[at % len(sizes)]
        value = answer.feed(text[at : at + size])
        at += size
        if value is not NOTHING_NEW:
            seen.append((value, attrs.asdict(value)))
    assert seen[-1][0] == page
    assert all(attrs.asdict(value) == then for value, then in seen)


def test_a_function_of_whole_answers_streams_with_all_its_layers():
    """`stream` retries before the first piece, and whatever is put around it later counts as well."""
    model = FakeProvider(faults.server_error()).default(TEXT)

    @structured(Invoice)
    @retry(initial_backoff=0.0)
    def ask(messages, schema=None, *, stream=False):
        return (model.stream if stream else model.generate)(messages, schema=schema)

    open_at_once = breaker(failure_threshold=1)(ask)
    assert list(ask.stream("?"))[-1] == WHOLE == ask("?")
    layers(open_at_once)[0].trip()
    with pytest.raises(BelugaError, match="open"):
        list(open_at_once.stream("?"))


def test_an_async_function_streams_and_so_does_one_that_takes_any_keywords():
    """`stream=True` goes to it, as to an SDK's own `create`."""
    model = FakeProvider().default(TEXT)

    @structured(Invoice)
    async def ask(messages, **options):
        if options.pop("stream", False):
            return model.astream(messages, **options)
        return await model.agenerate(messages, **options)

    async def collect():
        return [each async for each in ask.stream("?")], await ask("?")

    streamed, whole = asyncio.run(collect())
    assert streamed[0].lines is None
    assert streamed[-1] == whole == WHOLE


def _whole_in_one_piece(model):
    def ask(messages, *, stream=False):
        return model.generate(messages)

    return ask


def _in_pieces(model):
    def ask(messages, *, stream=False):
        return (model.stream if stream else model.generate)(messages)

    return ask


def _generator(model):
    def ask(messages):
        yield from model.stream(messages)

    return ask


def _async_in_pieces(model):
    async def ask(messages, *, stream=False):
        return model.astream(messages) if stream else await model.agenerate(messages)

    return ask


def _last(stream):
    async def collect():
        return [each async for each in stream][-1]

    return asyncio.run(collect()) if hasattr(stream, "__aiter__") else list(stream)[-1]


@pytest.mark.parametrize("make", [_whole_in_one_piece, _in_pieces, _generator, _async_in_pieces])
@pytest.mark.parametrize("is_inside", [False, True], ids=["outside", "on both sides"])
def test_a_budget_and_a_span_around_count_what_the_pieces_report(make, is_inside):
    """Once, whatever counts it further in, although the instances tell nothing of it."""
    ask = make(FakeProvider().default(Reply(TEXT, usage=Usage(100, 20))))
    ask = structured(Invoice)(budget(tokens=1000)(ask) if is_inside else ask)
    ask = traced(name="ask", operation="chat")(budget(tokens=300, key=lambda _: "all")(ask))
    with record_spans() as spans:
        for _ in range(3):
            assert _last(ask.stream("?")) == WHOLE
        with pytest.raises(BudgetExceeded, match="360 spent"):
            _last(ask.stream("?"))
    used = [span.attributes.get("gen_ai.usage.output_tokens") for span in spans.spans if span.name.startswith("ask")]
    assert used == [20, 20, 20, None]


def test_a_budget_of_the_consumer_is_not_that_of_the_stream():
    """What is spent between two instances is the consumer's, and what the stream used is counted beside it."""
    model = FakeProvider(Reply(TEXT, usage=Usage(100, 20)))
    ask = budget(tokens=200)(structured(Invoice)(_generator(model)))

    @budget(tokens=1000)
    def consume():
        stream = ask("?")
        next(stream)
        spend(tokens=500)
        list(stream)
        spend(tokens=381)

    with pytest.raises(BudgetExceeded, match="1001 spent"):
        consume()


def test_a_generator_function_streams_under_both_names():
    """There is nothing to choose."""
    ask = streaming([TEXT])
    assert list(ask.stream("?")) == list(ask("?"))


def test_a_whole_answer_is_one_piece_also_of_an_async_function():
    """Some servers do not stream."""
    model = FakeProvider().default(TEXT)

    @structured(Invoice)
    async def ask(messages, **options):
        return (await model.agenerate(messages, **options)).text

    async def collect():
        return [each async for each in ask.stream("?")]

    partly, last = asyncio.run(collect())
    assert (partly.number, last) == (7, WHOLE)


def test_a_function_that_cannot_stream_says_so():
    """It takes no `stream=`, or gives something else for it."""

    @structured(Invoice)
    def whole(messages):
        return TEXT

    @structured(Invoice)
    def odd(messages, stream=False):
        return 5

    with pytest.raises(TypeError, match="give it a keyword stream="):
        whole.stream("?")
    with pytest.raises(TypeError, match="returned int for stream=True"):
        list(odd.stream("?"))


def test_a_guard_holds_back_what_streams():
    """It judges pieces as those of any stream, so nothing passes beside it."""

    @structured(Invoice)
    @guarded(output=[ContentFilter(["tea"])])
    def ask(messages, stream=False):
        return iter([TEXT[:40], TEXT[40:]])

    with pytest.raises(BelugaError, match="blocked"):
        list(ask.stream("?"))


class Closable:
    """A stream as an SDK has it: an iterator of either kind with a `close` of its own."""

    def __init__(self):
        self.closed = 0

    def __iter__(self):
        return iter([TEXT[:40], TEXT[40:]])

    async def __aiter__(self):
        for piece in self:
            yield piece

    def close(self):
        self.closed += 1


@pytest.mark.parametrize("is_left_early", [False, True])
def test_a_stream_is_closed_when_it_ends_or_is_left(is_left_early):
    """So its connection can be used again."""
    streams = [Closable(), Closable()]

    @structured(Invoice)
    def ask(messages, stream=False):
        return streams[0]

    @structured(Invoice)
    async def aask(messages, stream=False):
        return streams[1]

    async def run():
        stream = aask.stream("?")
        async for _ in stream:
            if is_left_early:
                break
        await stream.aclose()

    stream = ask.stream("?")
    for _ in stream:
        if is_left_early:
            break
    stream.close()
    asyncio.run(run())
    assert [each.closed for each in streams] == [1, 1]


def test_the_stream_of_a_method_takes_its_instance():
    """As the function of the class does: what an attribute of a function is called with, it is called with alone."""

    class Clerk:
        @structured(Invoice)
        def read(self, messages, stream=False):
            return Closable() if stream else TEXT

    clerk = Clerk()
    assert list(Clerk.read.stream(clerk, "?"))[-1] == WHOLE == clerk.read("?")
