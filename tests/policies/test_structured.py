"""Answers as instances: found, checked, asked for again, and given up."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import json
import pickle
import typing
from dataclasses import dataclass
from types import SimpleNamespace

import attrs
import pytest

from beluga import (
    BudgetExceeded,
    ErrorCode,
    InvalidResponse,
    ProviderError,
    budget,
    classify,
    explain,
    fallback,
    guarded,
    layers,
    retry,
    structured,
    traced,
)
from beluga.events import AnswerRejected
from beluga.guards import PatternRedactor
from beluga.llm import FakeProvider, Reply, faults, tool_call
from beluga.llm._http.openai_encoding import is_strict
from beluga.schema import AIMessage, HumanMessage, Response, SystemMessage, Usage
from beluga.spending import SCOPE
from beluga.testing.contracts import Tally, watched


@attrs.frozen
class City:
    name: str
    people: int = 0


@dataclass
class Pair:
    left: City
    right: City


@attrs.frozen
class Amount:
    value: int
    unit: str


OSLO = '{"name": "Oslo", "people": 724290}'
ROME = '{"name": "Rome"}'
BAD = '{"name": "Oslo", "people": "many of ann@example.com"}'
USED = Usage(10, 5)


def asking(model, kind=City, **options):
    """A decorated function that hands the schema on to `model`."""

    @structured(kind, **options)
    def ask(messages, schema=None):
        return model.generate(messages, schema=schema)

    return ask


def failing(ask, question="?"):
    """The error that a call ends with."""
    with pytest.raises(InvalidResponse) as caught:
        ask(question)
    return caught.value


# What comes out


@pytest.mark.parametrize(
    "text",
    [
        OSLO,
        f"  {OSLO}\n",
        f"```json\n{OSLO}\n```",
        f"```\n{OSLO}\n```",
        f"Of course {{if I may}}:\n\n```json\n{OSLO}\n```\nAnything else?",
        f"```python\nprint({{}})\n```\nand\n  ```JSON \n{OSLO}\n  ```",
        f"Here it is [1]: {OSLO} I hope it helps [2].",
        f"{OSLO} That is all.",
        f"<think>A city: {{}}?\n[1]</think>\n\n{OSLO}",
        f"A city {{}}?</think>{OSLO}",
        f"<THINK>{OSLO[:-1]}, 1}}</THINK>{OSLO}",
        f'<think level="2">[]</think>\n<scratchpad>{{}}</scratchpad>{OSLO}',
        f"```json\n{OSLO}\n```\nAgain:\n```json\n{OSLO}\n```",
        f"```json\n[1]\n```\n```json\n{OSLO}\n```",
        f"{OSLO} or {OSLO}",
        f"As {{name}} and {{ people }} say [see 2]: {OSLO}",
        '{"name": "Oslo", "people": 724290,}',
        '{"name": "Oslo", // in Norway\n "people": /* of 2024 */ 724290, }',
        '{"name": "Oslo", "people": 724290, // all\n}',
    ],
)
def test_the_json_is_found_in_fences_and_prose(text):
    """Whatever surrounds the one JSON value is passed over."""
    assert asking(FakeProvider(text))("?") == City("Oslo", 724290)


@pytest.mark.parametrize("text", ["7", " 7\n", "<think>Or 8?</think> 7", "```json\n7\n```", '{"value": 7}'])
def test_a_value_that_is_no_object_may_stand_alone(text):
    """Where that is all there is; in prose a number could be any."""
    assert asking(FakeProvider(text), int)("?") == 7


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "the answer: is empty"),
        ("I do not know.", "the answer: holds no JSON"),
        (f"{OSLO} or {ROME}", "the answer: holds more than one JSON value"),
        (f"```json\n{OSLO}\n```\n```json\n{ROME}\n```", "holds more than one JSON value"),
        (f"{OSLO} or {{", "the answer: is no JSON at line 1, column"),
        ('Here:\n```json\n{"name": "Oslo"\n```', "the answer: is no JSON at line 1, column 16"),
        ('{"name": "Oslo", / "people": 1}', "the answer: is no JSON at line 1, column"),
        (f"<think>{OSLO}", "the answer: is empty"),
        ('{"name": "Oslo",, "people": 1}', "the answer: is no JSON at line 1, column 17"),
        ('Here: {"name": "Oslo" "people": 1}', "the answer: is no JSON at line 1, column 23"),
        ('{"name": "Oslo", "people": 1', "the answer: is no JSON at line 1, column 29"),
        ('{"left": {"name": "Oslo"}', "the answer: is no JSON at line 1, column 26"),
        ("{'name': 'Oslo'}", "the answer: is no JSON at line 1, column 2"),
        ('{"name": "Oslo", "people": NaN}', "the answer: is no JSON: NaN and Infinity are no JSON"),
        ("[" * 100_000, "the answer: holds no JSON"),
        ('{"a":' * 100_000, "the answer: is nested too deeply"),
        ("9" * 5000, "the answer: holds no JSON"),
        ("null", "the answer: expected an object, not null"),
    ],
)
def test_nothing_is_guessed(text, error):
    """A text that is not one whole JSON value gives none, not even a part of it."""
    problem = failing(asking(FakeProvider(text), attempts=1))
    assert error in problem.errors[0]


def test_a_line_break_in_a_string_is_one():
    """JSON wants it written as an escape, and it can mean nothing else."""
    assert asking(FakeProvider('{"name": "New\nYork"}'))("?") == City("New\nYork")


def test_what_looks_like_a_comment_in_a_string_is_text():
    """Only what stands outside of strings is passed over."""
    assert asking(FakeProvider('{"name": "http://a,}/*b*/", }'))("?") == City("http://a,}/*b*/")


def test_every_field_is_asked_for_and_null_is_a_default():
    """OpenAI's strict mode holds a model to a schema whose fields are all required."""
    model = FakeProvider('{"name": "Oslo", "people": null}')
    assert asking(model)("?") == City("Oslo", 0)
    schema = model.calls[0].options["schema"]
    assert is_strict(schema)
    assert schema["properties"]["people"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def test_a_part_of_a_broken_answer_is_no_answer():
    """The inner object would be a city, but it is not what was answered."""
    assert failing(asking(FakeProvider('The answer: {"left": {"name": "Oslo"}'), attempts=1)).errors


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (list[City], f'{{"value": [{OSLO}]}}', [City("Oslo", 724290)]),
        (list[City], f"[{OSLO}]", [City("Oslo", 724290)]),
        (list[City], f"Here: [{OSLO}]", [City("Oslo", 724290)]),
        (City | None, '{"value": null}', None),
        (City | None, OSLO, City("Oslo", 724290)),
        (int, "7", 7),
        (Amount | None, '{"value": 7, "unit": "m"}', Amount(7, "m")),
        (dict[str, int], '{"value": 7}', {"value": 7}),
        (Pair, f'{{"left": {OSLO}, "right": {{"name": "Rome"}}}}', Pair(City("Oslo", 724290), City("Rome"))),
    ],
)
def test_any_annotation_can_be_asked_for(kind, text, expected):
    """What is no object is asked for in one, and taken with or without it."""
    model = FakeProvider(text)
    assert asking(model, kind)("?") == expected
    schema = model.calls[0].options["schema"]
    assert schema["type"] == "object"
    assert "$defs" not in schema.get("properties", {}).get("value", {})


def _openai(content, reason="stop", **more):
    return {"choices": [{"message": {"role": "assistant", "content": content, **more}, "finish_reason": reason}]}


def _output(part, reason=None):
    message = SimpleNamespace(type="message", content=[part])
    details = reason and {"reason": reason}
    return SimpleNamespace(output=[SimpleNamespace(type="reasoning"), message], incomplete_details=details)


@pytest.mark.parametrize(
    "answer",
    [
        OSLO,
        AIMessage(OSLO),
        Response(AIMessage(parts=[OSLO[:9], OSLO[9:]]), finish_reason="stop"),
        _openai(OSLO),
        _output({"type": "output_text", "text": OSLO}),
        {"content": [{"type": "thinking"}, {"type": "text", "text": OSLO}], "stop_reason": "end_turn"},
    ],
)
def test_an_answer_may_have_any_known_shape(answer):
    """Texts, our own records and those of both SDKs are read."""
    assert structured(City)(lambda messages: answer)("?") == City("Oslo", 724290)


@pytest.mark.parametrize("answer", [None, 7, [], {}, {"choices": [{}]}, City("Oslo")])
def test_what_is_no_answer_is_a_clear_error(answer):
    """It is the function's fault and not the model's."""
    with pytest.raises(TypeError, match=r"structured: .*lambda.* returned .*, which is no answer of a model"):
        structured(City)(lambda messages: answer)("?")


# What goes in


def test_the_schema_goes_to_a_parameter_or_into_any_keywords():
    """The messages stay as they are, and a schema that the caller gives goes first."""
    model = FakeProvider().default(OSLO)

    @structured(City)
    def with_options(messages, **options):
        return model.generate(messages, **options)

    @structured(City)
    def positional(schema, question):
        return model.generate(question, schema=schema)

    asking(model)("a")
    with_options("b", temperature=0)
    with_options("c", schema={"mine": True})
    asking(model)("d", {"mine": True})
    positional(question="e")
    assert [call.text for call in model.calls] == list("abcde")
    schemas = [call.options["schema"] for call in model.calls]
    assert [schema.get("mine", False) for schema in schemas] == [False, False, True, True, False]
    assert schemas[0]["required"] == ["name", "people"]
    assert schemas[0]["title"] == "City"
    assert model.calls[1].options["temperature"] == 0


def test_without_such_a_parameter_the_schema_is_asked_for_in_words():
    """The words come after the application's own instructions and before the conversation."""
    model = FakeProvider().default(OSLO)

    @structured(City)
    def ask(question):
        return model.generate(question)

    ask([SystemMessage("Be brief."), HumanMessage("Where?")])
    ask("Where?")
    first, second = (call.messages for call in model.calls)
    assert [message.role for message in first] == ["system", "system", "user"]
    assert first[0].text == "Be brief."
    assert second == first[1:]
    schema = json.loads(second[0].text.partition("\n\n")[2])
    assert schema["properties"]["people"]["type"] == "integer"


@pytest.mark.parametrize("question", ["a", HumanMessage("a"), [HumanMessage("a")], iter([HumanMessage("a")])])
def test_an_invalid_answer_is_shown_to_the_model_with_what_is_wrong(question, events):
    """It gets its own words back, since it needs them to find the place."""
    model = FakeProvider(BAD, OSLO)
    assert asking(model)(question) == City("Oslo", 724290)
    asked, answered, complaint = model.calls[1].messages
    assert (asked, answered) == (HumanMessage("a"), AIMessage(BAD))
    assert '- people: expected a whole number, not "many of ann@example.com"' in complaint.text
    assert model.calls[1].options["schema"] is model.calls[0].options["schema"]
    assert events.one(AnswerRejected).errors == 1


def test_an_empty_answer_is_not_sent_back():
    """Providers refuse an empty message."""
    model = FakeProvider("", OSLO)
    asking(model)("a")
    assert [message.role for message in model.calls[1].messages] == ["user", "user"]


def test_the_schema_in_words_is_readable_in_any_language():
    """An escape for each letter takes a model several tokens."""

    model = FakeProvider('"süß"')
    ask = structured(typing.Literal["süß", "salzig"])(lambda messages: model.generate(messages))
    assert ask("Wie schmeckt es?") == "süß"
    assert '"süß"' in model.calls[0].messages[0].text


def test_three_attempts_see_the_whole_conversation():
    """Each answer and what was wrong with it stays in sight, and in words the schema is said once."""
    model = FakeProvider(BAD, "no", OSLO)
    structured(City, attempts=3)(lambda messages: model.generate(messages))("a")
    roles = [message.role for message in model.calls[2].messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]


# Giving up


def test_after_the_last_attempt_the_errors_are_raised_without_the_answer():
    """Neither message nor errors, notes or causes quote what the model said."""
    model = FakeProvider().default(BAD)
    error = failing(asking(model))
    assert len(model.calls) == error.attempts == 2
    assert error.errors == ("people: expected a whole number, not a string",)
    assert "asked 2 times, the answer is no City: people: expected a whole number" in str(error)
    assert "ann@example.com" not in f"{error!r} {error.__dict__} {error.__cause__} {error.__context__}"
    assert (classify(error), error.retryable) == (ErrorCode.INVALID_RESPONSE, False)
    assert pickle.loads(pickle.dumps(error)).errors == error.errors


def test_many_errors_are_all_kept_and_told_in_part():
    """The message stays a line, and the re-ask does not grow beyond bounds."""
    model = FakeProvider().default(json.dumps([{"name": n} for n in range(50)]))
    error = failing(asking(model, list[City]))
    assert len(error.errors) == 50
    assert str(error).endswith("; and 47 more")
    assert model.calls[1].text.count("\n- ") == 21


@pytest.mark.parametrize(("wrong", "people", "author"), [(3, "a string", 3), (4, "; and 1 more", 4), (20, "more", 20)])
def test_nothing_is_said_to_be_left_out_where_all_is_told(wrong, people, author):
    """Three errors fit into a message, and twenty into a re-ask."""
    model = FakeProvider().default(json.dumps(["many"] * wrong))
    error = failing(asking(model, list[int]))
    assert str(error).endswith(people)
    asked = model.calls[1].text
    assert asked.count("\n- ") == author
    assert " more" not in asked


@pytest.mark.parametrize(
    ("answer", "code", "match"),
    [
        (Reply(OSLO, finish_reason="length"), "invalid_response", r"cut at its token limit \(length\)"),
        (Reply("no", finish_reason="content_filter"), "content_filtered", "was refused"),
        (Reply("", tools=[tool_call("search")]), "invalid_response", "calls tools: run them in the function"),
    ],
)
def test_a_cut_refused_or_unfinished_answer_fails_at_once(answer, code, match):
    """To ask again would cost the same and end the same."""
    model = FakeProvider(answer)
    error = failing(asking(model))
    assert len(model.calls) == 1
    assert error.code == code
    assert pytest.raises(InvalidResponse, match=match).matches(error)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (_openai(None, refusal="I cannot."), "content_filtered"),
        (_openai("{", "length"), "invalid_response"),
        (_openai(None, "tool_calls", tool_calls=[{}]), "invalid_response"),
        (_output({"type": "output_text", "text": "{"}, "max_output_tokens"), "invalid_response"),
        (_output({"type": "refusal", "refusal": "I cannot."}), "content_filtered"),
        ({"output": [{"type": "function_call", "name": "search"}]}, "invalid_response"),
        ({"content": [], "stop_reason": "refusal"}, "content_filtered"),
        ({"content": [{"type": "text", "text": "{"}], "stop_reason": "max_tokens"}, "invalid_response"),
        ({"content": [{"type": "tool_use"}], "stop_reason": "tool_use"}, "invalid_response"),
    ],
)
def test_the_sdks_words_for_an_early_end_are_known(answer, code):
    """One call, whatever the shape of the answer."""
    calls = []
    error = failing(structured(City, attempts=5)(lambda messages: calls.append(1) or answer))
    assert (error.code, error.attempts, len(calls)) == (code, 1, 1)


# In a stack


def test_retry_outside_does_not_multiply_the_attempts():
    """An answer that stays invalid is raised at once, as the model had its second chance."""
    model = FakeProvider().default(BAD)
    failing(retry(max_attempts=3, initial_backoff=0)(asking(model)))
    assert len(model.calls) == 2


def test_retry_outside_repeats_invalid_answers_if_told_to():
    """Each of its attempts begins with the question as it was asked."""
    model = FakeProvider().default(BAD)
    failing(retry(max_attempts=3, initial_backoff=0, retryable_errors=["invalid_response"])(asking(model)))
    assert [len(call.messages) for call in model.calls] == [1, 3] * 3


@pytest.mark.parametrize("inside", [True, False])
def test_retry_heals_outages_of_every_attempt(inside):
    """Inside it repeats the one attempt, outside it begins anew."""
    model = FakeProvider(BAD, faults.server_error(), OSLO)
    again = retry(initial_backoff=0)

    def generate(messages, schema=None):
        return model.generate(messages, schema=schema)

    ask = structured(City)(again(generate)) if inside else again(structured(City)(generate))
    assert ask("?") == City("Oslo", 724290)
    assert [len(call.messages) for call in model.calls] == ([1, 3, 3] if inside else [1, 3, 1])


def test_a_fallback_outside_is_asked_what_the_caller_asked():
    """It sees neither the schema nor the re-ask of the function that it stands in for."""
    seen = []

    @fallback(lambda question, **options: seen.append((question, options)) or "mine")
    @structured(City)
    def ask(question, **options):
        return BAD

    assert ask("why?", temperature=1) == "mine"
    assert seen == [("why?", {"temperature": 1})]


def test_a_budget_around_is_charged_for_every_attempt():
    """Tokens and money of the answers that were rejected are spent as well."""
    model = FakeProvider(Reply(BAD, usage=USED), Reply(OSLO, usage=USED))
    bill = budget(tokens=100, cost=9, price=lambda usage: usage.total_tokens / 10, key=lambda given: 1)
    ask = bill(asking(model))
    ask("?")
    account = layers(ask)[0].account(1)
    assert (account.spent.tokens, account.spent.cost) == (30, 3.0)
    assert SCOPE.get() is None


def test_a_budget_of_an_enclosing_function_is_charged_too():
    """The usage is known to nobody else, since the answer is gone."""
    model = FakeProvider(Reply(BAD, usage=USED), Reply(OSLO, usage=USED))

    @budget(tokens=100, key=lambda given: 1)
    def handle(question):
        return asking(model)(question).name

    handle("?")
    assert layers(handle)[0].account(1).spent.tokens == 30


def test_what_a_budget_inside_was_charged_is_not_charged_twice():
    """The innermost budget counts, as everywhere."""
    model = FakeProvider(Reply(BAD, usage=USED), Reply(OSLO, usage=USED))
    one = {"key": lambda given: 1}

    @budget(tokens=100, **one)
    @structured(City)
    @budget(tokens=50, **one)
    def ask(messages, schema=None):
        return model.generate(messages)

    ask("?")
    assert [layers(ask)[i].account(1).spent.tokens for i in (0, 2)] == [30, 30]


def test_a_used_up_budget_forbids_to_ask_again():
    """The answer that emptied it is counted, and there is no second one."""
    model = FakeProvider(Reply(BAD, usage=USED))
    ask = budget(tokens=15)(asking(model))
    with pytest.raises(BudgetExceeded):
        ask("?")
    assert len(model.calls) == 1
    assert SCOPE.get() is None


def test_beyond_the_deadline_nothing_is_asked_again(fake_clock):
    """The second answer would come too late for certain."""
    model = FakeProvider(faults.slow_tokens(9.0), BAD)
    error = failing(budget(10.0)(asking(model)))
    assert str(error).endswith("the time budget leaves no room for another attempt")
    assert (error.attempts, len(model.calls)) == (1, 1)


def test_a_valid_answer_may_empty_the_budget():
    """What is paid for is not thrown away."""
    model = FakeProvider(Reply(OSLO, usage=USED))
    assert budget(tokens=15)(asking(model))("?") == City("Oslo", 724290)


@pytest.mark.parametrize("answers", [[OSLO], [BAD, OSLO]])
@pytest.mark.parametrize("as_dict", [False, True])
def test_a_span_outside_has_the_usage_of_all_attempts(answers, as_dict, spans):
    """The type hides the answer from the layers outside, but not what it tells of itself."""
    left = list(answers)

    @traced(operation="chat", model="m")
    @structured(City)
    def ask(messages):
        answer = Response(AIMessage(left.pop(0)), USED, "stop", "m-2026")
        return {**_openai(answer.text), "usage": {"prompt_tokens": 10, "completion_tokens": 5}} if as_dict else answer

    ask("?")
    span = spans.one("chat m")
    assert span.attributes["gen_ai.usage.input_tokens"] == 10 * len(answers)
    assert ("gen_ai.response.model" in span.attributes) is not as_dict
    assert [event.name for event in span.events] == ["beluga.rejected"] * (len(answers) - 1)


def test_an_output_guard_inside_sees_the_text():
    """What it takes out does not come back in the instance."""
    redactor = PatternRedactor(("NAME", "Oslo"))
    model = FakeProvider(OSLO)

    @structured(City)
    @guarded(output=[redactor])
    def ask(messages, schema=None):
        return model.generate(messages)

    assert ask("?").name == "[NAME]"


@pytest.mark.parametrize("answer", [OSLO, BAD, KeyboardInterrupt(), ValueError("x")])
def test_every_layer_is_left_as_often_as_entered(answer):
    """Re-asks enter the layers inside anew, and leave themselves once."""
    tallies = [Tally(), Tally(), Tally()]

    def generate(messages):
        if isinstance(answer, BaseException):
            raise answer
        return answer

    ask = watched(retry(max_attempts=2), tallies[0])(generate)
    ask = watched(structured(City, attempts=3), tallies[1])(ask)
    ask = watched(budget(5), tallies[2])(ask)
    with contextlib.suppress(InvalidResponse, ValueError, KeyboardInterrupt):
        ask("?")
    for tally in tallies:
        tally.assert_balanced()
    assert tallies[1].entered == 1
    assert tallies[0].entered == (3 if answer is BAD else 1)


def test_it_shows_in_the_plan():
    """Type and attempts, in its place."""
    ask = retry(asking(FakeProvider()))
    assert [policy.name for policy in layers(ask)] == ["retry", "structured"]
    assert "2. structured  City attempts=2" in explain(ask)


# What can be decorated


def test_async_functions_are_served():
    """Re-ask and all."""
    model = FakeProvider(BAD, OSLO)

    @structured(City)
    async def ask(messages, schema=None):
        return await model.agenerate(messages, schema=schema)

    assert inspect.iscoroutinefunction(ask)
    assert asyncio.run(ask("?")) == City("Oslo", 724290)


def test_a_cancelled_call_leaves_nothing_behind():
    """No scope stays open, and the question is not asked again."""

    @budget(tokens=100)
    @structured(City)
    async def ask(messages):
        await asyncio.sleep(3600)

    async def main():
        task = asyncio.ensure_future(ask("?"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return SCOPE.get()

    assert asyncio.run(main()) is None


class Desk:
    def __init__(self, model):
        self.model = model

    @structured(City)
    def by_method(self, question):
        return self.model.generate(question)

    @classmethod
    @structured(City)
    def by_class(cls, question):
        return OSLO

    @structured(City)
    @staticmethod
    def by_name(place, *, messages):
        return messages[-1].text

    def __call__(self, question):
        return self.model.generate(question)


def test_methods_partials_and_callable_objects_are_served():
    """The messages are found behind self, at the place that is left, and under their name."""
    desk = Desk(FakeProvider().default(OSLO))
    assert desk.by_method("?") == City("Oslo", 724290)
    assert Desk.by_class("?") == desk.by_class("?") == City("Oslo", 724290)
    assert Desk.by_name("x", messages=OSLO) == City("Oslo", 724290)
    assert structured(City)(desk)("?") == City("Oslo", 724290)
    assert structured(City)(desk.model.generate)("?") == City("Oslo", 724290)
    bound = functools.partial(lambda model, question: model.generate(question), desk.model)
    assert structured(City)(bound)("?") == City("Oslo", 724290)


def test_the_return_annotation_is_the_type():
    """What builds on annotations, such as a web framework, finds what is returned."""

    @traced
    @structured(City)
    def ask(messages: str, schema: dict | None = None) -> Response: ...

    assert inspect.signature(ask).return_annotation is City
    assert typing.get_type_hints(ask)["return"] is City
    assert typing.get_type_hints(ask.__wrapped__)["return"] is Response


async def _stream(messages):
    yield ""


@pytest.mark.parametrize(
    ("decorate", "error", "message"),
    [
        (lambda: structured(City, attempts=0), ValueError, "attempts=0 must be a whole number of at least 1"),
        (lambda: structured(City, attempts=True), ValueError, "attempts=True must be"),
        (lambda: structured(complex), TypeError, "complex is complex, which neither JSON nor a file has a form for"),
        (lambda: structured(failing), TypeError, r"say what to make of the answers: @structured\(Type\) above failing"),
        (lambda: structured(City)(lambda: ""), TypeError, "takes no messages: give it a parameter messages"),
        (lambda: structured(City)(lambda *, question: ""), TypeError, "takes no messages"),
        (lambda: structured(City)(lambda messages: "")(7), TypeError, "are a str, a message or several of .* not int"),
        (lambda: structured(City)(lambda messages: "")(["a"]), TypeError, "not str"),
        (lambda: structured(City)(lambda messages: "")(), TypeError, "missing a required argument: 'messages'"),
    ],
)
def test_misuse_is_refused_with_the_reason(decorate, error, message):
    """At the earliest moment, and before a model is asked."""
    with pytest.raises(error, match=message):
        decorate()


def test_an_invalid_response_is_an_error_of_the_provider():
    """So one handler serves both."""
    assert issubclass(InvalidResponse, ProviderError)


DICTS = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Oslo?"}]


@pytest.mark.parametrize("given", [DICTS, DICTS[1], tuple(DICTS)], ids=["several", "one", "a tuple"])
def test_what_came_as_dicts_goes_on_as_dicts(given):
    """An SDK's client can send nothing else: the schema in words, and what is wrong with an answer."""
    asked = []
    answers = iter(['{"number": "x"}', '{"number": 7}'])

    @structured(Numbered)
    def ask(messages):
        asked.append(messages)
        return next(answers)

    assert ask(given) == Numbered(7)
    assert all(isinstance(message, dict) for message in asked[-1])
    before = ["system"] if given is not DICTS[1] else []
    assert [message["role"] for message in asked[-1]] == [*before, "system", "user", "assistant", "user"]
    assert asked[-1][-2]["content"] == '{"number": "x"}'
    assert "number" in asked[-1][-1]["content"]


def test_blocks_of_anthropic_go_on_unchanged_async_and_in_pieces():
    """What is put beside them has the same shape."""
    blocks = {"role": "user", "content": [{"type": "text", "text": "Oslo?", "cache_control": {"type": "ephemeral"}}]}
    asked = []

    @structured(Numbered)
    async def ask(messages, schema=None):
        asked.append(messages)
        yield '{"number": 7}'

    @structured(Numbered)
    async def again(messages, schema=None):
        asked.append(messages)
        return '{"number": 7}' if len(messages) > 1 else "no"

    async def run():
        return [each async for each in ask([blocks])][-1], await again([blocks])

    assert asyncio.run(run()) == (Numbered(7), Numbered(7))
    assert asked[0] == [blocks]
    assert asked[-1][0] is blocks
    assert [message["role"] for message in asked[-1]] == ["user", "assistant", "user"]


@attrs.frozen
class Numbered:
    number: int


def test_each_attempt_spends_in_a_scope_of_its_own():
    """And afterwards the scope of the budget around is the present one again."""
    scopes = []

    @structured(int)
    def ask(question):
        scopes.append(SCOPE.get())
        return "3" if len(scopes) > 1 else "three"

    @budget(tokens=100)
    def run():
        around = SCOPE.get()
        assert ask("how many?") == 3
        assert SCOPE.get() is around
        return around

    assert len({run(), *scopes}) == 3
