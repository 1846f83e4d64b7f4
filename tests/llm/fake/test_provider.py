"""The fake provider's direct surface: answers, streams, rules, log and strictness."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import random
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from beluga.classification import ErrorCode, is_transient
from beluga.clock import Environment, use_environment
from beluga.errors import ProviderError
from beluga.llm import FakeProvider, Reply, ScriptExhausted, faults, tool_call
from beluga.llm.fake.script import Steps
from beluga.schema import AIMessage, Chunk, HumanMessage, SystemMessage, ToolCall, ToolMessage, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beluga.clock import Timer
    from beluga.llm import Request


class StillClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds slept so far."""
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.slept.append(seconds)
        self.now += seconds

    async def asleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.sleep(seconds)

    def call_later(self, seconds: float, callback: Callable[[], Any]) -> Timer:
        """Refuse: nothing here needs it."""
        raise NotImplementedError


@pytest.fixture(autouse=True)
def clock() -> Iterator[StillClock]:
    """Let no test of this file wait."""
    still = StillClock()
    with use_environment(Environment(still, random.Random(0))):
        yield still


def joined(chunks: list[Chunk]) -> str:
    """Return the text of a stream."""
    return "".join(chunk.text for chunk in chunks)


def until_broken(stream: Iterator[Chunk]) -> list[Chunk]:
    """Return what a stream delivers before it fails, as it must."""
    got: list[Chunk] = []
    with pytest.raises(ProviderError):
        got.extend(stream)  # keeps what came before the error
    return got


# Answers


def test_a_script_is_answered_in_order() -> None:
    """Each call uses up one item."""
    fake = FakeProvider("one", Reply("two"), lambda request: request.text.upper())
    assert [fake.generate(text).text for text in ("a", "b", "c")] == ["one", "two", "C"]


def test_a_response_is_complete() -> None:
    """A response has message, usage, finish reason, model and id."""
    fake = FakeProvider("hello you")
    response = fake.generate([SystemMessage("Be brief."), HumanMessage("hi")], model="gpt-4o")
    assert response.message == AIMessage("hello you")
    assert response.usage == Usage(input_tokens=3 + 1, output_tokens=3)
    assert (response.finish_reason, response.model, response.id) == ("stop", "gpt-4o", "fake-1")


def test_a_reply_says_what_it_is_told_to() -> None:
    """Thoughts, tool calls, usage and finish reason of a reply reach the response."""
    usage = Usage(100, 20, cached_tokens=90)
    fake = FakeProvider(Reply("a", thinking="hm", usage=usage, finish_reason="length"))
    response = fake.generate("hi")
    assert response.message.thinking == "hm"
    assert (response.usage, response.finish_reason) == (usage, "length")


def test_thoughts_and_calls_are_counted() -> None:
    """The estimate covers thoughts, as a part of the output, and tool calls in both directions."""
    fake = FakeProvider(Reply("abcd", thinking="12345", tools=[tool_call("f", x=1)]), "")
    first = fake.generate("hi")
    assert first.usage == Usage(1, 1 + 2 + 3, reasoning_tokens=2)
    second = fake.generate([HumanMessage("hi"), first.message, ToolMessage("12345678", "call_1_1")])
    assert second.usage.input_tokens == 1 + 6 + 2


def test_tool_calls_get_ids() -> None:
    """A tool call without an id gets one of call and position; one with an id keeps it."""
    fake = FakeProvider("x", Reply(tools=[tool_call("a", q=1), ToolCall("mine", "b"), tool_call("c")]))
    fake.generate("hi")
    response = fake.generate("hi")
    assert [call.id for call in response.tool_calls] == ["call_2_1", "mine", "call_2_3"]
    assert response.finish_reason == "tool_calls"


def test_a_str_a_message_and_a_list_are_the_same_prompt() -> None:
    """All three spellings of one user message are logged as the same messages."""
    fake = FakeProvider().default("ok")
    prompts: list[Any] = ["hi", HumanMessage("hi"), [HumanMessage("hi")], iter([HumanMessage("hi")])]
    for prompt in prompts:
        fake.generate(prompt)
    assert [request.attempt for request in fake.calls] == [1, 2, 3, 4]


@pytest.mark.parametrize(("messages", "error"), [([], ValueError), ([{"role": "user"}], TypeError)])
def test_wrong_messages_are_refused(messages: Any, error: type[Exception]) -> None:
    """No message, or a plain dict, is an error and not a call."""
    fake = FakeProvider("x")
    with pytest.raises(error, match="message"):
        fake.generate(messages)
    assert fake.calls == ()


# Streams


def test_a_stream_comes_in_words_and_ends_with_its_cost() -> None:
    """Text comes word by word, tool calls whole, and only the last chunk has usage and finish reason."""
    fake = FakeProvider(Reply("one two  three\n", thinking="so so", tools=[tool_call("f")]))
    *pieces, last = fake.stream("hi")
    assert [piece.text for piece in pieces if piece.text] == ["one ", "two  ", "three\n"]
    assert [piece.thinking for piece in pieces if piece.thinking] == ["so ", "so"]
    assert [piece.tool_call for piece in pieces if piece.tool_call] == [ToolCall("call_1_1", "f")]
    assert not any(piece.usage or piece.finish_reason for piece in pieces)
    assert (last.usage, last.finish_reason) == (Usage(1, 4 + 2 + 1, reasoning_tokens=2), "tool_calls")


def test_a_stream_calls_with_its_first_step() -> None:
    """Making the iterator asks nothing; the first step does."""
    fake = FakeProvider("one two")
    stream = fake.stream("hi")
    assert fake.calls == ()
    assert next(stream).text == "one "
    assert len(fake.calls) == 1


@pytest.mark.parametrize("fault", [faults.cut_stream(2), faults.overloaded_in_stream(2)])
def test_a_broken_stream_delivers_the_beginning(fault: faults.Fault) -> None:
    """A stream fault comes after its chunks, which begin what the next attempt is answered."""
    fake = FakeProvider(fault, "one two three")
    assert [chunk.text for chunk in until_broken(fake.stream("hi"))] == ["one ", "two "]
    assert joined(list(fake.stream("hi"))) == "one two three"


def test_a_broken_stream_never_looks_finished() -> None:
    """However late the cut, the chunk with the finish reason does not come."""
    got = until_broken(FakeProvider(faults.cut_stream(99)).stream("hi"))
    assert got
    assert not any(chunk.finish_reason for chunk in got)


@pytest.mark.parametrize("fault", [faults.cut_stream(0), faults.rate_limit(1.0), faults.connect_error()])
def test_other_faults_come_before_the_first_chunk(fault: faults.Fault) -> None:
    """A call that is refused delivers nothing."""
    assert until_broken(FakeProvider(fault, "x").stream("hi")) == []


# Faults


ALL_FAULTS = [
    *(faults.rate_limit(2.0), faults.quota(), faults.server_error(503), faults.bad_json()),
    *(faults.connect_error(), faults.connect_timeout(), faults.read_timeout()),
    *(faults.overloaded_in_stream(), faults.cut_stream()),
]


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_fails_one_call(fault: faults.Fault) -> None:
    """A fault is raised as a `ProviderError` of its code, and the next call goes on with the script."""
    fake = FakeProvider(fault, "ok")
    with pytest.raises(ProviderError) as caught:
        fake.generate("hi")
    assert caught.value.code is fault.code
    assert (caught.value.status, caught.value.retry_after) == (fault.status, fault.retry_after)
    assert caught.value.request_id == "fake-1"
    assert fake.generate("hi").text == "ok"


def test_a_stall_waits_and_then_answers(clock: StillClock) -> None:
    """A stall takes its time on the environment's clock, and the next item is the answer."""
    fake = FakeProvider(faults.stall(90.0), "late", "soon")
    assert fake.generate("hi").text == "late"
    assert clock.now == 90.0
    assert fake.generate("hi").text == "soon"
    assert clock.slept == [90.0]


def test_a_stall_may_end_in_a_fault(clock: StillClock) -> None:
    """Delays add up before whatever comes next, in a stream too."""
    fake = FakeProvider(faults.stall(5.0), faults.stall(1.0), faults.read_timeout())
    assert until_broken(fake.stream("hi")) == []
    assert clock.now == 6.0


def test_slow_tokens_take_their_time(clock: StillClock) -> None:
    """Each piece waits; a call for the whole waits as long as the stream."""
    fake = FakeProvider(faults.slow_tokens(2.0), "one two three", Reply("one two three", per_token=2.0))
    arrivals = [clock.now for _ in fake.stream("hi")]
    assert arrivals == [2.0, 4.0, 6.0, 6.0]
    fake.generate("hi")
    assert clock.now == 12.0


def test_a_slow_stream_may_be_cut(clock: StillClock) -> None:
    """Slow tokens are slow before a fault too."""
    fake = FakeProvider(faults.slow_tokens(2.0), faults.cut_stream(2), "one two three")
    assert len(until_broken(fake.stream("hi"))) == 2
    assert clock.slept == [2.0, 2.0]


def test_without_a_delay_nobody_sleeps(clock: StillClock) -> None:
    """A zero delay is no sleep of zero seconds."""
    fake = FakeProvider(faults.stall(0.0), "one two", "x")
    list(fake.stream("hi"))
    fake.generate("hi")
    assert clock.slept == []


# Rules


def test_rules_are_asked_before_the_script() -> None:
    """The first rule that fits answers; the script answers the others; the default what is left."""
    fake = FakeProvider("from the script").default("the default")
    fake.on("refund").reply("a rule")
    fake.on(lambda request: "refund" in request.text).reply("never")
    texts = [fake.generate(text).text for text in ("my refund", "hi", "hi", "my refund")]
    assert texts == ["a rule", "from the script", "the default", "a rule"]


def test_the_steps_of_a_rule_are_played_in_order() -> None:
    """A step answers once or `times` times, the last one for ever."""
    fake = FakeProvider()
    fake.on("hi").fault(faults.server_error()).times(2).reply("one").reply("rest")
    outcomes = []
    for _ in range(5):
        try:
            outcomes.append(fake.generate("hi").text)
        except ProviderError as error:
            outcomes.append(error.code)
    assert outcomes == [*[ErrorCode.PROVIDER_UNAVAILABLE] * 2, "one", "rest", "rest"]


def test_a_used_up_rule_is_passed_over() -> None:
    """After its last counted step a rule leaves the call to the next one."""
    fake = FakeProvider("script")
    fake.on("hi").reply("rule").times(1)
    assert [fake.generate("hi").text for _ in range(2)] == ["rule", "script"]


def test_a_lasting_delay_slows_down_the_script(clock: StillClock) -> None:
    """A rule that only delays leaves the answer to whoever comes next."""
    fake = FakeProvider("one", "two")
    fake.on("slow").fault(faults.stall(3.0))
    assert [fake.generate("slow").text for _ in range(2)] == ["one", "two"]
    assert clock.now == 6.0


def test_a_rule_sees_the_whole_request() -> None:
    """Predicates and callables get messages, options, attempt and time."""
    fake = FakeProvider("x")
    fake.on(lambda request: request.attempt == 2 and request.options["temperature"] == 0).reply(
        lambda request: f"{request.number} {request.at} {len(request.messages)}"
    )
    fake.generate("hi", temperature=0)
    assert fake.generate("hi", temperature=0).text == "2 0.0 1"


def test_wrong_rules_are_refused() -> None:
    """A rule needs a predicate, a step before `times`, a positive count, and a real fault."""
    fake = FakeProvider()
    with pytest.raises(TypeError, match="text or a predicate"):
        fake.on(5)
    with pytest.raises(ValueError, match="comes after"):
        fake.on("x").times(1)
    for count in (0, -1, 1.5, True):
        with pytest.raises(ValueError, match="1 time or more"):
            fake.on("x").reply("y").times(count)
    with pytest.raises(TypeError, match=r"beluga\.llm\.faults, not str"):
        fake.on("x").fault("rate_limit")


# Strictness


def test_an_exhausted_script_says_so() -> None:
    """The error names the call, the text, the attempt and the rules left, and is worth no retry."""
    fake = FakeProvider("one")
    fake.on("refund").reply("x")
    fake.generate("hi")
    with pytest.raises(ScriptExhausted) as caught:
        fake.generate("hi")
    assert str(caught.value) == (
        "the fake provider has no answer to call 2, 'hi' (attempt 2): the script is used up, "
        "and no rule fits (left: 'refund'); add an item to the script, a rule with on(), or a default()"
    )
    assert isinstance(caught.value, AssertionError)
    assert not is_transient(caught.value)
    assert type(pickle.loads(pickle.dumps(caught.value))) is ScriptExhausted


def test_an_exhausted_script_quotes_the_beginning() -> None:
    """A long prompt is quoted in part, and without rules none is named."""
    with pytest.raises(ScriptExhausted, match=r"'x{80}'\.\.\. \(attempt 1\).*no rule is left"):
        FakeProvider().generate("x" * 500)


def test_slow_tokens_need_an_answer() -> None:
    """A script that ends in them is exhausted; a stall may be the end."""
    for item in (faults.slow_tokens(1.0), lambda _: faults.slow_tokens(1.0)):
        with pytest.raises(ScriptExhausted):
            FakeProvider(item).generate("hi")


def test_assert_done_names_what_is_left() -> None:
    """Items of the script and counted steps of rules must be played; lasting steps need not be."""
    fake = FakeProvider("one", faults.rate_limit()).default("x")
    fake.on("a").reply("lasting")
    fake.on("b").fault(faults.quota()).times(2).reply("lasting")
    with pytest.raises(AssertionError, match=r"'b': quota x2; the script: 'one' x1, rate_limit x1"):
        fake.assert_done()
    for prompt in ("b", "b", "-", "-"):
        with contextlib.suppress(ProviderError):
            fake.generate(prompt)
    fake.assert_done()


@pytest.mark.parametrize("item", [5, None, ["a"], b"a", ValueError("x")])
def test_what_is_no_item_is_refused(item: Any) -> None:
    """A wrong item is an error when the script is made, and when a callable returns it."""
    with pytest.raises(TypeError, match="a script holds"):
        FakeProvider("x", item)
    with pytest.raises(TypeError, match="a callable of a script returns"):
        FakeProvider(lambda _: item).generate("hi")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": None}, TypeError),
        ({"thinking": 5}, TypeError),
        ({"tools": [("search", {})]}, TypeError),
        ({"per_token": -1.0}, ValueError),
        ({"per_token": float("nan")}, ValueError),
        ({"per_token": "1s"}, ValueError),
    ],
)
def test_a_wrong_reply_is_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    """What could not be played is an error when the reply is made."""
    with pytest.raises(error, match="Reply"):
        Reply(**arguments)


# Log


def test_the_log_holds_every_call(clock: StillClock) -> None:
    """Each call is logged with text, messages, options, attempt and time, the failed ones too."""
    fake = FakeProvider(faults.stall(2.0), faults.rate_limit(), "ok", "ok")
    with pytest.raises(ProviderError):
        fake.generate("hi", temperature=0)
    fake.generate("hi")
    fake.generate([HumanMessage("hi"), AIMessage("yes?"), ToolMessage("x", "1")])
    first, second, third = fake.calls
    assert (first.text, first.attempt, first.at, first.options) == ("hi", 1, 0.0, {"temperature": 0})
    assert (second.attempt, second.at) == (2, clock.now)
    assert (third.text, third.attempt, len(third.messages)) == ("hi", 1, 3)
    assert (third.number, third.id) == (3, "fake-3")


def test_a_request_without_a_user_has_no_text() -> None:
    """The text is the user's alone."""
    fake = FakeProvider("x")
    fake.generate(SystemMessage("Be brief."))
    assert fake.calls[0].text == ""


def test_a_repr_is_short() -> None:
    """The provider shows how far it is, and no text."""
    fake = FakeProvider("secret")
    fake.generate("secret")
    assert repr(fake) == "<FakeProvider after 1 calls>"


# Chance


def outcomes(fake: FakeProvider, calls: int) -> list[str]:
    """Return what so many calls of the same prompt come to."""
    seen = []
    for _ in range(calls):
        try:
            seen.append(fake.generate("hi").text)
        except ProviderError as error:
            seen.append(str(error))
    return seen


def test_faults_at_a_rate_are_seeded() -> None:
    """The same seed gives the same faults, another one others."""
    first = outcomes(FakeProvider(seed=7, fault_rate=0.4).default("ok"), 300)
    assert first == outcomes(FakeProvider(seed=7, fault_rate=0.4).default("ok"), 300)
    assert first != outcomes(FakeProvider(seed=8, fault_rate=0.4).default("ok"), 300)
    assert 80 < sum(text != "ok" for text in first) < 160


def test_faults_at_a_rate_use_nothing_up() -> None:
    """A call that fails by chance leaves the script to the next one."""
    fake = FakeProvider("a", "b", seed=7, fault_rate=0.5).default("-")
    answers = [text for text in outcomes(fake, 20) if len(text) == 1]
    assert "".join(answers).rstrip("-") == "ab"
    assert 2 < len(answers) < 20


def test_faults_at_a_rate_come_in_rows_of_any_length() -> None:
    """A prompt fails sometimes once and sometimes several times in a row."""
    fake = FakeProvider(seed=1, fault_rate=0.4).default("ok")
    text = "".join("." if text == "ok" else "x" for text in outcomes(fake, 300))
    assert {1, 2, 3} <= {len(row) for row in text.split(".")}


def test_chance_depends_on_the_number_of_the_call_alone() -> None:
    """A callable that draws from the request gets the same for the same seed and call."""

    def draw(request: Request) -> str:
        return str(request.rng().random())

    first, second = (outcomes(FakeProvider(seed=3).default(draw), 3) for _ in range(2))
    assert first == second
    assert len(set(first)) == 3
    assert first[1] == str(random.Random("3:2").random())


@pytest.mark.parametrize("rate", [-0.1, 2.0, float("nan"), "0.1", None])
def test_a_wrong_fault_rate_is_refused(rate: Any) -> None:
    """The rate is checked when the provider is made."""
    with pytest.raises(ValueError, match="fault rate"):
        FakeProvider(fault_rate=rate)


# Threads and kinds


def test_threads_share_a_script() -> None:
    """Each item is given out once and each call has its own number, however many threads call."""
    fake = FakeProvider(*map(str, range(400)))
    got: list[str] = []

    def ask() -> None:
        got.extend(fake.generate("hi").text for _ in range(50))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # let threads meet in the middle of a call
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert sorted(map(int, got)) == list(range(400))
    assert [request.number for request in fake.calls] == list(range(1, 401))
    assert sorted(request.attempt for request in fake.calls) == list(range(1, 401))
    fake.assert_done()


def test_threads_race_for_the_last_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking for an item and taking it no other thread gets in."""
    take = Steps.take

    def give_way_and_take(steps: Steps) -> Any:
        time.sleep(0)  # hands the interpreter to another thread; takes no time
        return take(steps)

    monkeypatch.setattr(Steps, "take", give_way_and_take)
    fake = FakeProvider(*map(str, range(50)))
    failures: list[str] = []

    def ask() -> None:
        try:
            while True:
                fake.generate("hi")
        except Exception as error:
            failures.append(type(error).__name__)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == ["ScriptExhausted"] * 8
    assert len(fake.calls) == 50 + 8


def test_a_predicate_may_use_the_provider() -> None:
    """No lock is held while a test's own code runs."""
    fake = FakeProvider("x")
    fake.on(lambda _: len(fake.calls) > 1 and not fake.assert_done()).reply(
        lambda request: f"call {request.number} of {len(fake.calls)}"
    )
    fake.generate("hi")
    assert fake.generate("hi").text == "call 2 of 2"


def test_async_calls_wait_on_the_same_clock(clock: StillClock) -> None:
    """`agenerate` and `astream` do what their twins do."""
    fake = FakeProvider(faults.stall(3.0), "a b", faults.slow_tokens(1.0), "a b", faults.cut_stream(1), "c d")

    async def main() -> list[Any]:
        whole = await fake.agenerate("hi")
        chunks = [chunk.text async for chunk in fake.astream("hi")]
        cut = fake.astream("hi")
        first = await anext(cut)
        with pytest.raises(ProviderError):
            await anext(cut)
        return [whole.text, chunks, first.text]

    assert asyncio.run(main()) == ["a b", ["a ", "b", ""], "c "]
    assert clock.now == 5.0


def test_an_async_fault_is_raised() -> None:
    """A fault of the script reaches who awaits."""
    with pytest.raises(ProviderError):
        asyncio.run(FakeProvider(faults.quota()).agenerate("hi"))


def test_requests_are_frozen() -> None:
    """The log cannot be rewritten."""
    fake = FakeProvider("x")
    fake.generate("hi")
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        fake.calls[0].number = 5


def test_a_tool_call_is_an_item_of_a_script():
    """It stands for a reply that calls it, also out of a callable."""
    fake = FakeProvider(tool_call("search", query="x"), lambda _: tool_call("search", query="y"))
    calls = [fake.generate("go").tool_calls[0] for _ in range(2)]
    assert [(call.id, call.arguments["query"]) for call in calls] == [("call_1_1", "x"), ("call_2_1", "y")]
