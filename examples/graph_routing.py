"""Route a request by what a classifier says, with the customer's own words still at hand in the handler.

Run it with ``python examples/graph_routing.py``; it needs no network and no key.
"""

from __future__ import annotations

from beluga import GraphError
from beluga.orchestration import Edge, Graph

graph = Graph("support")


@graph.node(entry=True)
def classify(text: str) -> str:
    lowered = text.lower()
    if "billing" in lowered or "invoice" in lowered:
        return "billing"
    return "technical" if "error" in lowered else "unknown"


@graph.node
def billing(label: str, original: str) -> str:
    # `label` is the classifier's word, `original` what the customer wrote.
    return f"Billing team will handle your request: {original!r}"


@graph.node
def technical(label: str, original: str) -> str:
    return f"Technical support is looking into this: {original!r}"


graph.add_edge(Edge("classify", "billing", lambda label: label == "billing"))
graph.add_edge(Edge("classify", "technical", lambda label: label == "technical"))


def main() -> None:
    graph.check()
    print(graph.invoke("I have a billing issue with my invoice"))
    for name, output in graph.stream("There is an error on my screen"):
        print(f"{name}: {output}")
    try:
        graph.invoke("Where are your offices?")
    except GraphError as error:
        print(f"{error}\n  path: {error.__notes__[0]}")
    print(graph.mermaid())


if __name__ == "__main__":
    main()
