"""Read a script for a fake provider from a file, for those who cannot write it in Python.

::

    {
        "seed": 7,
        "script": ["It is sunny.", {"fault": "rate_limit", "retry_after": 2}, {"text": "Again.", "times": 3}],
        "rules": [{"when": "refund", "answers": [{"tools": [{"name": "refund", "arguments": {"order": 7}}]}]}],
        "default": "I do not know.",
    }
"""

from __future__ import annotations

import inspect
import os
import pathlib
from typing import TYPE_CHECKING, Any, Final

from beluga._types.suggest import nearest
from beluga.config.parsers import parse
from beluga.config.problems import Findings, Place, failure
from beluga.llm.fake import faults
from beluga.llm.fake.provider import FakeProvider
from beluga.llm.fake.replies import Reply
from beluga.schema import ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beluga.llm.fake.faults import Delay, Fault
    from beluga.llm.fake.script import Rule

    _Repeated = tuple[str | Reply | Fault | Delay, int | None]

__all__ = ["load_script"]

_FAULTS: Final[dict[str, Callable[..., Fault | Delay]]] = {
    name: getattr(faults, name) for name in faults.__all__ if name[0].islower() and name != "mixed"
}
_OPTIONS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "seed": ((int,), "an int"),
    "fault_rate": ((int, float), "a number from 0 to 1"),
    "cache": ((bool,), "true or false"),
}
_MOST_TIMES: Final = 10_000
_REPLY: Final = ("text", "tools", "usage", "thinking", "finish_reason", "per_token")


def load_script(path: str | os.PathLike[str]) -> FakeProvider:
    """Return the fake provider whose script is in a JSON, YAML or TOML file.

    Args:
        path: The file. At its top are ``script``, a list of answers; ``rules``, each with a text ``when`` and a
            list of ``answers``; ``default``, one answer; ``seed``, ``fault_rate`` and ``cache`` as of
            `FakeProvider`. An answer is a text, a table with the fields of a `Reply`, or a table with the name
            of a ``fault`` and its arguments; ``times`` repeats it.

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
    document = parse(pathlib.Path(path).read_bytes(), name)
    reader = _Reader(Findings(document.source_of))
    fake = reader.provider(document.data)
    if fake is None or reader.findings.problems:
        raise failure(name, reader.findings.problems)
    return fake


class _Reader:
    """Builds what a document describes, and notes what is wrong with it."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def provider(self, data: Any) -> FakeProvider | None:
        """Return what the whole document describes; None where even that cannot be made."""
        top = Place()
        self._known(data, (*_OPTIONS, "script", "rules", "default"), top)
        script = [item for item, times in self._items(data, "script", top) for _ in range(times or 1)]
        options = self._options(data, top)
        fake: FakeProvider | None = self._made(top.at("fault_rate"), lambda: FakeProvider(*script, **options))
        if fake is None:
            return None
        for index, raw in enumerate(self._list(data.get("rules", []), top.at("rules"))):
            self._rule(fake, raw, top.at("rules").at(index))
        default = self._item(data["default"], top.at("default")) if "default" in data else None
        return fake if default is None else fake.default(default[0])

    def _options(self, data: dict[str, Any], top: Place) -> dict[str, Any]:
        options = {}
        for name in _OPTIONS.keys() & data.keys():
            kinds, rule = _OPTIONS[name]
            if type(data[name]) in kinds:
                options[name] = data[name]
            else:
                self.findings.reject(top.at(name), rule, data[name])
        return options

    def _rule(self, fake: FakeProvider, raw: Any, place: Place) -> None:
        if not isinstance(raw, dict) or not isinstance(raw.get("when"), str):
            self.findings.reject(place, 'a table with a text "when" and a list of "answers"', raw, opaque=True)
            return
        self._known(raw, ("when", "answers"), place)
        rule: Rule = fake.on(raw["when"])
        if not raw.get("answers"):
            self.findings.note(place, "has no answers")
        for item, times in self._items(raw, "answers", place):
            rule.reply(item)
            if times is not None:
                rule.times(times)

    def _items(self, table: dict[str, Any], name: str, above: Place) -> list[_Repeated]:
        place = above.at(name)
        read = [self._item(raw, place.at(index)) for index, raw in enumerate(self._list(table.get(name, []), place))]
        return [item for item in read if item is not None]

    def _item(self, raw: Any, place: Place) -> _Repeated | None:
        """Return an answer and how often it is to come; None where it is wrong."""
        if isinstance(raw, str):
            return raw, None
        if not isinstance(raw, dict):
            self.findings.reject(place, "a text or a table", raw, opaque=True)
            return None
        fields = dict(raw)
        times = fields.pop("times", None)
        if times is not None and (type(times) is not int or not 1 <= times <= _MOST_TIMES):
            self.findings.reject(place.at("times"), f"an int from 1 to {_MOST_TIMES}", times)
            return None
        item = self._fault(fields, place) if "fault" in fields else self._reply(fields, place)
        return None if item is None else (item, times)

    def _fault(self, fields: dict[str, Any], place: Place) -> Fault | Delay | None:
        name = fields.pop("fault")
        make = _FAULTS.get(name) if isinstance(name, str) else None
        if make is None:
            known = f"one of {', '.join(_FAULTS)}"
            self.findings.reject(place.at("fault"), known, name, suggestion=nearest(name, _FAULTS))
            return None
        if not self._known(fields, tuple(inspect.signature(make).parameters), place):
            return None
        fault: Fault | Delay | None = self._made(place, lambda: make(**fields))
        return fault

    def _reply(self, fields: dict[str, Any], place: Place) -> Reply | None:
        if not self._known(fields, _REPLY, place):
            return None
        tools = self._list(fields.pop("tools", []), place.at("tools"))
        calls = [self._call(raw, place.at("tools").at(index)) for index, raw in enumerate(tools)]
        usage = fields.pop("usage", None)
        if usage is not None:
            usage = self._made(place.at("usage"), lambda: Usage(**usage))
        known = [call for call in calls if call is not None]
        reply: Reply | None = self._made(place, lambda: Reply(tools=known, usage=usage, **fields))
        return reply

    def _call(self, raw: Any, place: Place) -> ToolCall | None:
        if not isinstance(raw, dict) or not self._known(raw, ("id", "name", "arguments"), place):
            self.findings.reject(place, 'a table with "name" and "arguments"', raw, opaque=True)
            return None
        call: ToolCall | None = self._made(
            place, lambda: ToolCall(raw.get("id", ""), raw.get("name", ""), raw.get("arguments", {}))
        )
        return call

    def _made(self, place: Place, make: Callable[[], Any]) -> Any:
        """Return what `make` makes, or None where its arguments are refused."""
        try:
            return make()
        except (TypeError, ValueError) as error:
            self.findings.note(place, f"is refused: {error}")
            return None

    def _list(self, raw: Any, place: Place) -> list[Any]:
        if isinstance(raw, list):
            return raw
        self.findings.reject(place, "a list", raw, opaque=True)
        return []

    def _known(self, table: Iterable[Any], names: tuple[str, ...], place: Place) -> bool:
        """Note the keys that are none of `names`; return whether there is none."""
        wrong = [key for key in table if key not in names]
        for key in wrong:
            rule = f"is not known; known are {', '.join(names) or 'no others'}"
            self.findings.note(place.at(str(key)), rule, suggestion=nearest(key, names))
        return not wrong
