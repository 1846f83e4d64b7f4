"""Today's graph libraries, set up for the same two nodes and for the same ten branches."""

from __future__ import annotations

import operator
import os
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from benchmarks.graph_subjects import BRANCHES, TEXT, billing, branch, classify

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Run = Callable[[], Awaitable[Any]]

__all__ = ["GRAPHS", "SCATTERS"]

os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")


def _langgraph() -> Run:
    from langgraph.graph import END, START, StateGraph

    async def first(state: dict[str, Any]) -> dict[str, Any]:
        return {"label": await classify(state["text"])}

    async def second(state: dict[str, Any]) -> dict[str, Any]:
        return {"text": await billing(state["label"])}

    graph = StateGraph(TypedDict("State", {"text": str, "label": str}))
    graph.add_node("classify", first)
    graph.add_node("billing", second)
    graph.add_edge(START, "classify")
    graph.add_conditional_edges("classify", lambda state: state["label"], {"billing": "billing"})
    graph.add_edge("billing", END)
    compiled = graph.compile()
    return lambda: compiled.ainvoke({"text": TEXT, "label": ""})


def _pydantic_graph() -> Run:
    from pydantic_graph import GraphBuilder

    builder = GraphBuilder(input_type=str, output_type=str)

    @builder.step
    async def first(context: Any) -> str:
        return await classify(context.inputs)

    @builder.step
    async def second(context: Any) -> str:
        return await billing(context.inputs)

    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).to(second),
        builder.edge_from(second).to(builder.end_node),
    )
    graph = builder.build()
    return lambda: graph.run(inputs=TEXT)


def _burr() -> Run:
    from burr.core import ApplicationBuilder, State, action, when

    @action(reads=["text"], writes=["label"])
    async def first(state: State) -> State:
        return state.update(label=await classify(state["text"]))

    @action(reads=["label"], writes=["answer"])
    async def second(state: State) -> State:
        return state.update(answer=await billing(state["label"]))

    def run() -> Awaitable[Any]:
        # An application keeps its place, so each run needs one of its own.
        builder = ApplicationBuilder().with_actions(classify=first, billing=second)
        builder = builder.with_transitions(("classify", "billing", when(label="billing")))
        return builder.with_state(text=TEXT).with_entrypoint("classify").build().arun(halt_after=["billing"])

    return run


def _haystack() -> Run:
    from haystack import Pipeline, component

    @component
    class First:
        @component.output_types(label=str)
        def run(self, text: str) -> dict[str, str]:
            return {"label": "billing"}

    @component
    class Second:
        @component.output_types(answer=str)
        def run(self, label: str) -> dict[str, str]:
            return {"answer": "done"}

    pipeline = Pipeline()
    pipeline.add_component("classify", First())
    pipeline.add_component("billing", Second())
    pipeline.connect("classify.label", "billing.label")

    async def run() -> Any:
        return pipeline.run({"classify": {"text": TEXT}})

    return run


def _langgraph_scatter() -> Run:
    from langgraph.graph import END, START, StateGraph

    async def run(state: dict[str, Any]) -> dict[str, Any]:
        return {"found": [await branch(state["text"])]}

    graph = StateGraph(TypedDict("State", {"text": str, "found": Annotated[list[str], operator.add]}))
    for name in map(str, range(BRANCHES)):
        graph.add_node(name, run)
        graph.add_edge(START, name)
        graph.add_edge(name, END)
    compiled = graph.compile()
    return lambda: compiled.ainvoke({"text": TEXT, "found": []})


def _pydantic_graph_scatter() -> Run:
    from pydantic_graph import GraphBuilder, reduce_list_append

    builder = GraphBuilder(input_type=str, output_type=list[str])

    async def run(context: Any) -> str:
        return await branch(context.inputs)

    steps = [builder.step(run, node_id=str(index)) for index in range(BRANCHES)]
    join = builder.join(reduce_list_append, initial_factory=list[str])
    builder.add(
        builder.edge_from(builder.start_node).to(*steps),
        builder.edge_from(*steps).to(join),
        builder.edge_from(join).to(builder.end_node),
    )
    graph = builder.build()
    return lambda: graph.run(inputs=TEXT)


def _haystack_scatter() -> Run:
    from haystack import Pipeline, component

    @component
    class Branch:
        @component.output_types(text=str)
        def run(self, text: str) -> dict[str, str]:
            return {"text": text}

        @component.output_types(text=str)
        async def run_async(self, text: str) -> dict[str, str]:
            return {"text": await branch(text)}

    pipeline, inputs = Pipeline(), {str(index): {"text": TEXT} for index in range(BRANCHES)}
    for name in inputs:
        pipeline.add_component(name, Branch())
    return lambda: pipeline.run_async(inputs, concurrency_limit=BRANCHES)


GRAPHS: dict[str, Callable[[], Run]] = {
    "langgraph": _langgraph,
    "pydantic_graph": _pydantic_graph,
    "burr": _burr,
    "haystack": _haystack,
}
"""By the module's name, makers of a run of two nodes; what can be built once is built once."""

SCATTERS: dict[str, Callable[[], Run]] = {
    "langgraph": _langgraph_scatter,
    "pydantic_graph": _pydantic_graph_scatter,
    "haystack": _haystack_scatter,
}
"""The same for ten branches; burr's parallel actions need its tracking extra, which is an application of its own."""
