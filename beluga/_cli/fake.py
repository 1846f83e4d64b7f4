"""``beluga fake serve``: a fake provider for programs in any language, whose script is in a file.

::

    {
        "seed": 7,
        "script": ["It is sunny.", {"fault": "rate_limit", "retry_after": 2}, {"text": "Again.", "times": 3}],
        "rules": [{"when": "refund", "answers": [{"tools": [{"name": "refund", "arguments": {"order": 7}}]}]}],
        "default": "I do not know.",
    }
"""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import attrs

from beluga._types.annotations import read_function, read_type
from beluga._types.fit import fit
from beluga._types.scalars import INVALID, Rules, Seconds
from beluga._types.tree import Bounds
from beluga.clock import environment
from beluga.config.files import decoded, parse
from beluga.config.problems import Findings, failure
from beluga.errors import ConfigError
from beluga.llm.fake import faults
from beluga.llm.fake.provider import FakeProvider
from beluga.llm.fake.turns import Reply
from beluga.schema import ToolCall, Usage

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping

    from beluga._types.problems import Path
    from beluga._types.tree import TypeNode
    from beluga.llm.fake._wire import HTTPRequest
    from beluga.llm.fake.faults import Delay, Fault

    _Repeated = tuple[str | Reply | Fault | Delay, int | None]

__all__ = ["load_script", "serve"]

_FINE: Final = 0
_INVALID: Final = 1
_UNREADABLE: Final = 2
_GLANCE: Final = 3600.0
_FAULTS: Final[dict[str, Callable[..., Fault | Delay]]] = {
    name: getattr(faults, name) for name in faults.__all__ if name[0].islower() and name != "mixed"
}
_OPTIONS: Final = ("seed", "fault_rate", "cache")
_MOST_TIMES: Final = 10_000
_RULES: Final = Rules(whole_floats=False, by_hand=True)


def serve(
    script: pathlib.Path,
    host: str,
    port: int,
    out: Callable[[str], object],
    err: Callable[[str], object],
    stop: threading.Event,
) -> int:
    """Serve the script of a file over HTTP until `stop` is set or somebody presses Ctrl-C.

    Args:
        script: The file.
        host: The address to listen on.
        port: 0 finds a free one.
        out: Prints one line of what goes well.
        err: Prints one line of what does not.
        stop: Ends it.

    Returns:
        The exit status: 0 ended, 1 the script has problems, 2 the file cannot be read, or nothing can be served: the
        port is taken, or h11 is not installed.
    """
    try:
        fake = load_script(script)
    except ConfigError as error:
        err(str(error))
        return _INVALID
    except OSError as error:
        err(f"{os.fspath(script)}: {error.strerror or type(error).__name__}")
        return _UNREADABLE
    try:
        server = fake.serve(host=host, port=port, log=lambda request, status: out(_line(request, status)))
        server.start()
    except ImportError as error:
        err(str(error))
        return _UNREADABLE
    except OSError as error:
        err(f"cannot listen on {host}:{port}: {error.strerror or type(error).__name__}")
        return _UNREADABLE
    try:
        out(f"serving {script} at {server.url}; OpenAI clients add /v1; Ctrl-C ends it")
        while not stop.is_set():
            environment().clock.wait(stop, _GLANCE)
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    out(f"ended after {len(fake.calls)} calls")
    return _FINE


def _line(request: HTTPRequest, status: int) -> str:
    """Return what is told of a request: no query, where a key may stand, and nothing of its body."""
    return f"{request.method} {request.path.partition('?')[0]} {status}"


@attrs.frozen
class _RuleRow:
    when: str
    answers: Annotated[list[Any], Bounds(shortest=1)]


@attrs.frozen
class _ScriptRow:
    seed: int = 0
    fault_rate: Annotated[float, Bounds(0, 1)] = 0.0
    cache: bool = False
    script: list[Any] = attrs.field(factory=list)
    rules: list[_RuleRow] = attrs.field(factory=list)
    default: Any = None


@attrs.frozen
class _CallRow:
    name: str
    arguments: dict[str, Any] = attrs.field(factory=dict)
    id: str = ""


@attrs.frozen
class _ReplyRow:
    text: str = ""
    tools: list[_CallRow] = attrs.field(factory=list)
    usage: Usage | None = None
    thinking: str = ""
    finish_reason: str | None = None
    per_token: Seconds = 0.0

    def made(self) -> Reply:
        tools = [ToolCall(call.id, call.name, call.arguments) for call in self.tools]
        return Reply(tools=tools, **{name: getattr(self, name) for name in _PLAIN})


_PLAIN: Final = ("text", "usage", "thinking", "finish_reason", "per_token")
_TIMES: Final = read_type(Annotated[int, Bounds(1, _MOST_TIMES)])
_FAULT: Final = read_type(Literal[tuple(_FAULTS)])


def load_script(path: str | os.PathLike[str]) -> FakeProvider:
    """Return the fake provider whose script is in a JSON, YAML or TOML file, or a text file with an answer a line.

    Args:
        path: The file. Of one that ends in ``.txt`` each line that is not blank is an answer. At the top of the others
            are ``script``, a list of answers; ``rules``, each with a text ``when`` and a list of ``answers``;
            ``default``, one answer; ``seed``, ``fault_rate`` and ``cache`` as of `FakeProvider`. An answer is a text, a
            table with the fields of a `Reply`, or a table with the name of a ``fault`` and its arguments; ``times``
            repeats it.

    Raises:
        OSError: The file cannot be read.
        ConfigError: The file has problems; the message has them all, with their lines.

    Example:
        >>> import tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "script.json"
        >>> path.write_text('{"script": [{"text": "Hello!", "times": 2}]}')
        44
        >>> load_script(path).generate("hi").text
        'Hello!'
    """
    name = os.fspath(path)
    content = pathlib.Path(path).read_bytes()
    if name.endswith(".txt"):
        return FakeProvider(*(line for line in decoded(content, name).splitlines() if line.strip()))
    document = parse(content, name)
    reader = _ScriptReader(Findings(document.source_of))
    fake = reader.provider(document.data)
    if fake is None or reader.findings.problems:
        raise failure(name, reader.findings.problems)
    return fake


class _ScriptReader:
    """Builds what a document describes, and notes what is wrong with it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def provider(self, data: Mapping[str, Any]) -> FakeProvider | None:
        """Return what the whole document describes; None where something is wrong with it."""
        self._fitted(read_type(_ScriptRow), data, ())
        script = self._items(data.get("script"), ("script",))
        rules = [
            (str(rule.get("when")), self._items(rule.get("answers"), ("rules", index, "answers")))
            for index, rule in enumerate(_list(data.get("rules")))
            if isinstance(rule, dict)
        ]
        default = self._item(data["default"], ("default",)) if "default" in data else None
        if self.findings.problems:
            return None
        options = {name: data[name] for name in _OPTIONS if name in data}
        fake = FakeProvider(*(item for item, times in script for _ in range(times or 1)), **options)
        for when, answers in rules:
            rule = fake.on(when)
            for item, times in answers:
                rule.reply(item)
                if times is not None:
                    rule.times(times)
        return fake if default is None else fake.default(default[0])

    def _items(self, raw: Any, path: Path) -> list[_Repeated]:
        read = [self._item(each, (*path, index)) for index, each in enumerate(_list(raw))]
        return [item for item in read if item is not None]

    def _item(self, raw: Any, path: Path) -> _Repeated | None:
        """Return an answer and how often it is to come; None where it is wrong."""
        if isinstance(raw, str):
            return raw, None
        if not isinstance(raw, dict):
            self.findings.note(path, "must be a text or a table")
            return None
        fields = dict(raw)
        times = self._fitted(_TIMES, fields.pop("times"), (*path, "times")) if "times" in fields else None
        item = self._fault(fields, path) if "fault" in fields else self._reply(fields, path)
        return None if item is None else (item, times)

    def _fault(self, fields: dict[str, Any], path: Path) -> Fault | Delay | None:
        name = self._fitted(_FAULT, fields.pop("fault"), (*path, "fault"))
        if name is None:
            return None
        make = _FAULTS[name]
        fault: Fault | Delay | None = self._fitted(attrs.evolve(read_function(make), make=make), fields, path)
        return fault

    def _reply(self, fields: dict[str, Any], path: Path) -> Reply | None:
        reply: _ReplyRow | None = self._fitted(read_type(_ReplyRow), fields, path)
        try:
            return None if reply is None else reply.made()
        except (TypeError, ValueError) as error:
            self.findings.note(path, f"is refused: {error}")
            return None

    def _fitted(self, node: TypeNode, raw: Any, path: Path) -> Any:
        """Return what `node` makes of `raw`, or None with the problems noted."""
        fitted, problems = fit(node, raw, _RULES, path)
        self.findings.add(problems)
        return None if fitted is INVALID else fitted


def _list(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []
