"""What holds for every map over a list, whatever its items do and whenever they do it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import event, given
from hypothesis import strategies as st

from beluga import DeadlineExceeded
from beluga.clock import environment
from beluga.orchestration import quorum, scatter
from beluga.testing import fake_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beluga.orchestration import BranchResult


@attrs.frozen
class Item:
    """One item: how long the function takes with it, whether it fails, and how long it cleans up when cancelled."""

    place: int
    delay: float
    fails: bool
    cleans: float


class Failed(Exception):
    """The failure of an item."""


class Unreadable(Exception):
    """The failure of the generator of the items."""


@attrs.frozen
class Case:
    """A map: its items, where the generator breaks off, and its options."""

    items: list[Item]
    breaks_at: int | None
    options: dict[str, Any]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Generate maps over lists and over generators."""
    delays = st.sampled_from([0, 0, 1, 2, 3, 5])
    parts = draw(st.lists(st.tuples(delays, st.booleans(), st.sampled_from([0, 1])), max_size=9))
    items = [Item(place, *part) for place, part in enumerate(parts)]
    is_list = draw(st.booleans())
    policies = ["fail_fast", "collect"]
    policy = draw(st.sampled_from([*policies, "first"] if items or not is_list else policies))
    if items and draw(st.booleans()):
        policy = quorum(draw(st.integers(1, len(items))))
    options = {
        "policy": policy,
        "limit": draw(st.integers(1, 10) | st.none() if is_list else st.integers(1, 10)),
        "timeout": draw(st.sampled_from([None, None, 2.5, 4.5])),
        "branch_timeout": draw(st.sampled_from([None, None, 2.5])),
    }
    breaks_at = None if is_list else draw(st.integers(0, 12))
    return Case(items, breaks_at, options)


class Watch:
    """Plays a case, and keeps who runs and how far ahead the items were drawn."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.running = self.peak = self.drawn = self.done = self.taken = self.ahead = 0
        self.heard: list[BranchResult] = []

    def items(self) -> Iterator[Item]:
        for item in [*self.case.items, None]:
            if self.drawn == self.case.breaks_at:
                raise Unreadable
            if item is None:
                return
            self.drawn += 1
            self.ahead = max(self.ahead, self.drawn - self.done)
            yield item

    async def work(self, item: Item) -> int:
        self.running += 1
        self.peak = max(self.peak, self.running)
        clock = environment().clock
        try:
            await clock.asleep(item.delay)
            if item.fails:
                raise Failed(item.place)
        except asyncio.CancelledError:
            await clock.asleep(item.cleans)
            raise
        finally:
            self.running -= 1
            self.done += 1
        return item.place

    def play(self, *, as_stream: bool) -> Any:
        case = self.case
        items = case.items if case.breaks_at is None else self.items()

        async def main() -> Any:
            try:
                if not as_stream:
                    return await scatter.map(self.work, items, **case.options)
                async for result in scatter.stream(self.work, items, **case.options):
                    self.heard.append(result)
            except (Failed, Unreadable, DeadlineExceeded, ValueError) as error:
                return error
            finally:
                assert asyncio.all_tasks() == {asyncio.current_task()}

        with fake_clock() as clock:
            return clock.run(main())


@given(cases(), st.booleans())
def test_nothing_is_left_and_nothing_runs_ahead(case: Case, as_stream: bool) -> None:
    """However it ends, what began has ended; no more than the limit ran, or was drawn beyond what is done."""
    watch = Watch(case)
    watch.play(as_stream=as_stream)
    limit = case.options["limit"] or len(case.items)
    assert watch.running == 0
    assert watch.peak <= limit
    assert watch.ahead <= limit


@given(cases())
def test_the_policy_decides_what_comes_out(case: Case) -> None:
    """Values and results are those of the items, in their order; an error is one that was to be expected."""
    result, policy = Watch(case).play(as_stream=False), case.options["policy"]
    event(f"{policy if isinstance(policy, str) else 'quorum'}: {type(result).__name__}")
    broken = case.breaks_at is not None and case.breaks_at <= len(case.items)
    if isinstance(result, Unreadable):
        assert broken
    elif isinstance(result, Failed):
        assert policy != "collect"
        assert case.items[result.args[0]].fails
    elif isinstance(result, DeadlineExceeded):
        assert policy != "collect"
        assert case.options["timeout"] or case.options["branch_timeout"]
    elif isinstance(result, ValueError):
        assert not isinstance(policy, str) or policy == "first"
    elif policy == "fail_fast":
        assert result == [item.place for item in case.items]
        assert not broken
    elif policy == "first":
        assert not case.items[result].fails
    else:
        assert [each.index for each in result] == list(range(len(result)))
        good = [each for each in result if each.ok]
        assert all(each.value == each.index and not case.items[each.index].fails for each in good)
        assert policy != "collect" or len(result) == len(case.items) or case.options["timeout"]
        assert policy == "collect" or len(good) == policy.count


@given(cases())
def test_a_stream_tells_what_the_map_gives(case: Case) -> None:
    """The same items succeed and fail, each is told once, and the same error ends it."""
    whole, watch = Watch(case).play(as_stream=False), Watch(case)
    end = watch.play(as_stream=True)
    heard = {result.index: result.status for result in watch.heard}
    assert len(heard) == len(watch.heard)
    if isinstance(end, Exception):
        # A consumer holds the drawing up: where an item fails as the items break, either may come first.
        assert type(end) is type(whole) or {type(end), type(whole)} == {Failed, Unreadable}
    elif case.options["policy"] == "fail_fast":
        assert list(heard.values()) == ["ok"] * len(whole)
    elif case.options["policy"] == "collect":
        assert heard == {result.index: result.status for result in whole}
