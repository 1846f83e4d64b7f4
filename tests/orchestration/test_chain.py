"""How nodes follow each other in a chain."""

from __future__ import annotations

import asyncio

import pytest

from beluga.orchestration import Scatter, chain


def test_each_node_gets_the_output_of_the_one_before() -> None:
    """From left to right."""
    assert chain(str.strip, str.split, len)(" three plain words ") == 3


def test_every_node_may_ask_for_the_original() -> None:
    """It is what the chain was given."""

    def answer(documents: list[str], original: str) -> str:
        return f"{original}: {' and '.join(documents)}"

    turn = chain(str.upper, Scatter(str.title, str.lower), answer)
    assert turn("a tale") == "a tale: A Tale and a tale"
    assert asyncio.run(turn.ainvoke("a tale")) == turn.invoke("a tale")


def test_the_same_function_may_come_twice() -> None:
    """Its second node has a number."""
    assert [name for name, _ in chain(len, str, len, str).stream("abc")] == ["len", "str", "len_2", "str_2"]


def test_a_chain_may_be_longer_than_the_bound_of_graphs() -> None:
    """It has no circles, so it needs no bound."""
    assert chain(*[lambda n: n + 1] * 250)(0) == 250


def test_a_chain_is_a_graph() -> None:
    """It can be checked and drawn, and has a name."""
    turn = chain(str.strip, str.upper, name="turn")
    turn.check()
    assert repr(turn) == "Graph('turn': strip, upper)"
    assert turn.mermaid().splitlines()[-1] == "    n0 --> n1"


def test_an_empty_chain_is_refused() -> None:
    """There is nothing to call."""
    with pytest.raises(ValueError, match="at least one node"):
        chain()


def test_a_node_that_is_not_callable_is_refused() -> None:
    """When the chain is made."""
    with pytest.raises(TypeError, match="must be callable"):
        chain(str.strip, "upper")
