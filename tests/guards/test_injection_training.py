"""What the injection model is trained with: the templates and the documents."""

from __future__ import annotations

import pathlib
import re
import zipfile

import injection_templates as templates
from injection_documents import documents
from injection_templates import examples


def grammars() -> dict[str, dict[str, list[str]]]:
    """Every grammar that texts are written with, by name."""
    grammar = {
        "attack": templates.parse(templates.WORDS, templates.ATTACK),
        "harmless": templates.parse(templates.WORDS, templates.HARMLESS),
    }
    grammar["spoken"] = templates.parse(templates.WORDS, templates.SERVICE, templates.INSTRUCTIONS)
    grammar["planted"] = templates.parse(templates.WORDS, templates.ATTACK, templates.INSERTED)
    for lang, block in templates.FOREIGN.items():
        grammar[f"{lang} dialogues"] = templates.parse(templates.WORDS, templates._SHARED, "day: 1", block)
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


def test_dialogues_of_service_are_long_and_whole() -> None:
    """A dialogue has at least four turns and leaves no slot open."""
    spoken = [example.text for example in examples() if example.family == "dialogue"]
    assert len(spoken) > 500
    assert not any(re.search(r"\{\w+\}", text) for text in spoken)
    assert all(len(text.split("? ")) + text.count("\n") + text.count(" / ") >= 2 for text in spoken)


def test_documents_are_chosen_alike_each_time_and_prompts_are_cut_out(tmp_path: pathlib.Path) -> None:
    """A wheel gives its pages and the long texts inside its code, and none of its docstrings."""
    prompt = "You are an assistant. " + "Answer the question below with what the context says. " * 6
    code = f'"""{"A docstring that explains a module at length. " * 9}"""\nPROMPT = """{prompt}"""\n'
    with zipfile.ZipFile(tmp_path / "tool-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tool/prompts.py", code)
        wheel.writestr("tool/GUIDE.md", "# Guide\n" + "Install it, then run it. " * 30)
    found = [d for d in documents(tmp_path.glob("*.whl")) if d.package == "tool"]
    assert sorted(d.kind for d in found) == ["md", "prompt", "py"]
    assert next(d.text for d in found if d.kind == "prompt") == prompt.strip()
    assert found == [d for d in documents(tmp_path.glob("*.whl")) if d.package == "tool"]
