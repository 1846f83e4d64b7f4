"""Write the pages of `docs/reference` that are made from the code: one for each decorator, the API and the
command line.

    python tools/reference.py

What a page says of an option stands in the docstring of its policy, and its default in the signature; a test holds the
pages against both (tests/test_reference.py).
"""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.models import ArgumentInfo

import beluga
from beluga._cli.app import app

if TYPE_CHECKING:
    import typer

PAGES = Path(__file__).parents[1] / "docs" / "reference"
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
_SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Example|Source|Note):[ \t]*(.*)$")
_MADE = "<!-- Made by tools/reference.py: what is to be changed stands in the code. -->\n\n"


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
    told = repr(parameter.default)
    return "" if told in {"...", "NOTHING"} or "object at 0x" in told else f"`{told}`"


def kinds(policy: Any) -> str:
    """Return which functions it decorates."""
    served = [kind for kind in beluga.Kind if kind in policy.kinds]
    names = ", ".join(f"{kind.value}s" for kind in served)
    return (
        "Every kind: functions, async functions, generators and async generators." if len(served) == 4 else f"{names}."
    )


def decorator_page(name: str) -> str:
    """Return the page of one decorator."""
    decorator: Any = getattr(beluga, name)
    signature = inspect.signature(decorator)
    policy = signature.return_annotation
    if isinstance(policy, str):  # of a plain function
        policy = decorator.__globals__[policy.partition("[")[0]]
    parts = sections(inspect.getdoc(decorator) or "")
    said = {option.lstrip("*"): text for option, text in entries(parts.get("Args", "")).items()}
    rows = [
        f"| `{option.name}` | {default(option)} | {cell(said.get(option.name, ''))} |"
        for option in signature.parameters.values()
    ]
    page = [f"# @{name}\n", _MADE.strip(), "", prose(parts[""]), ""]
    page += ["## Options\n", "| option | default | meaning |", "|---|---|---|", *rows, ""]
    page += ["## Decorates\n", kinds(policy), ""]
    if "Raises" in parts:
        page += ["## Raises\n", "| error | when |", "|---|---|"]
        page += [f"| `{error}` | {cell(text)} |" for error, text in entries(parts["Raises"]).items()] + [""]
    wrong = policy.belongs_inside
    if isinstance(wrong, Mapping) and wrong:
        page += [
            "## Stands inside\n",
            "`explain` warns where it stands outside of one of these.\n",
            "| of | else |",
            "|---|---|",
        ]
        page += [f"| `@{other}` | {why} |" for other, why in wrong.items()] + [""]
    if "Example" in parts:
        page += ["## Example\n", "```pycon", parts["Example"], "```", ""]
    if "Source" in parts:
        page += [f"Source: {prose(' '.join(parts['Source'].split()))}", ""]
    return "\n".join(page).rstrip() + "\n"


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
            words = ", ".join(f"`{each}`" for each in names or [f"--{parameter.name.replace('_', '-')}"])
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
    made[PAGES / "command_line.md"] = command_line_page()
    return made


if __name__ == "__main__":
    for path, text in pages().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
