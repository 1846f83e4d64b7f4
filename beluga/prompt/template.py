"""Texts with named gaps, filled strictly: nothing missing, nothing left over, nothing guessed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

import attrs

from beluga.classification import ErrorCode
from beluga.errors import BelugaError
from beluga.schema.messages import NamedText, PromptName
from beluga.schema.parts import is_str
from beluga.telemetry.spans import name_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Template", "Templates", "Version", "as_version"]

_DOTTED = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,4})", re.ASCII)
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}\n]{0,200}\}|[{}]")


@attrs.frozen(order=True)
class Version:
    """A version of up to five numbers; 1.0 and 1 are the same.

    Example:
        >>> Version.parse("1.10") > Version.parse("v1.9.2")
        True
        >>> str(Version.parse("2.0"))
        '2.0'
    """

    numbers: tuple[int, ...]
    text: str = attrs.field(eq=False, order=False)

    @classmethod
    def parse(cls, text: str) -> Version:
        """Return the version that `text` says.

        Raises:
            ValueError: When it is not numbers with dots between them.
        """
        match = _DOTTED.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            message = f"a version is numbers with dots between them, such as '1.10', not {text!r}"
            raise ValueError(message)
        numbers = [int(number) for number in match[1].split(".")]
        while len(numbers) > 1 and numbers[-1] == 0:
            numbers.pop()
        return cls(tuple(numbers), match[1])

    def __str__(self) -> str:
        return self.text


def as_version(given: str | Version) -> Version:
    """Return a version from what somebody gave for one."""
    return given if isinstance(given, Version) else Version.parse(given)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the literals and, marked as such, the variables of a template in turn."""
    end = 0
    for match in _BRACES.finditer(text):
        yield text[end : match.start()], False
        end = match.end()
        found = match[0]
        if found in ("{{", "}}"):
            yield found[0], False
        elif found[1:-1].isidentifier():
            yield found[1:-1], True
        else:
            line = text.count("\n", 0, match.start()) + 1
            column = match.start() - text.rfind("\n", 0, match.start())
            message = (
                f"line {line}, column {column} of the template has a brace that is neither {{name}} nor doubled; "
                f"write {{{{ or }}}} for a brace in the text"
            )
            raise ValueError(message)
    yield text[end:], False


@attrs.frozen
class Template:
    """A text with gaps such as ``{name}``, of a name and a version of its own.

    ``{{`` and ``}}`` are braces of the text. There are no expressions and no formats, and what is filled in is
    not read again: a value with ``{name}`` in it stays as it is.

    Args:
        text: The text.
        name: By which `Templates` know it.
        version: Numbers with dots; 1.10 comes after 1.9.

    Raises:
        ValueError: When a brace stands alone, or the version is not one.

    Example:
        >>> greeting = Template("Hello {name}, {{welcome}}!", name="greeting", version="1.10")
        >>> greeting.render(name="Ana")
        'Hello Ana, {welcome}!'
        >>> greeting.render(nam="Ana")
        Traceback (most recent call last):
        ...
        ValueError: template greeting 1.10: missing: name; unknown: nam
    """

    text: str = attrs.field(repr=False, validator=is_str)
    name: str = attrs.field(default="", kw_only=True, validator=is_str)
    version: Version = attrs.field(
        default=Version.parse("1"),
        kw_only=True,
        converter=as_version,
    )
    _parts: tuple[tuple[str, bool], ...] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_parts", tuple(piece for piece in _pieces(self.text) if piece[0]))

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the gaps, each once, in their order."""
        return tuple(dict.fromkeys(text for text, is_variable in self._parts if is_variable))

    def render(self, /, **values: str | float) -> str:
        """Return the text with every gap filled; that of a named template tells name and version to the trace.

        Args:
            **values: A text or number for each variable; None does not count as one.

        Raises:
            ValueError: When a variable has no value, or a value no variable; all of them are named.
            TypeError: When a value is neither text nor number.
        """
        wanted = self.variables
        if set(wanted) != set(values):
            self._refuse(wanted, values)
        for name, value in values.items():
            # The repr of anything else in a prompt is a mistake: None, a list, an object with its address.
            if not isinstance(value, (str, int, float)):
                message = f"template {self._title}: {name} is a text or a number, not {type(value).__name__}"
                raise TypeError(message)
        rendered = "".join(str(values[text]) if is_variable else text for text, is_variable in self._parts)
        if not self.name:
            return rendered
        prompt = PromptName(self.name, str(self.version))
        name_prompt(prompt)
        return NamedText(rendered, prompt)

    @property
    def _title(self) -> str:
        return f"{self.name} {self.version}" if self.name else "without a name"

    def _refuse(self, wanted: tuple[str, ...], values: dict[str, str | float]) -> NoReturn:
        missing = [name for name in wanted if name not in values]
        unknown = [name for name in values if name not in wanted]
        named = (("missing", missing), ("unknown", unknown))
        said = "; ".join(f"{what}: {', '.join(names)}" for what, names in named if names)
        message = f"template {self._title}: {said}"
        raise ValueError(message)


class Templates:
    """Templates by name and version.

    Args:
        *templates: The first ones; `add` takes more.

    Example:
        >>> known = Templates(Template("Hi {name}", name="greeting", version="1.9"))
        >>> known.add(Template("Hello {name}", name="greeting", version="1.10"))
        >>> known.get("greeting").render(name="Ana"), known.get("greeting", "1.9").render(name="Ana")
        ('Hello Ana', 'Hi Ana')
    """

    def __init__(self, *templates: Template) -> None:
        self._known: dict[str, dict[Version, Template]] = {}
        for template in templates:
            self.add(template)

    def add(self, template: Template) -> None:
        """Take a template in.

        Raises:
            TypeError: When it is not a template.
            ValueError: When it has no name, or its version is there already.
        """
        if not isinstance(template, Template):
            message = f"Templates holds templates, not {type(template).__name__}"
            raise TypeError(message)
        if not template.name:
            message = "a template needs a name= to be found by"
            raise ValueError(message)
        versions = self._known.setdefault(template.name, {})
        if template.version in versions:
            message = (
                f"template {template.name} has a version {template.version} already; a changed text is a new version"
            )
            raise ValueError(message)
        versions[template.version] = template

    def get(self, name: str, version: str | Version | None = None) -> Template:
        """Return a template, by default its latest version.

        Raises:
            BelugaError: With the code ``not_found`` when there is none; the message lists what there is.
        """
        versions = self._known.get(name, {})
        if not versions:
            known = ", ".join(sorted(self._known)) or "none"
            message = f"there is no template {name!r}; known are: {known}"
            raise BelugaError(message, code=ErrorCode.NOT_FOUND)
        wanted = max(versions) if version is None else as_version(version)
        if wanted not in versions:
            known = ", ".join(map(str, self.versions(name)))
            message = f"template {name!r} has no version {wanted}; known are: {known}"
            raise BelugaError(message, code=ErrorCode.NOT_FOUND)
        return versions[wanted]

    def names(self) -> tuple[str, ...]:
        """Return the names of all templates, sorted."""
        return tuple(sorted(self._known))

    def versions(self, name: str) -> tuple[Version, ...]:
        """Return the versions of a template, oldest first."""
        return tuple(sorted(self._known.get(name, {})))
