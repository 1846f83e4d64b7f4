"""What trains the injection model: the templates and the regression."""

from __future__ import annotations

import math
import pathlib
import re
from array import array

import injection_templates as templates
import pytest
from injection_templates import examples
from logistic import Bag, fit


def grammars() -> dict[str, dict[str, list[str]]]:
    """Every grammar that texts are written with, by name."""
    grammar = {
        "attack": templates.parse(templates.WORDS, templates.ATTACK),
        "harmless": templates.parse(templates.WORDS, templates.HARMLESS),
    }
    for lang, block in templates.LANGUAGES.items():
        grammar[lang] = templates.parse(templates.WORDS, block, templates.LURES[lang])
    return grammar


def test_every_slot_of_every_grammar_can_be_filled() -> None:
    """A slot without alternatives would stop the training when it is drawn."""
    for name, grammar in grammars().items():
        lines = " ".join(line for alternatives in grammar.values() for line in alternatives)
        assert set(re.findall(r"\{(\w+)\}", lines)) <= set(grammar), name


def test_examples_are_the_same_each_time_and_never_repeat() -> None:
    """The same seed gives the same texts, each of them once, and no slot stays open."""
    texts = [example.text for example in examples()]
    assert texts == [example.text for example in examples()]
    assert len(set(texts)) == len(texts)
    assert all(texts)


def test_no_harmless_text_held_out_is_among_the_examples() -> None:
    """False alarms on trigger words are measured on texts that nothing was learnt from."""
    held_out = set(
        (pathlib.Path(__file__).parent / "data" / "trigger_words.txt").read_text("utf8").lower().splitlines()
    )
    assert not held_out & {example.text.lower() for example in examples()}


def test_regression_finds_the_point_where_the_slope_is_zero() -> None:
    """With one feature the best weight and bias are known in closed form."""
    bags = [Bag(array("L", [0]), 1.0)] * 4 + [Bag(array("L"), 1.0)] * 4
    labels = [True, True, True, False, True, False, False, False]
    (weight,), bias = fit(bags, labels, [1.0] * 8, [0.0])
    assert bias == pytest.approx(math.log(1 / 3), abs=1e-3)
    assert bias + weight == pytest.approx(math.log(3), abs=1e-3)


def test_penalty_makes_weights_smaller() -> None:
    """A feature that costs more says less."""
    bags = [Bag(array("L", [0]), 1.0), Bag(array("L", [1]), 1.0), Bag(array("L"), 1.0)]
    (cheap, dear), _ = fit(bags, [True, True, False], [1.0] * 3, [0.1, 1.0])
    assert cheap > dear > 0.0
