"""Change model, limits and retries of a running service by editing a file.

Validate first, apply then: a malformed or invalid file never replaces a working configuration. Here the file is
looked at by hand, so that the output is the same every time; a service writes ``with watcher:`` instead.
"""

from __future__ import annotations

import pathlib
import tempfile

import attrs

from beluga import RateLimited, rate_limited, retry
from beluga.config import FileWatcher, Seconds, field
from beluga.llm import FakeProvider


@attrs.frozen
class AppConfig:
    """The settings of the service."""

    model: str = "gpt-4o"
    max_tokens: int = field(4096, min=1, max=128_000)
    temperature: float = field(0.7, min=0, max=2)
    rate_limit: int = field(100, min=1)
    attempts: int = 3
    timeout: Seconds = 30.0
    api_key: str = field("", secret=True, env="OPENAI_API_KEY")


def announce(old: AppConfig, new: AppConfig, changed: tuple[str, ...]) -> None:
    """Print what is different now; a secret would be masked by its repr."""
    for name in changed:
        print(f"  {name}: {getattr(old, name)!r} -> {getattr(new, name)!r}")


def main() -> None:
    """Edit the file of a running service, well and badly."""
    file = pathlib.Path(tempfile.mkdtemp()) / "app.json"
    file.write_text('{"model": "gpt-4o", "rate_limit": 2}')

    watcher = FileWatcher(file, AppConfig, interval=5.0, variables={"OPENAI_API_KEY": "sk-example"})
    print("at the start:", watcher.current.model, watcher.current.rate_limit)
    watcher.subscribe(announce)

    fake = FakeProvider(*["fine"] * 10)

    @retry(max_attempts=watcher.live("attempts"))
    @rate_limited(limit=watcher.live("rate_limit"), window=3600)
    def ask(question: str) -> str:
        return f"{watcher.current.model} says {fake.generate(question).text}"

    def ask_until_refused() -> None:
        try:
            while True:
                print(" ", ask("Where is my invoice?"))
        except RateLimited as error:
            print("  refused:", str(error).split(";")[0])

    ask_until_refused()

    print("a good edit:")
    file.write_text('{"model": "gpt-4o-mini", "rate_limit": 3, "timeout": "1m"}')
    watcher.poll()
    ask_until_refused()

    print("an edit with three mistakes:")
    file.write_text('{"modle": "gpt-4o",\n "max_tokens": 4096.5,\n "temperature": 3}')
    watcher.poll()
    for problem in watcher.errors[-1].errors:
        print("  app.json:" + str(problem).removeprefix(f"{file}:"))

    print("an edit that the retry policy forbids:")
    file.write_text('{"attempts": 0}')
    watcher.poll()
    print(" ", watcher.errors[-1].errors[0].rule)

    print("still in use:", watcher.current.model, watcher.current.rate_limit)


if __name__ == "__main__":
    main()
