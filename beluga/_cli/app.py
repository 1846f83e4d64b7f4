"""The command line: it parses and calls; what a command does is in its own module."""

from __future__ import annotations

import contextlib
import io
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from beluga._cli.demo import demo
from beluga._cli.output import Format  # noqa: TC001 - typer reads the annotations
from beluga._version import __version__

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    help="Every production concern of an LLM application as one decorator on a plain function.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they may hold customers' texts
)
config: typer.Typer = typer.Typer(
    help="Look at a configuration file with an application's schema.", no_args_is_help=True
)
store: typer.Typer = typer.Typer(help="Look at the server that processes share limits on.", no_args_is_help=True)
fake: typer.Typer = typer.Typer(help="Stand in for a provider of models.", no_args_is_help=True)
app.add_typer(config, name="config")
app.add_typer(fake, name="fake")
app.add_typer(store, name="store")
app.command()(demo)

_SettingsFile = Annotated[Path, typer.Argument(metavar="FILE", help="TOML, YAML or JSON.")]
_Schema = Annotated[str, typer.Option(metavar="MODULE:CLASS", help="Such as app.settings:AppConfig.")]
_Prefix = Annotated[str | None, typer.Option(help="Of the environment variables that override settings.")]


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"beluga {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Every production concern of an LLM application as one decorator on a plain function."""


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Its name is the project's.")]) -> None:
    """Begin a project: a decorated function, and tests that need no network, key or wait.

    The exit status is 0, or 2 if the folder is not empty, cannot be written or has no name for a project.
    """
    from beluga._cli.new import new as run

    raise typer.Exit(run(folder, typer.echo, _complain))


@app.command()
def explain(
    target: Annotated[str, typer.Argument(metavar="MODULE:FUNCTION", help="Such as app.llm:ask.")],
    every: Annotated[
        bool, typer.Option("--all", help="Take a package, and explain all that is decorated in it.")
    ] = False,
) -> None:
    """Show the decorators of a function, outermost first; its module is imported from here.

    The exit status is 2 if nothing decorated is found; with --all it is 1 if there is a warning.
    """
    from beluga._cli import explain as command

    raise typer.Exit((command.explain_all if every else command.explain)(target, typer.echo, _complain))


@app.command()
def doctor() -> None:
    """Say what is installed, which extras are whole, and what does not go together.

    The exit status is 0 if all is well, and 1 if something is wrong.
    """
    from beluga._cli.doctor import examine

    raise typer.Exit(examine(typer.echo))


@app.command()
def scan(
    files: Annotated[list[Path] | None, typer.Argument(metavar="PATH...", help="- or none reads stdin.")] = None,
    pii: Annotated[bool, typer.Option("--pii", help="Look for personal data too.")] = False,
    secrets: Annotated[bool, typer.Option("--secrets", help="Look for secrets too.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="For people, programs, code hosts or pull requests.")
    ] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    threshold: Annotated[
        float | None, typer.Option(help="The score from which a text is an injection, 0 to 1.")
    ] = None,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Leave out the statistical model.")] = False,
) -> None:
    """Say where in files, or folders of them, there are injections, personal data or secrets; none of it is printed.

    The exit status is 0 if nothing is found, 1 if something is, and 2 if a file cannot be read.
    """
    from beluga._cli.guards import scan as run

    _show_any_character("backslashreplace")
    try:
        chosen = "json" if as_json else form
        status = run(files or [], pii=pii, secrets=secrets, form=chosen, threshold=threshold, rules_only=rules_only)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(status)


@app.command()
def redact(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="- or none reads stdin.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="OUT", help="None writes to stdout.")] = None,
) -> None:
    """Copy a text with placeholders for personal data and secrets, as it comes.

    The exit status is 0, or 2 if a file cannot be read or written.
    """
    from beluga._cli.guards import redact_file as run

    raise typer.Exit(run(file, output, _complain))


@app.command()
def trace(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="OTLP JSON lines.")],
    html: Annotated[Path | None, typer.Option(metavar="OUT", help="Write one self-contained page here.")] = None,
) -> None:
    """Show the spans of a file as trees, or as a page with a waterfall.

    Broken lines are reported with their numbers and skipped. The exit status is 2 if the file cannot be read.
    """
    from beluga._cli.trace import trace as run

    _show_any_character("replace")
    raise typer.Exit(run(file, html=html, out=sys.stdout, err=sys.stderr))


@config.command()
def check(file: _SettingsFile, schema: _Schema, prefix: _Prefix = None) -> None:
    """Print the settings of a file, or every problem with its line and a suggestion.

    The exit status is 0 if it is valid, 1 if not, and 2 if the file or the schema cannot be read.
    """
    from beluga._cli.config import check as run

    raise typer.Exit(run(file, schema, typer.echo, prefix=prefix))


@config.command()
def watch(
    file: _SettingsFile,
    schema: _Schema,
    prefix: _Prefix = None,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 5.0,
) -> None:
    """Print what changes in a file, old and new, and what is rejected, until Ctrl-C."""
    from beluga._cli.config import watch as run

    status = 0
    with contextlib.suppress(KeyboardInterrupt):
        status = run(file, schema, typer.echo, stop=threading.Event(), interval=interval, prefix=prefix)
    raise typer.Exit(status)


@store.command("check")
def check_store(
    url: Annotated[str, typer.Argument(metavar="URL", help="redis://, rediss:// or unix://.")],
    prefix: Annotated[str, typer.Option(help="Of the keys to count, as RedisStore has it.")] = "beluga",
) -> None:
    """Say what a server is like, and in words what is wrong with it as a store.

    The exit status is 0 if it is well, 1 if something is wrong, and 2 if it cannot be asked.
    """
    from beluga._cli.doctor import check as run

    raise typer.Exit(run(url, prefix, typer.echo))


@fake.command()
def serve(
    script: Annotated[
        Path,
        typer.Option(metavar="FILE", help="JSON, YAML or TOML: script, rules, default; or .txt, an answer a line."),
    ],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 finds a free one.")] = 8080,
    host: Annotated[str, typer.Option(help="0.0.0.0 lets other machines in.")] = "127.0.0.1",
) -> None:
    """Answer clients of OpenAI and Anthropic, in any language, from a script, until Ctrl-C.

    The exit status is 0 at the end, 1 if the script has problems, 2 if it cannot be read or the port is taken.
    """
    from beluga._cli.fake import serve as run

    raise typer.Exit(run(script, host, port, typer.echo, _complain, threading.Event()))


def _complain(line: str) -> None:
    typer.echo(line, err=True)


def _show_any_character(errors: str) -> None:
    """Let nothing fail at a name or a bar that the terminal has no characters for."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)
