"""How a graph is run, what its nodes are given, and what its errors say."""

from __future__ import annotations

import asyncio
import functools
import gc
from typing import TYPE_CHECKING, Any

import pytest

from beluga import CircuitOpen, GraphError, breaker, classify, retry
from beluga.orchestration import Edge, Graph, Run, Scatter, chain
from beluga.testing import fake_clock

if TYPE_CHECKING:
    from collections.abc import Callable


def support(**handlers: Callable[..., Any]) -> Graph:
    """Return the graph of the conditional routing recipe."""
    graph = Graph("support")

    @graph.node(entry=True)
    def classify(text: str) -> str:
        return "billing" if "billing" in text else "technical"

    def billing(label: str, original: str) -> str:
        return f"Billing will handle: {original}"

    def technical(label: str) -> str:
        return "Technical support is looking into this."

    graph.add_node("billing", handlers.get("billing", billing))
    graph.add_node("technical", handlers.get("technical", technical))
    graph.add_edge(Edge("classify", "billing", lambda output: output == "billing"))
    graph.add_edge(Edge("classify", "technical", lambda output: output == "technical"))
    return graph


def every_way(graph: Graph, value: Any) -> list[Any]:
    """Return what each of the four ways to run it gives, or the error it raises."""

    async def drain() -> Any:
        return [item async for item in graph.astream(value)][-1][1]

    def caught(way: Callable[[], Any]) -> Any:
        try:
            return way()
        except Exception as error:
            return error

    return [
        caught(lambda: graph.invoke(value)),
        caught(lambda: list(graph.stream(value))[-1][1]),
        caught(lambda: asyncio.run(graph.ainvoke(value))),
        caught(lambda: asyncio.run(drain())),
    ]


def test_the_customers_text_reaches_the_handler() -> None:
    """The handler is given the label, and the original text beside it."""
    assert every_way(support(), "a billing issue") == ["Billing will handle: a billing issue"] * 4


def test_only_the_edge_whose_condition_holds_is_followed() -> None:
    """The other handler never runs."""
    ran: list[str] = []
    graph = support(billing=ran.append)
    assert graph.invoke("my screen is dark") == "Technical support is looking into this."
    assert not ran


def test_a_node_may_ask_for_the_run_so_far() -> None:
    """Its path and its outputs by node, as they were then."""
    kept: list[Run] = []

    def look(value: str, *, run: Run) -> str:
        kept.append(run)
        return value

    graph = chain(str.strip, look, str.upper, look)
    assert every_way(graph, " a ") == ["A"] * 4
    assert [run.path for run in kept] == [("strip",), ("strip", "look", "upper")] * 4
    assert dict(kept[0].outputs) == {"strip": "a"}
    assert dict(kept[1].outputs) == {"strip": "a", "look": "a", "upper": "A"}
    assert kept[0].original == " a "


def test_the_outputs_of_a_run_are_read_only() -> None:
    """A node cannot change what other nodes are told."""
    graph = chain(str.strip, lambda value, run: run)
    with pytest.raises(TypeError):
        graph(" a ").outputs["strip"] = "b"


def test_a_first_parameter_called_original_gets_the_output() -> None:
    """The first parameter is the input, whatever its name."""
    assert chain(str.strip, lambda original: original + "!")(" a ") == "a!"


def test_sync_and_async_nodes_mix() -> None:
    """In a run on an event loop."""

    async def shout(text: str) -> str:
        await asyncio.sleep(0)
        return text.upper()

    assert asyncio.run(chain(str.strip, shout, len).ainvoke(" abc ")) == 3


def test_a_sync_run_refuses_async_nodes_before_anything_runs() -> None:
    """It names them and the call that would do."""
    ran: list[str] = []

    async def ask(text: str) -> str:
        return text

    graph = chain(ran.append, ask, name="turn")
    for call in (graph.invoke, graph.stream):
        with pytest.raises(GraphError, match=r"turn has async nodes \(ask\).*use ainvoke or astream"):
            call("x")
    assert not ran


def test_a_graph_with_async_nodes_is_awaited_as_it_is_called() -> None:
    """And decorated like an async function; without one it stays a plain call."""
    asked: list[str] = []

    async def ask(text: str) -> str:
        asked.append(text)
        if len(asked) < 3:
            raise TimeoutError
        return text + "!"

    turn = chain(str.strip, ask, name="turn")
    patient = retry(max_attempts=3)(turn)

    async def main() -> str:
        answer: str = await patient(" hi ")
        return answer

    with fake_clock() as clock:
        assert clock.run(main()) == "hi!"
    assert asked == ["hi"] * 3
    assert asyncio.run(turn(" ho ")) == "ho!"
    assert chain(str.strip)(" x ") == "x"


def test_an_async_node_deep_inside_is_seen() -> None:
    """In a graph in a scatter in a graph."""

    async def ask(text: str) -> str:
        return text

    graph = chain(str.strip, Scatter(chain(ask), str.upper))
    assert graph.is_async
    with pytest.raises(GraphError, match="scatter"):
        graph.invoke("x")
    assert asyncio.run(graph.ainvoke(" x ")) == ["x", "X"]


def test_a_plain_function_that_gives_a_coroutine_is_awaited() -> None:
    """And refused where nobody can await it."""

    async def ask(text: str, model: str) -> str:
        return f"{model}: {text}"

    graph = chain(lambda text: ask(text, model="m"), str.upper)
    sync, stream, *awaited = every_way(graph, "x")
    assert awaited == ["M: X", "M: X"]
    for error in (sync, stream):
        assert isinstance(error, GraphError)
        assert "gave a coroutine" in str(error)


@pytest.mark.parametrize(
    "node",
    [
        str.upper,
        functools.partial(str.replace, "x-X", "-"),
        type("Shout", (), {"__call__": lambda self, text: text.upper()})(),
        "x".join,
        retry(str.upper),
        retry(lambda text: text.upper()),
        chain(str.upper),
        list,
        print,
    ],
)
def test_any_callable_of_one_argument_is_a_node(node: Callable[..., Any]) -> None:
    """Functions, methods, partials, instances, classes, built-ins, decorated ones and graphs."""
    graph = Graph()
    graph.add_node("only", node)
    graph.set_entry("only")
    assert graph.invoke("x") == node("x")


def test_an_async_callable_instance_is_awaited() -> None:
    """Its kind is that of its `__call__`."""

    class Ask:
        async def __call__(self, text: str) -> str:
            return text + "!"

    assert asyncio.run(chain(Ask()).ainvoke("x")) == "x!"
    assert chain(Ask()).is_async


def test_a_generator_function_gives_its_iterator() -> None:
    """It is not read by the graph."""

    def words(text: str) -> Any:
        yield from text.split()

    assert chain(words, ", ".join)("a b") == "a, b"


def test_the_decorated_function_stays_what_it_was() -> None:
    """Both ways to decorate return the function itself."""
    graph = Graph()

    @graph.node
    def one(value: int) -> int:
        return value + 1

    @graph.node("second")
    def two(value: int) -> int:
        return value * 2

    graph.add_edge(two, one)
    graph.set_entry(two)
    assert (one(1), two(2)) == (2, 4)
    assert graph.invoke(5) == 11
    assert [name for name, _ in graph.stream(5)] == ["second", "one"]


def test_a_route_goes_by_value() -> None:
    """Any hashable value will do, and `otherwise` takes the rest."""
    graph = Graph()
    graph.add_node("sign", lambda n: (n > 0) - (n < 0))
    graph.add_node("up", lambda _: "up")
    graph.add_node("down", lambda _: "down")
    graph.add_node("flat", lambda _: "flat")
    graph.route("sign", {1: "up", -1: "down"}, otherwise="flat")
    graph.set_entry("sign")
    assert [graph.invoke(n) for n in (5, -5, 0)] == ["up", "down", "flat"]


def test_an_unhashable_output_goes_otherwise() -> None:
    """It equals no value of the route."""
    graph = Graph()
    graph.add_node("split", str.split)
    graph.add_node("join", " ".join)
    graph.route("split", {"x": "join"}, otherwise="join")
    graph.set_entry("split")
    assert graph.invoke("a b") == "a b"


def test_no_matching_edge_is_an_error_that_says_what_was_tried() -> None:
    """With the node and the labels, and without the output, which may be anybody's text."""

    def is_billing(output: str) -> bool:
        return output == "billing"

    graph = Graph("support")
    graph.add_node("classify", lambda text: text)
    graph.add_node("billing", str.upper)
    graph.add_edge("classify", "billing", is_billing)
    graph.set_entry("classify")
    for error in every_way(graph, "4111 1111"):
        assert isinstance(error, GraphError)
        assert str(error) == (
            "no edge from 'classify' matches its output, a str; tried 'billing' (is_billing): "
            "add an edge without condition as the last one"
        )
        assert error.__notes__ == ["support: classify"]


def test_a_route_without_the_value_is_an_error_too() -> None:
    """It lists the values."""
    graph = Graph()
    graph.add_node("classify", lambda text: text)
    graph.add_node("billing", str.upper)
    graph.route("classify", {"billing": "billing", 7: "billing"})
    graph.set_entry("classify")
    for output in ("other", ["unhashable"]):
        with pytest.raises(GraphError, match=r"tried 'billing', 7: add the value, or give otherwise="):
            graph.invoke(output)


def test_a_run_that_goes_in_circles_ends_at_max_steps() -> None:
    """The message has the bound and the last nodes."""
    graph = Graph("loop", max_steps=5)
    graph.add_node("a", lambda n: n + 1)
    graph.add_node("b", lambda n: n + 1)
    graph.add_edge("a", "b")
    graph.add_edge("b", "a")
    graph.set_entry("a")
    for error in every_way(graph, 0):
        assert isinstance(error, GraphError)
        assert "loop took 5 steps" in str(error)
        assert error.__notes__ == ["loop: a -> b -> a -> b -> a"]


def test_max_steps_counts_executed_nodes() -> None:
    """A run of exactly so many is fine."""
    graph = Graph(max_steps=3)
    graph.add_node("count", lambda n: n + 1)
    graph.add_node("done", lambda n: n)
    graph.add_edge("count", "done", lambda n: n >= 2)
    graph.add_edge("count", "count")
    graph.set_entry("count")
    assert graph.invoke(0) == 2
    with pytest.raises(GraphError, match="took 3 steps"):
        graph.invoke(-1)


def test_a_long_path_is_shortened() -> None:
    """A hundred nodes would hide the end, which matters."""
    graph = Graph()
    graph.add_node("a", lambda n: n)
    graph.add_edge("a", "a")
    graph.set_entry("a")
    with pytest.raises(GraphError) as caught:
        graph.invoke(0)
    assert caught.value.__notes__ == ["graph: (88 more) -> " + " -> ".join("a" * 12)]


@pytest.mark.parametrize("error", [ValueError("x"), CircuitOpen("x"), TimeoutError("x")])
def test_an_error_comes_out_as_it_was_raised_with_the_path(error: Exception) -> None:
    """Same object, same code, and one note of the path, however often the same error comes that way."""

    def fail(text: str) -> None:
        raise error

    code = classify(error)
    graph = chain(str.strip, fail, name="turn")
    assert every_way(graph, "x") == [error] * 4
    assert error.__notes__ == ["turn: strip -> fail"]
    assert classify(error) == code


def test_a_sync_run_passes_even_a_stop_iteration() -> None:
    """Which generators and coroutines would turn into a RuntimeError."""
    error = StopIteration("x")
    with pytest.raises(StopIteration) as caught:
        chain(lambda _: next(iter(())))("x")
    assert type(caught.value) is type(error)


def test_an_error_of_a_condition_has_the_path_too() -> None:
    """It ends at the node whose output the condition could not bear."""
    graph = support()
    graph.add_node("odd", lambda _: 1)
    graph.add_edge("odd", "billing", lambda output: output.lower())
    graph.set_entry("odd")
    with pytest.raises(AttributeError) as caught:
        graph.invoke("x")
    assert caught.value.__notes__ == ["support: odd"]


def test_a_condition_that_gives_a_coroutine_is_refused() -> None:
    """It would always be true, so that the edge would always be taken."""

    class Later:
        async def __call__(self, output: str) -> bool:
            return False

    async def later(output: str) -> bool:
        return False

    for condition in (Later(), lambda output: later(output)):
        graph = Graph()
        graph.add_node("a", str.upper)
        graph.add_node("b", str.lower)
        graph.add_edge("a", "b", condition)
        graph.set_entry("a")
        for error in every_way(graph, "x"):
            assert isinstance(error, GraphError)
            assert "the condition of Edge('a', 'b', condition) gave a coroutine" in str(error)


def test_nested_runs_note_both_paths() -> None:
    """The inner one first."""

    def fail(text: str) -> None:
        raise ValueError(text)

    graph = chain(str.strip, chain(str.upper, fail, name="inner"), name="outer")
    with pytest.raises(ValueError, match="X") as caught:
        graph("x")
    assert caught.value.__notes__ == ["inner: upper -> fail", "outer: strip -> inner"]


def test_stream_yields_each_node_with_its_output() -> None:
    """As soon as it is there."""
    seen: list[str] = []
    graph = chain(lambda x: seen.append("a") or x, lambda x: seen.append("b") or x)
    stream = graph.stream("x")
    assert next(stream) == ("<lambda>", "x")
    assert seen == ["a"]
    assert list(stream) == [("<lambda>_2", "x")]


def test_a_stream_may_be_left() -> None:
    """The nodes that were not reached never run."""
    ran: list[str] = []

    async def main() -> None:
        stream = chain(str.strip, ran.append).astream("x")
        assert await anext(stream) == ("strip", "x")
        await stream.aclose()

    asyncio.run(main())
    assert not ran


def test_a_decorated_node_keeps_its_policies() -> None:
    """A retry inside a node is nothing that the graph sees."""
    attempts = []

    @retry(max_attempts=3, retryable_errors=(ConnectionError,))
    async def ask(text: str) -> str:
        attempts.append(text)
        if len(attempts) < 3:
            raise ConnectionError
        return text.upper()

    with fake_clock():
        assert asyncio.run(chain(str.strip, ask).ainvoke(" a ")) == "A"
    assert attempts == ["a"] * 3


def test_a_decorated_graph_is_called_through_its_policies() -> None:
    """An open breaker around a graph refuses, also when it is a node of another one."""
    policy = breaker(failure_threshold=1)

    def fail(text: str) -> None:
        raise ConnectionError

    guarded = policy(chain(fail))
    graph = chain(guarded)
    with pytest.raises(ConnectionError):
        graph("x")
    with pytest.raises(CircuitOpen):
        graph("x")
    with pytest.raises(CircuitOpen):
        asyncio.run(graph.ainvoke("x"))


def test_a_graph_can_grow_after_a_run() -> None:
    """The next run sees the new node."""
    graph = chain(str.strip)
    assert graph(" a ") == "a"
    graph.add_node("shout", str.upper)
    graph.add_edge("strip", "shout")
    assert graph(" a ") == "A"


class TestBuilding:
    """What is refused when it is added."""

    def test_a_duplicate_name(self) -> None:
        """With the way out."""
        with pytest.raises(GraphError, match="has a node 'classify' already: give this one another name"):
            support().add_node("classify", str.upper)

    @pytest.mark.parametrize("thing", [None, "text", 7, object()])
    def test_what_is_not_callable(self, thing: Any) -> None:
        """With its type."""
        with pytest.raises(TypeError, match=f"'?x'? is of type {type(thing).__name__}"):
            Graph().add_node("x", thing)

    def test_a_running_coroutine(self) -> None:
        """The function is wanted, and not its call."""

        async def ask(text: str) -> None: ...

        coroutine = ask("x")
        with pytest.raises(TypeError, match="must be callable"):
            Graph().add_node("x", coroutine)
        coroutine.close()

    @pytest.mark.parametrize("name", ["", 7, b"x"])
    def test_a_name_that_is_none(self, name: Any) -> None:
        """Names are strings."""
        with pytest.raises(TypeError, match="must be a string"):
            Graph().add_node(name, str.upper)

    @pytest.mark.parametrize(
        ("function", "match"),
        [
            (lambda: None, "takes no positional argument"),
            (lambda *, text: text, "takes no positional argument"),
            (lambda **kwargs: kwargs, "takes no positional argument"),
            (lambda text, model, tone: text, "nobody gives it: model, tone; bind them"),
            (lambda text, *, model: text, "nobody gives it: model"),
            (lambda text, original, /: text, "nobody gives it: original"),
        ],
    )
    def test_a_function_that_a_node_cannot_be(self, function: Any, match: str) -> None:
        """Its parameters are known now, and need not fail in a run."""
        with pytest.raises(TypeError, match=match):
            Graph().add_node("x", function)

    @pytest.mark.parametrize(
        "add",
        [
            lambda g: g.add_edge("classify", "nowhere"),
            lambda g: g.add_edge(Edge("nowhere", "billing")),
            lambda g: g.route("nowhere", {1: "billing"}),
            lambda g: g.route("billing", {1: "nowhere"}),
            lambda g: g.route("billing", {1: "technical"}, otherwise="nowhere"),
            lambda g: g.set_entry("nowhere"),
        ],
    )
    def test_an_edge_to_nowhere(self, add: Callable[[Graph], None]) -> None:
        """It names the nodes that there are, and its code is `not_found`."""
        with pytest.raises(GraphError, match="no node 'nowhere'; it has classify, billing, technical") as caught:
            add(support())
        assert caught.value.code == "not_found"

    def test_a_function_that_was_never_added(self) -> None:
        """Even where a node has its name."""

        def classify(text: str) -> str:
            return text

        with pytest.raises(GraphError) as caught:
            support().set_entry(classify)
        assert caught.value.code == "not_found"

    def test_a_method_is_found_again(self) -> None:
        """Although Python makes a new object of it each time it is named."""

        class Desk:
            def classify(self, text: str) -> str:
                return "billing"

            def billing(self, label: str) -> str:
                return f"{label} answers"

        desk, graph = Desk(), Graph()
        graph.node(desk.classify)
        graph.node(desk.billing)
        graph.set_entry(desk.classify)
        graph.route(desk.classify, {"billing": desk.billing})
        assert graph("x") == "billing answers"
        with pytest.raises(GraphError, match="no node 'classify'"):
            graph.set_entry(Desk().classify)

    def test_a_function_that_is_two_nodes(self) -> None:
        """Which of them is meant would be anybody's guess."""
        graph = Graph()
        graph.add_node("first", str.upper)
        graph.add_node("second", str.upper)
        with pytest.raises(
            GraphError, match="upper is the function of several nodes: first, second; say which by name"
        ):
            graph.set_entry(str.upper)

    def test_an_edge_that_would_never_be_taken(self) -> None:
        """The one before it takes everything."""
        graph = support()
        graph.add_edge("classify", "billing")
        with pytest.raises(GraphError, match="would never be taken, because Edge"):
            graph.add_edge("classify", "technical")

    def test_edges_beside_a_route(self) -> None:
        """Which of them counts would be anybody's guess."""
        graph = support()
        with pytest.raises(GraphError, match="has edges already"):
            graph.route("classify", {"billing": "billing"})
        graph.route("billing", {"x": "technical"})
        with pytest.raises(GraphError, match="has a route already"):
            graph.add_edge("billing", "technical")
        with pytest.raises(GraphError, match="has edges already"):
            graph.route("billing", {"x": "technical"})

    def test_a_route_without_values(self) -> None:
        """There would be no way on."""
        with pytest.raises(ValueError, match="at least one value"):
            support().route("billing", {})

    @pytest.mark.parametrize("condition", ["billing", 7])
    def test_a_condition_that_is_no_function(self, condition: Any) -> None:
        """With its type."""
        with pytest.raises(TypeError, match="must be a callable of the output"):
            Edge("a", "b", condition)

    def test_an_async_condition(self) -> None:
        """Its coroutine would always be true."""

        async def condition(output: str) -> bool:
            return False

        with pytest.raises(TypeError, match="must not be async"):
            Edge("a", "b", condition)

    def test_half_an_edge(self) -> None:
        """And one and a half."""
        graph = support()
        with pytest.raises(TypeError, match="an Edge, or a source and a target"):
            graph.add_edge("classify")
        with pytest.raises(TypeError, match="has its target and condition already"):
            graph.add_edge(Edge("classify", "billing"), "technical")

    @pytest.mark.parametrize("steps", [0, -1, 1.5, True, None])
    def test_max_steps_that_is_no_count(self, steps: Any) -> None:
        """With the value."""
        with pytest.raises(ValueError, match="max_steps="):
            Graph(max_steps=steps)

    def test_a_graph_inside_itself(self) -> None:
        """Its run would never end."""
        graph = Graph("g")
        with pytest.raises(GraphError, match="cannot be a node of itself"):
            graph.add_node("again", graph)

    @pytest.mark.parametrize("between", [lambda graph: graph, Scatter, chain])
    def test_graphs_inside_each_other(self, between: Callable[[Graph], Any]) -> None:
        """Nor would theirs, however many of what kind lie between."""
        outer, inner = Graph("outer"), Graph("inner")
        outer.add_node("inner", between(inner))
        with pytest.raises(GraphError, match="outer cannot be a node of inner, which it holds"):
            inner.add_node("outer", outer)

    def test_a_run_without_entry(self) -> None:
        """Says how to name one."""
        graph = Graph("g")
        graph.add_node("a", str.upper)
        for error in every_way(graph, "x"):
            assert isinstance(error, GraphError)
            assert str(error) == "g has no entry: name the first node with set_entry"

    def test_its_repr(self) -> None:
        """Shows the nodes, and of an edge the names."""
        assert repr(support()) == "Graph('support': classify, billing, technical)"
        assert repr(Graph()) == "Graph('graph': empty)"
        assert repr(Edge(str.upper, "b", len)) == "Edge('upper', 'b', condition)"


class TestCheck:
    """What `check` finds in a graph that could be built."""

    @staticmethod
    def problems(nodes: str, *edges: str, entry: str | None = "a") -> list[str]:
        graph = Graph("g")
        for name in nodes:
            graph.add_node(name, lambda x: x)
        for source, target in edges:
            graph.add_edge(source, target, lambda _: True)
        if entry:
            graph.set_entry(entry)
        try:
            graph.check()
        except GraphError as error:
            first, *lines = str(error).splitlines()
            assert first == "g has problems:"
            return [line.strip() for line in lines]
        return []

    def test_a_sound_graph_has_none(self) -> None:
        """Also with a circle that has a way out."""
        assert self.problems("abcd", "ab", "bc", "cb", "cd") == []
        support().check()
        assert self.problems("a") == []

    def test_all_problems_are_listed_at_once(self) -> None:
        """A node that cannot be reached, and a way that cannot end."""
        assert self.problems("abcdef", "ab", "ac", "cd", "dc", "ef") == [
            "node 'e' cannot be reached from 'a'",
            "node 'f' cannot be reached from 'a'",
            "the circle c -> d -> c has no way out",
        ]

    def test_what_only_leads_into_an_endless_circle(self) -> None:
        """Is told apart from the circle itself."""
        assert self.problems("abc", "ab", "bc", "cb") == [
            "the circle b -> c -> b has no way out",
            "no terminal node can be reached from 'a'",
        ]

    def test_two_circles_are_two_problems(self) -> None:
        """And a node that leads to itself is one."""
        assert self.problems("abc", "ab", "ac", "bb", "cc") == [
            "the circle b -> b has no way out",
            "the circle c -> c has no way out",
            "no terminal node can be reached from 'a'",
        ]

    def test_an_empty_graph_and_one_without_entry(self) -> None:
        """Say what to do."""
        assert self.problems("ab", entry=None) == ["it has no entry: name the first node with set_entry"]
        with pytest.raises(GraphError, match="it has no nodes: add some with add_node"):
            Graph().check()


class TestMermaid:
    """How a graph is drawn."""

    def test_edges_and_routes_have_labels(self) -> None:
        """A route's values, a condition's name, and `otherwise`."""
        graph = Graph()
        for name in ("classify", "billing", "end", "done"):
            graph.add_node(name, lambda x: x)

        def is_open(output: str) -> bool:
            return bool(output)

        graph.route("classify", {"billing": "billing", 7: "end"}, otherwise="done")
        graph.add_edge("billing", "end", is_open)
        graph.add_edge("billing", "done")
        graph.set_entry("classify")
        assert graph.mermaid().splitlines() == [
            "flowchart TD",
            '    n0(["classify"])',
            '    n1["billing"]',
            '    n2["end"]',
            '    n3["done"]',
            '    n0 -->|"billing"| n1',
            '    n0 -->|"7"| n2',
            '    n0 -->|"otherwise"| n3',
            '    n1 -->|"is_open"| n2',
            "    n1 --> n3",
        ]

    def test_a_route_need_not_have_an_otherwise(self) -> None:
        """Then there is no arrow for it."""
        graph = chain(str.strip, str.upper)
        graph.add_node("done", str)
        graph.route("upper", {"A": "done"})
        assert graph.mermaid().splitlines()[-2:] == ["    n0 --> n1", '    n1 -->|"A"| n2']

    def test_names_cannot_break_the_syntax(self) -> None:
        """Quotes, hashes and line ends are written as entities or blanks."""
        graph = Graph()
        graph.add_node('say "hi" #1\n now', str.upper)
        assert graph.mermaid() == 'flowchart TD\n    n0["say #quot;hi#quot; #35;1 now"]'


async def _drained(graph: Graph, value: Any) -> list[tuple[str, Any]]:
    return [pair async for pair in graph.astream(value)]


def test_hooks_see_every_step() -> None:
    """Before it with its input, after it with its output, in all four ways to run; without them nothing is wrapped."""
    seen: list[tuple[str, str, Any]] = []

    async def length(text: str) -> int:
        return len(text)

    graph = Graph(
        before=lambda name, value: seen.append(("before", name, value)),
        after=lambda name, output: seen.append(("after", name, output)),
    )
    graph.add_node("strip", str.strip)
    graph.add_node("later", lambda text: length(text))
    graph.add_edge("strip", "later")
    graph.set_entry("strip")
    expected = [("before", "strip", " a "), ("after", "strip", "a"), ("before", "later", "a"), ("after", "later", 1)]
    assert asyncio.run(graph.ainvoke(" a ")) == 1
    assert seen == expected
    assert asyncio.run(_drained(graph, " a ")) == [("strip", "a"), ("later", 1)]
    assert seen == 2 * expected
    sync = Graph(after=lambda name, output: seen.append(("after", name, output)))
    sync.add_node("strip", str.strip)
    sync.set_entry("strip")
    assert sync.invoke(" b ") == "b"
    assert list(sync.stream(" c ")) == [("strip", "c")]
    assert seen[8:] == [("after", "strip", "b"), ("after", "strip", "c")]


def test_a_hook_is_told_of_an_error_and_may_stop_a_run() -> None:
    """The error comes out itself; what `before` raises keeps the node from running."""
    seen: list[tuple[str, str]] = []
    ran: list[str] = []

    def refuse(name: str, value: str) -> None:
        if value == "forbidden":
            raise PermissionError

    graph = Graph(before=refuse, on_error=lambda name, error: seen.append((name, type(error).__name__)))
    graph.add_node("parse", lambda text: ran.append(text) or int(text))
    graph.set_entry("parse")
    with pytest.raises(ValueError, match="invalid literal"):
        graph("x")
    assert seen == [("parse", "ValueError")]
    with pytest.raises(PermissionError):
        graph("forbidden")
    assert ran == ["x"]


async def _later(name: str, value: Any) -> None: ...


@pytest.mark.parametrize("hook", [_later, 5, "print"])
@pytest.mark.parametrize("option", ["before", "after", "on_error"])
def test_a_hook_is_a_plain_function(option: str, hook: Any) -> None:
    """Another one would never run, or not be awaited."""
    with pytest.raises(TypeError, match=f"{option}= must be a plain function of a node's name"):
        Graph(**{option: hook})


def _words(text: str) -> Any:
    yield from text.split()


async def _awords(text: str) -> Any:
    for word in text.split():
        yield word


def test_a_generator_node_streams_its_items() -> None:
    """One by one as they come; the node after it gets an iterator over them, as it does without a stream."""
    turn = chain(str.strip, _words, list, len)
    expected = [("strip", "a b"), ("_words", "a"), ("_words", "b"), ("list", ["a", "b"]), ("len", 2)]
    assert list(turn.stream(" a b ")) == expected
    assert asyncio.run(_drained(turn, " a b ")) == expected
    assert turn(" a b ") == 2


def test_an_async_generator_node_streams_its_items() -> None:
    """On an event loop; a sync stream says what to use."""

    async def joined(words: Any) -> str:
        return "+".join([word async for word in words])

    turn = chain(_awords, joined)
    assert asyncio.run(_drained(turn, "a b")) == [("_awords", "a"), ("_awords", "b"), ("joined", "a+b")]
    assert asyncio.run(turn("a b")) == "a+b"
    with pytest.raises(GraphError, match=r"node '_awords' gave an async stream .* use astream"):
        list(chain(_awords).stream("a b"))


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_that_is_left_closes_its_generator(is_async: bool) -> None:
    """At once, in the middle of a node; and an error within has the path."""
    closed: list[str] = []

    def tokens(text: str) -> Any:
        try:
            yield from "ab"
            raise ConnectionError
        finally:
            closed.append(text)

    async def atokens(text: str) -> Any:
        for token in tokens(text):
            yield token

    turn = chain(atokens if is_async else tokens, name="turn")

    async def leave() -> None:
        stream = turn.astream("x")
        assert await anext(stream) == ("atokens" if is_async else "tokens", "a")
        await stream.aclose()

    asyncio.run(leave())
    gc.collect()
    assert closed == ["x"]
    with pytest.raises(ConnectionError) as caught:
        asyncio.run(_drained(turn, "x"))
    assert caught.value.__notes__ == [f"turn: {'atokens' if is_async else 'tokens'}"]
