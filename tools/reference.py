"""Write the pages that are made from the code: one for each decorator, their order, the API and the command line.

    python tools/reference.py

What a page says of an option stands in the docstring of its policy, and its default in the signature; what no
code can tell, such as when not to use it, in ``decorators.toml``, and what it costs in the table of the benchmarks. A
test holds the pages against all of them (tests/test_reference.py).
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from typer.models import ArgumentInfo

import beluga
from beluga._cli.app import app

sys.path.insert(0, str(Path(__file__).parent))
from diagrams import diagram, legend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import typer

DOCS = Path(__file__).parents[1] / "docs"
PAGES = DOCS / "reference"
DECORATORS = (
    "retry",
    "breaker",
    "rate_limited",
    "bulkhead",
    "hedge",
    "budget",
    "cached",
    "fallback",
    "guarded",
    "structured",
    "traced",
)
MODULES = (
    "beluga",
    "beluga.guards",
    "beluga.llm",
    "beluga.schema",
    "beluga.prompt",
    "beluga.prices",
    "beluga.orchestration",
    "beluga.config",
    "beluga.stores",
    "beluga.telemetry",
    "beluga.logs",
    "beluga.masking",
    "beluga.events",
    "beluga.errors",
    "beluga.testing",
)
NOTES: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("decorators.toml").read_text(encoding="utf-8"))
_LIKE = {
    "retry": beluga.RetryPolicy(),
    "rate_limited": beluga.RateLimiter(1),
    "bulkhead": beluga.Bulkhead(1),
    "cached": beluga.Cache(ttl=1),
}
"""One of each policy whose place depends on its options, as it is without any."""
COMPARED = {
    "retry": "retry",
    "breaker": "breaker",
    "rate limit": "rate_limited",
    "rate limit, with a key": "rate_limited, keyed",
    "time budget": "budget",
    "all six decorators": "six decorators",
    "the refusal of an open circuit, to a bare `raise`": "refusal by an open circuit, caught",
    "a recorded span, to one opened by hand": "traced, recording",
    "a graph of two nodes, to plain awaits": "graph, two nodes executed",
}
"""What README compares, and the rows of the benchmarks that say it."""
SAID = {
    "explanation/benchmarks.md": {"Each layer adds the same": "a layer in a stack of 9, against one of 5"},
    "explanation/design.md": {"decorators on one function cost": "six decorators, sync"},
    "how-to/hedge-slow-calls.md": {"without waiting costs": "hedge, async"},
    "questions.md": {"Six together add": "six decorators, sync", "around an async function": "six decorators, async"},
}
"""The words behind which a page says what a row adds, in microseconds."""
_SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example|Source|Note):[ \t]*(.*)$")
_PICKER = Path(__file__).with_name("order.html").read_text(encoding="utf-8").strip()
_MADE = "<!-- Made by tools/reference.py: what is to be changed stands in the code. -->\n\n"


class Measured(NamedTuple):
    """What a row of the benchmarks says."""

    floor: str
    takes: str
    ratio: str
    peers: str


def sections(docstring: str) -> dict[str, str]:
    """Return the parts of a docstring by their headings; what comes before them under ''."""
    found: dict[str, list[str]] = {"": []}
    current = ""
    for line in docstring.splitlines():
        heading = _SECTION.match(line)
        if heading:
            current = heading[1]
            found[current] = [heading[2]] if heading[2] else []
        else:
            found[current].append(line)
    return {name: textwrap.dedent("\n".join(lines)).strip("\n") for name, lines in found.items()}


def entries(text: str) -> dict[str, str]:
    """Return what a section says of each name."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        entry = re.match(r"(\*{0,2}\w+): (.*)", line)
        if entry:
            name = entry[1]
            found[name] = entry[2]
        elif name:
            found[name] += " " + line.strip()
    return found


def prose(text: str) -> str:
    """Return a docstring's text as Markdown."""
    return re.sub(r"``([^`]+)``", r"`\1`", text).strip()


def cell(text: str) -> str:
    """Return text that fits into one cell of a table."""
    return prose(" ".join(text.split())).replace("|", "\\|")


def default(parameter: inspect.Parameter) -> str:
    """Return how a default is written."""
    if parameter.default is parameter.empty:
        return "" if parameter.kind is parameter.VAR_POSITIONAL else "required"
    if parameter.default in {beluga.TRANSIENT, tuple(sorted(beluga.TRANSIENT))}:
        return "`TRANSIENT`"
    told = repr(parameter.default)
    return "" if told in {"...", "NOTHING"} or "object at 0x" in told else f"`{told}`"


def policy_of(name: str) -> Any:
    """Return the class of a decorator's policy."""
    decorator: Any = getattr(beluga, name)
    policy = inspect.signature(decorator).return_annotation
    return decorator.__globals__[policy.partition("[")[0]] if isinstance(policy, str) else policy  # of a plain function


def stands_inside(name: str) -> Mapping[str, str]:
    """Return inside of which decorators it belongs, each with what is wrong otherwise."""
    found = (_LIKE.get(name) or policy_of(name)).belongs_inside
    return {other: why for other, why in found.items() if other != name}


def table(heads: str, rows: list[str]) -> list[str]:
    """Return a table in Markdown."""
    return [f"| {heads} |", "|" + "---|" * (heads.count("|") + 1), *rows, ""]


def kinds(name: str) -> list[str]:
    """Return what it does to each kind of function."""
    said = NOTES[name]
    named = (("a function", "function"), ("an async function", "async"), ("a generator", "generator"))
    rows = [f"| {kind} | {said[key]} |" for kind, key in (*named, ("an async generator", "async_generator"))]
    return ["## What it does to each kind\n", *table("decorated | what happens", rows)]


def measured() -> Mapping[str, Measured]:
    """Return the rows of the last benchmark run, as its page shows them."""
    page = (DOCS / "explanation" / "benchmarks.md").read_text(encoding="utf-8")
    cells = [[each.strip() for each in line.strip("|").split("|")] for line in page.splitlines() if line[:2] == "| "]
    return {row[0]: Measured(row[1], row[2], row[3], row[5]) for row in cells if len(row) == 7}


def costs(name: str) -> list[str]:
    """Return what it costs, as it was measured last."""
    found = {row: measured()[row] for row in NOTES[name]["rows"] if row in measured()}
    rows = [f"| {what} | {row.takes} | {row.ratio} | {row.peers} |" for what, row in found.items()]
    text = (
        "[The benchmarks](../../explanation/benchmarks.md) say what the floors are: mostly a closure that only calls."
    )
    return ["## Cost\n", text, "", *table("what | takes | to its floor | peers", rows)] if rows else []


def comparison() -> str:
    """Return the table of README: ratios of the last run, rounded, beside those of the peers."""
    found = measured()
    rows: list[str] = []
    for shown, row in COMPARED.items():
        pair = [found[each] for each in (f"{row}, sync", f"{row}, async") if each in found] or [found[row]]
        peers: dict[str, list[str]] = {}
        for each, kind in zip(pair, ("", " (async)"), strict=False):
            for name, ratio in re.findall(r"(\S+) ([\d.]+)x", each.peers):
                known = peers.setdefault(name.replace("+", " + "), [])
                known.append(rounded(ratio) + ("" if known else kind))
        told = ", ".join(f"{name} {' / '.join(ratios)}" for name, ratios in peers.items())
        rows.append(f"| {shown} | {' / '.join(rounded(each.ratio) for each in pair)} | {told} |")
    return "\n".join(table("a healthy call through | beluga, sync / async | peers", rows))


def rounded(ratio: str) -> str:
    """Return a ratio as people say it."""
    figure = float(ratio.removesuffix("x"))
    return f"{figure:.0f}x" if figure >= 10 else f"{figure:.1f}x"


def said(page: str, figures: Mapping[str, str]) -> str:
    """Return a page with what its sentences say of the last run."""
    text = (DOCS / page).read_text(encoding="utf-8")
    for words, row in figures.items():
        # A layer's cost is a difference already; all else is told less the call that is made anyway.
        floor = 0.0 if row.startswith("a layer") else float(measured()[row].floor.removesuffix(" ns"))
        adds = float(measured()[row].takes.removesuffix(" ns")) - floor
        pattern = r"\s+".join(map(re.escape, words.split()))
        text, found = re.subn(rf"({pattern}\s+)[\d.]+(\s+us\b)", rf"\g<1>{adds / 1000:.1f}\g<2>", text)
        if found != 1:
            message = f"{page} says {found} times and not once: {words} ... us"
            raise LookupError(message)
    return text


def replaced(path: Path, made: str) -> str:
    """Return a page with `made` in place of what is made in it."""
    begin, end = (f"<!-- {word}: made by tools/reference.py -->" for word in ("begin", "end"))
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    if not found:
        message = f"{path} has no line {begin}"
        raise LookupError(message)
    return f"{before}{begin}\n\n{made}\n{end}{rest.partition(end)[2]}"


def decorator_page(name: str) -> str:
    """Return the page of one decorator."""
    decorator: Any = getattr(beluga, name)
    parts = sections(inspect.getdoc(decorator) or "")
    notes = NOTES[name]
    said = {option.lstrip("*"): text for option, text in entries(parts.get("Args", "")).items()}
    options = [
        f"| `{option.name}` | {default(option)} | {cell(said.get(option.name, ''))} |"
        for option in inspect.signature(decorator).parameters.values()
    ]
    page = [f"# @{name}\n", _MADE.strip(), "", prose(parts[""]), ""]
    page += [
        f'<div class="states">\n{diagram(name, notes["states"], notes["arrows"])}\n</div>',
        "",
        *legend(notes["arrows"]),
        "",
    ]
    page += ["## Options\n", *table("option | default | meaning", options)]
    page += kinds(name)
    if "Raises" in parts:
        rows = [f"| `{error}` | {cell(text)} |" for error, text in entries(parts["Raises"]).items()]
        page += ["## Raises\n", *table("error | when", rows)]
    page += ["## With other decorators\n", *(f"- {line}" for line in notes["together"]), ""]
    wrong = [f"| `@{other}` | {why} |" for other, why in stands_inside(name).items()]
    if wrong:
        page += ["`explain` warns where it stands outside of one of these ([why](../../explanation/order.md)):\n"]
        page += table("outside of | because", wrong)
    page += ["## When not to use it\n", *(f"- {line}" for line in notes["avoid"]), ""]
    page += ["## Mistakes\n"]
    page += table("seen | what comes of it | better", [f"| {' | '.join(row)} |" for row in notes["mistakes"]])
    page += costs(name)
    if "Example" in parts:
        page += ["## Example\n", "```pycon", parts["Example"], "```", ""]
    if "Source" in parts:
        page += [f"Source: {prose(' '.join(parts['Source'].split()))}", ""]
    return "\n".join(page).rstrip() + "\n"


def orders() -> str:
    """Return what is told of the order of decorators, and of any two of them."""
    order = dict(NOTES["order"])
    wrong = {f"{name}/{other}": why for name in order for other, why in stands_inside(name).items()}
    data = {"order": order, "wrong": wrong, "pairs": NOTES["pairs"]}
    made = table("from outside | why there", [f"| `{name}` | {why} |" for name, why in order.items()])
    made += ["## Pick two", "", _PICKER.replace("DATA", json.dumps(data, indent=0)), "", "What `explain` warns of:", ""]
    warned = [f"| `@{pair.replace('/', '` outside `@')}` | {why} |" for pair, why in wrong.items()]
    return "\n".join([*made, *table("outside of the other | since", warned)])


def api_page() -> str:
    """Return the list of what is public, each with its first sentence."""
    page = ["# The API\n", _MADE.strip(), "", "Every public name, by the module from which it is imported.", ""]
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        page += [f"## {module_name}\n", "| name | what it is |", "|---|---|"]
        for name in sorted(module.__all__, key=str.lower):
            value = getattr(module, name)
            if inspect.ismodule(value) or name.startswith("__"):
                continue
            page.append(f"| `{name}` | {cell(first_sentence(value))} |")
        page.append("")
    return "\n".join(page).rstrip() + "\n"


def command_line_page() -> str:
    """Return what each command of ``beluga`` does, takes and exits with."""
    page = [
        "# The command line\n",
        _MADE.strip(),
        "",
        'It comes with the extra `cli`: `pip install "beluga-ai[cli]"`.',
        "",
    ]
    page += ["`beluga --version` prints the version, `beluga --install-completion` teaches the shell the commands.", ""]
    for name, function in sorted(commands("beluga", app)):
        arguments: list[str] = []
        options: list[str] = []
        for parameter in inspect.signature(function, eval_str=True).parameters.values():
            told = parameter.annotation.__metadata__[0]
            if isinstance(told, ArgumentInfo):
                metavar = told.metavar or parameter.name.upper()
                arguments.append(metavar if parameter.default is inspect.Parameter.empty else f"[{metavar}]")
                continue
            # In an annotation, typer keeps the first name of an option where its default would stand.
            names = [each for each in (told.default, *(told.param_decls or ())) if isinstance(each, str)]
            names = names or [f"--{parameter.name.replace('_', '-')}"]
            if parameter.default is inspect.Parameter.empty:
                arguments.append(f"{names[0]} {told.metavar or parameter.name.upper()}")
            words = ", ".join(f"`{each}`" for each in names)
            shown = "" if parameter.default in {None, False} else default(parameter)
            options.append(f"| {words} | {cell(told.help or '')} | {shown} |")
        page += [f"## {name}\n", inspect.getdoc(function) or "", "", "```sh", " ".join([name, *arguments]), "```", ""]
        if options:
            page += ["| option | what it does | default |", "|---|---|---|", *options, ""]
    return "\n".join(page).rstrip() + "\n"


def commands(above: str, group: typer.Typer) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the name of each command and the function behind it."""
    for each in group.registered_commands:
        if each.callback is not None:
            yield f"{above} {each.name or each.callback.__name__}", each.callback
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from commands(f"{above} {inner.name}", inner.typer_instance)


def assistants_page() -> str:
    """Return ``llms.txt``: each page of the navigation with what it begins with, as https://llmstxt.org has it."""
    site = tomllib.loads((DOCS.parent / "zensical.toml").read_text(encoding="utf-8"))["project"]
    lines = [f"# {site['site_name']}", "", f"> {site['site_description']}", ""]
    lines += ["`beluga/SKILL.md` in the wheel says in one page how to decorate, order and test."]
    for entry in site["nav"]:
        for title, inner in entry.items():
            lines += ["", f"## {title}", "", *(_listed(path) for path in _leaves(inner))]
    return "\n".join(lines) + "\n"


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for each in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(each)


def _listed(path: str) -> str:
    text = (DOCS / path).read_text(encoding="utf-8")
    title = next(line.removeprefix("# ") for line in text.splitlines() if line.startswith("# "))
    # The first paragraph that is prose; of a page that begins with code, its headings.
    blocks = re.sub(r"<!--.*?-->|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE).split("\n\n")
    plain = (" ".join(block.split()) for block in blocks)
    told = next((block for block in plain if block and block[0] not in "#|<-*>:"), "")
    told = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", told)
    first = re.split(r"(?<=[.?!:])\s", told, maxsplit=1)[0].rstrip(":")
    return f"- [{title}]({path.removesuffix('.md')}.html): {first}"


def first_sentence(value: Any) -> str:
    """Return how a docstring begins; of a value that has none, its type."""
    own = inspect.getdoc(value) if callable(value) or inspect.isclass(value) else None
    if not own:
        return f"A `{type(value).__name__}`."
    return re.split(r"(?<=[.?!])\s", " ".join(sections(own)[""].split()), maxsplit=1)[0]


def pages() -> dict[Path, str]:
    """Return what each page holds."""
    made = {PAGES / "decorators" / f"{name}.md": decorator_page(name) for name in DECORATORS}
    made[PAGES / "api.md"] = api_page()
    made[DOCS / "llms.txt"] = assistants_page()
    for path, text in ((DOCS / "explanation" / "order.md", orders()), (DOCS.parent / "README.md", comparison())):
        made[path] = replaced(path, text)
    made[PAGES / "command_line.md"] = command_line_page()
    return made | {DOCS / page: said(page, figures) for page, figures in SAID.items()}


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
