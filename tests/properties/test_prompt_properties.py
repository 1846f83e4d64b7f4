"""What holds for every prompt: the order, the shared beginning, the fingerprint, the budget; and for templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
from hypothesis import given
from hypothesis import strategies as st

from beluga.prompt import PromptBuilder, PromptTooLong, Section, Template, Version, flag, role
from beluga.prompt.budget import estimate_tokens, messages_tokens, rendered, rounds, tools_tokens, turns
from beluga.schema import AIMessage, CachePoint, HumanMessage, SystemMessage, Tool, ToolMessage
from beluga.testing.strategies import messages, prompts

if TYPE_CHECKING:
    import random

NAMES = st.sampled_from(["search", "lookup", "pay"])
ROLES = st.sampled_from([None, "admin", "guest"])
FLAGS = st.frozensets(st.sampled_from(["beta", "dark"]))
TOOLS = st.lists(st.builds(Tool, NAMES, prompts()), unique_by=lambda tool: tool.name)
CONDITIONS = st.sampled_from([None, role("admin"), flag("beta"), flag("beta", "dark"), lambda s: len(s.history) > 2])
SECTIONS = st.builds(Section, prompts(), when=CONDITIONS, priority=st.one_of(st.none(), st.integers(-2, 2)))
EXAMPLES = st.tuples(prompts().map(HumanMessage), prompts().map(AIMessage)).map(list)
HISTORIES = messages().map(lambda said: [message for message in said if not isinstance(message, SystemMessage)])

STATIC = st.fixed_dictionaries(
    {
        "system_prompt": prompts(),
        "tools": TOOLS,
        "static_context": st.tuples(st.lists(prompts(), max_size=3), EXAMPLES).map(lambda both: [*both[0], *both[1]]),
    }
)
DYNAMIC = st.fixed_dictionaries(
    {
        "dynamic_context": st.lists(SECTIONS, max_size=4),
        "history": st.one_of(st.just([]), HISTORIES),
        "user_input": st.one_of(st.none(), prompts()),
    }
)
CALLS = st.fixed_dictionaries({"role": ROLES, "flags": FLAGS})


def beginning(built) -> str:
    """Return all that is rendered up to the first cache point."""
    text = "".join(rendered(message) for message in built)
    return text[: text.index(rendered(CachePoint()))]


def marks(built) -> int:
    return sum(isinstance(part, CachePoint) for message in built for part in message.parts)


@given(STATIC, DYNAMIC, CALLS, st.randoms(use_true_random=False))
def test_the_order_of_the_arguments_does_not_matter(static, dynamic, call, rng: random.Random) -> None:
    """However it is written down, a prompt is the same."""
    named = list({**static, **dynamic}.items())
    rng.shuffle(named)
    assert PromptBuilder(**dict(named)).build(**call) == PromptBuilder(**static, **dynamic).build(**call)


@given(STATIC, DYNAMIC, CALLS)
def test_it_does_not_matter_where_the_dynamic_part_is_given(static, dynamic, call) -> None:
    """For all prompts or for one: the messages are the same."""
    assert PromptBuilder(**static).build(**dynamic, **call) == PromptBuilder(**static, **dynamic).build(**call)


@given(STATIC, DYNAMIC, DYNAMIC, CALLS, CALLS)
def test_prompts_share_their_beginning_up_to_the_breakpoint(static, first, second, one, other) -> None:
    """No role, flag, history, context or input changes a byte of it."""
    static["system_prompt"] = static["system_prompt"] or "x"
    builder = PromptBuilder(**static)
    assert beginning(builder.build(**first, **one)) == beginning(builder.build(**second, **other))


@given(STATIC, DYNAMIC, CALLS)
def test_the_next_prompt_of_a_conversation_begins_with_the_last_one(static, dynamic, call) -> None:
    """Static part and history are its beginning again, whatever else was said in between."""
    builder = PromptBuilder(**static, cache_breakpoint=False)
    history = dynamic["history"]
    longer = [*history, HumanMessage("and now?"), AIMessage("now")]
    stable = builder.build(history=history, user_input="x")[:-1]
    later = builder.build(**{**dynamic, "history": longer}, **call)
    assert later[: len(stable)] == stable


@given(STATIC, DYNAMIC, CALLS)
def test_conditions_hold_only_behind_the_breakpoint(static, dynamic, call) -> None:
    """Nothing of the dynamic part stands before a cache point but the history."""
    static["system_prompt"] = static["system_prompt"] or "x"
    built = PromptBuilder(**static, **dynamic).build(**call)
    last = max(place for place, message in enumerate(built) if CachePoint() in message.parts)
    plain = PromptBuilder(**static, history=dynamic["history"]).build()
    assert built[: last + 1] == plain[: last + 1]
    assert marks(built) <= 2


@given(STATIC, STATIC, DYNAMIC)
def test_the_fingerprint_changes_with_the_static_part_alone(static, other, dynamic) -> None:
    """It differs exactly when system prompt, tools or static context do."""
    first, second = PromptBuilder(**static, **dynamic), PromptBuilder(**other, cache_breakpoint=False)
    # A system prompt is the first static text; so what is compared are the messages, and the tools beside them.
    same = PromptBuilder(**static, user_input="x").build() == PromptBuilder(**other, user_input="x").build()
    assert (first.fingerprint() == second.fingerprint()) == (same and first.tools == second.tools)
    assert first.fingerprint() == PromptBuilder(**static, budget=5).fingerprint()


@given(STATIC, st.data())
def test_any_change_of_the_static_part_changes_the_fingerprint(static, data) -> None:
    """A tool in another place, or one letter more."""
    builder = PromptBuilder(**static)
    changed = data.draw(
        st.sampled_from(
            [
                {"system_prompt": builder.system_prompt + "."},
                {"tools": (*builder.tools, Tool("another"))},
                {"static_context": (*builder.static_context, SystemMessage("."))},
                *([{"tools": builder.tools[::-1]}] if len(builder.tools) > 1 else []),
            ]
        )
    )
    assert attrs.evolve(builder, **changed).fingerprint() != builder.fingerprint()


def tokens(builder: PromptBuilder, built) -> int:
    return messages_tokens(built, estimate_tokens) + tools_tokens(builder.tools, estimate_tokens)


@given(STATIC, DYNAMIC, CALLS, st.integers(1, 2000))
def test_a_budget_is_kept_or_refused(static, dynamic, call, budget: int) -> None:
    """A prompt has no more tokens than allowed; the refusal says how many are needed, and those are enough."""
    static["system_prompt"] = static["system_prompt"] or "x"
    builder = PromptBuilder(**static, **dynamic)
    whole = builder.build(**call)
    try:
        built = builder.build(**call, budget=budget)
    except PromptTooLong as error:
        assert error.needed > budget
        built = builder.build(**call, budget=error.needed)
        assert tokens(builder, built) == error.needed
        return
    assert tokens(builder, built) <= budget
    assert beginning(built) == beginning(whole)
    assert (built == whole) == (tokens(builder, whole) <= budget)
    if builder.user_input is not None:
        assert built[-1] == whole[-1]


@given(STATIC, DYNAMIC, CALLS, st.integers(1, 2000))
def test_a_budget_parts_no_call_from_its_result(static, dynamic, call, budget: int) -> None:
    """Every result has its call before it, and every call its result."""
    static["system_prompt"] = static["system_prompt"] or "x"
    try:
        built = PromptBuilder(**static, **dynamic).build(**call, budget=budget)
    except PromptTooLong:
        return
    calls = [each.id for message in built if isinstance(message, AIMessage) for each in message.tool_calls]
    assert calls == [message.tool_call_id for message in built if isinstance(message, ToolMessage)]


@given(STATIC, DYNAMIC, CALLS, st.integers(1, 2000))
def test_a_budget_leaves_the_order_alone_and_what_has_no_priority(static, dynamic, call, budget: int) -> None:
    """What is left is a part of the whole, in its order, with every section that may not be dropped."""
    builder = PromptBuilder(**static, **dynamic, cache_breakpoint=False)
    must = attrs.evolve(builder, history=(), dynamic_context=[s for s in builder.dynamic_context if s.priority is None])
    try:
        built, least = builder.build(**call, budget=budget), must.build(**call)
    except ValueError:
        return
    rest = iter(builder.build(**call))
    assert all(any(message == other for other in rest) for message in built)
    rest = iter(built)
    # Conditions may look at the history, which `must` has none of.
    if all(section.when is None for section in builder.dynamic_context):
        assert all(any(message == other for other in rest) for message in least)


@given(HISTORIES)
def test_rounds_and_turns_are_the_conversation(history) -> None:
    """Cut into rounds, and gathered to turns, nothing is lost or moved, and no round is needlessly long."""
    cut = rounds(history)
    assert [message for group in cut for message in group] == history
    assert [group for turn in turns(cut) for group in turn] == cut
    assert all(len(group) == 1 or group[0].tool_calls for group in cut)
    assert len(turns(cut)) == sum(isinstance(message, HumanMessage) for message in history)


@given(prompts(), st.dictionaries(st.sampled_from(["a", "b", "name"]), prompts()))
def test_a_template_fills_in_exactly_what_it_is_given(text: str, values: dict[str, str]) -> None:
    """The text around stays as it is, and so does each value, braces or not."""
    escaped = text.replace("{", "{{").replace("}", "}}")
    template = Template(escaped + "|".join(f"{{{name}}}" for name in values))
    assert template.variables == tuple(values)
    assert template.render(**values) == text + "|".join(values.values())


@given(st.lists(st.integers(0, 20), min_size=1, max_size=4), st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_versions_are_compared_by_their_numbers(first, second) -> None:
    """As tuples are, with nothing at the end for zero."""

    def version(numbers):
        return Version.parse(".".join(map(str, numbers)))

    padded = [numbers + [0] * (4 - len(numbers)) for numbers in (first, second)]
    assert (version(first) < version(second)) == (padded[0] < padded[1])
    assert (version(first) == version(second)) == (padded[0] == padded[1])
    assert (hash(version(first)) == hash(version(second))) or padded[0] != padded[1]


@given(HISTORIES)
def test_rendering_is_json_that_tells_messages_apart(history) -> None:
    """Equal messages are rendered equally, and others are not."""
    for first in history:
        assert json.loads(rendered(first))["kind"] == type(first).__name__
        for second in history:
            assert (rendered(first) == rendered(second)) == (first == second)
