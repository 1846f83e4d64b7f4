"""The pages that are made from the code are those of the code, and every page can be found."""

from __future__ import annotations

import importlib.resources
import inspect
import itertools
import re
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

import beluga

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
"""All but the table that a run of the benchmarks keeps, which is a part of a page."""
sys.path.insert(0, str(ROOT / "tools"))
reference = pytest.importorskip("reference")
sys.path.pop(0)


@pytest.mark.parametrize("path", reference.pages(), ids=lambda path: path.stem)
def test_a_page_says_what_the_code_says(path):
    """Options, defaults and meanings are those of the signature and the docstring."""
    assert path.read_text(encoding="utf-8") == reference.pages()[path], "make it anew: python tools/reference.py"


def test_the_command_that_checks_everything_is_the_one_that_is_told():
    """Who runs README's command sees what the machine that decides over a change sees."""
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert f"```sh\n{command}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_extra_that_a_page_names_can_be_installed():
    """Pip warns of one that there is not, and installs nothing for it."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    texts = [path.read_text(encoding="utf-8") for path in (*PAGES, ROOT / "README.md")]
    named = {name for text in texts for each in re.findall(r"beluga-ai\[([\w,]+)\]", text) for name in each.split(",")}
    assert {"celery", "redis"} <= named <= extras.keys()


@pytest.mark.parametrize("name", reference.DECORATORS)
def test_every_option_has_a_meaning(name):
    """An option that no docstring tells of would be an empty cell."""
    page = reference.decorator_page(name)
    for option in inspect.signature(getattr(beluga, name)).parameters:
        assert re.search(rf"^\| `{option}` \| [^|]* \| .+ \|$", page, re.MULTILINE), option


def test_the_order_that_is_told_is_one_that_explain_does_not_warn_of():
    """All decorators in the order of the page, from outside."""
    names = [name for name, _ in reference.NOTES["order"]]
    assert set(names) == set(reference.DECORATORS)
    for inner, outer in itertools.combinations(reversed(names), 2):
        assert inner not in reference.stands_inside(outer), f"{outer} is told to stand outside of {inner}"


def test_what_is_said_of_a_pair_is_of_two_decorators():
    """A name that is misspelt would never be shown."""
    for pair in reference.NOTES["pairs"]:
        outer, inner = pair.split("/")
        assert {outer, inner} <= set(reference.DECORATORS)
        assert outer != inner


@pytest.mark.parametrize("name", reference.DECORATORS)
def test_a_drawing_shows_what_is_said_of_its_states(name):
    """It is XML that needs nothing from elsewhere, with a text for each arrow."""
    notes = reference.NOTES[name]
    drawn = ElementTree.fromstring(reference.diagram(name, notes["states"], notes["arrows"]))
    assert sum(each.tag.endswith("path") and "marker-end" in each.attrib for each in drawn.iter()) == len(
        notes["arrows"]
    )
    assert not [value for each in drawn.iter() for value in each.attrib.values() if "//" in value]
    assert len(reference.legend(notes["arrows"])) == len(notes["arrows"])


def test_every_page_stands_in_the_navigation():
    """And nothing else does."""
    listed = set(re.findall(r'"([\w/.-]+\.md)"', (ROOT / "zensical.toml").read_text(encoding="utf-8")))
    assert listed == {str(path.relative_to(DOCS)) for path in PAGES}


def _anchors(page):
    """Return the names by which the site's headings of a page are reached."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def test_every_link_between_pages_leads_somewhere():
    """To a page, and to a heading of it that is there."""
    links = [
        (page, target, heading)
        for page in PAGES
        for target, heading in re.findall(r"\]\(([^)#:\s]*\.md)?(?:#([^)\s]*))?\)", page.read_text(encoding="utf-8"))
        if target or heading
    ]
    assert len(links) > 100
    assert sum(bool(heading) for _, _, heading in links) > 10
    for page, target, heading in links:
        there = (page.parent / target) if target else page
        assert there.exists(), (page, target)
        assert not heading or heading in _anchors(there), (page, target, heading)


def test_the_skill_is_in_the_package_and_tells_of_every_decorator():
    """An assistant reads it from the wheel; a decorator that it does not name is one it does not use."""
    skill = importlib.resources.files("beluga").joinpath("SKILL.md").read_text(encoding="utf-8")
    head, body = skill.removeprefix("---\n").split("\n---\n", 1)
    assert re.search(r"^name: beluga$", head, re.MULTILINE)
    assert re.search(r"^description: .{40,}$", head, re.MULTILINE)
    order = re.findall(r"`(\w+)`", body.partition("## Order, from outside")[2].partition("the function")[0])
    assert order == [name for name, _ in reference.NOTES["order"]]


def test_the_list_for_assistants_has_every_page_with_a_sentence():
    """A link without words would have to be opened to know what it is."""
    listed = re.findall(r"^- \[.+\]\((.+)\.html\): (.+)$", reference.assistants_page(), re.MULTILINE)
    assert {f"{path}.md" for path, _ in listed} == {str(path.relative_to(DOCS)) for path in PAGES}
    assert not [path for path, sentence in listed if len(sentence) < 15]


ASKED = {
    "give a 429 to my client": "how-to/fastapi-in-production.md",
    "what happens to a stream when the budget ends": "reference/decorators/budget.md",
    "workers share a limit": "how-to/more-than-one-process.md",
    "which order decorators": "explanation/order.md",
    "test a retry without waiting": "tutorial/first-test.md",
    "keep api keys out of logs": "how-to/log-without-secrets.md",
    "limit cost in dollars": "how-to/bound-costs.md",
    "use the openai sdk": "how-to/use-the-real-sdks.md",
    "trace celery": "how-to/trace-across-services.md",
    "redact names": "how-to/redact-personal-data.md",
    "share a rate limit between uvicorn workers": "how-to/more-than-one-process.md",
    "which order should my decorators have": "explanation/order.md",
    "test without sleeping": "how-to/test-without-waiting.md",
    "limit money per customer": "how-to/bound-costs.md",
    "hide api keys in logs": "how-to/log-without-secrets.md",
    "timeout per attempt": "how-to/survive-failures.md",
    "retry only on timeout": "reference/decorators/retry.md",
    "custom exception retry": "reference/decorators/retry.md",
    "use with langchain": "coming-from/langchain-callbacks.md",
    "does hedge work with sync functions": "reference/decorators/retry.md",
    "health of a circuit": "how-to/fastapi-in-production.md",
    "cache answers between processes": "how-to/cache-answers.md",
    "injection documents": "how-to/answer-from-documents.md",
    "celery retried": "how-to/work-in-the-background.md",
    "mask email in a stream": "how-to/redact-personal-data.md",
    "pytest fixture network": "how-to/test-without-waiting.md",
    "disable decorators in tests": "how-to/test-without-waiting.md",
    "log retries": "how-to/log-with-your-library.md",
    "max_retries openai": "how-to/use-the-real-sdks.md",
    "redis down": "how-to/more-than-one-process.md",
}
"""Ten questions, written before the pages were, twenty that were typed into the search later, and who answers them."""


@pytest.mark.parametrize("question", ASKED)
def test_a_question_finds_its_page(question):
    """The site's search wants each word, or a beginning of one, in the same section of a page."""
    found: list[str] = []
    for page in PAGES:
        for section in re.split(r"^(?=#+ )", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
            words = {word.lower() for word in re.split(r"\W+", section)}
            if all(any(word.startswith(asked) for word in words) for asked in question.split()):
                links = re.findall(r"\]\(([\w/.-]+\.md)", section)
                found += [
                    str(page.relative_to(DOCS)),
                    *(str((page.parent / link).resolve().relative_to(DOCS)) for link in links),
                ]
    assert ASKED[question] in found
