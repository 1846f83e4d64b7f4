"""What all redactors share: patterns in order of priority, passages, placeholders."""

from __future__ import annotations

import inspect
import math
import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

import attrs

from beluga.guards._normalization import normalise
from beluga.guards._redos import growth
from beluga.guards._regex import scope
from beluga.guards.base import SENTENCE, Finding, GuardResult, check_pairs, cut_out, has_to_be_awaited, spans_of
from beluga.guards.patterns import BLANK, Pattern, Prefilter, matcher, shape
from beluga.guards.streaming import Passages, RedactionStream, Window, replaced
from beluga.guards.vault import Placeholders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beluga.guards.base import Recogniser
    from beluga.guards.vault import Strategy, Vault

__all__ = ["PatternRedactor", "Redactor", "passages_for"]


class Redactor:
    """Finds what its patterns describe and puts placeholders in its place; it never blocks.

    Args:
        patterns: What to look for; their order of registration does not matter, their priority does.
        passages: How a text falls into passages.
        vault: Where reversible pseudonyms are kept; None puts what `strategy` says.
        strategy: What stands in the place of a finding, for all kinds or by kind.
        key: What hashes are made with.
        allows: Says, by kind and text, what is no finding after all.
        recognisers: Finders beside the patterns; with them, `passages` are sentences or more.
    """

    name = "redactor"

    def __init__(
        self,
        patterns: Iterable[Pattern],
        passages: Passages,
        *,
        vault: Vault | None = None,
        strategy: Strategy | Mapping[str, Strategy] = "placeholder",
        key: str | bytes | None = None,
        allows: Callable[[str, str], bool] | None = None,
        recognisers: Sequence[Recogniser] = (),
    ) -> None:
        self.patterns: tuple[Pattern, ...] = tuple(sorted(patterns, key=lambda p: (p.priority, p.name, str(p.pattern))))
        self._prefilter = Prefilter(map(matcher, self.patterns))
        self._passages = passages
        self._vault = vault
        self._allows = allows
        self._recognisers = tuple(recognisers)
        self.awaits: bool = any(map(has_to_be_awaited, self._recognisers))
        placeholders: dict[str, str] = {}
        for pattern in self.patterns:
            if placeholders.setdefault(pattern.name, pattern.replacement) != pattern.replacement:
                msg = f"the kind {pattern.name!r} has two placeholders; give them to two kinds"
                raise ValueError(msg)
        self._kinds = tuple(sorted(placeholders))
        self._stand_ins = Placeholders(type(self).__name__, placeholders, strategy, key, open=bool(recognisers))
        own = [self._stand_ins.pattern, vault.pattern.pattern if vault else ""]
        self._placeholders = re.compile("|".join(filter(None, own)) or "(?!)")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._kinds)})"

    @property
    def vault(self) -> Vault:
        """The values behind the pseudonyms.

        Raises:
            AttributeError: The redactor is not reversible.
        """
        if self._vault is None:
            msg = "this redactor keeps nothing; make it with reversible=True to have a vault"
            raise AttributeError(msg)
        return self._vault

    def scan(self, text: str) -> tuple[Finding, ...]:
        """Return the findings in `text`, sorted and disjoint; it never raises on any string."""
        return tuple(self._read(text))

    def redact(self, text: str) -> str:
        """Return `text` with a placeholder in the place of every finding."""
        return replaced(text, len(text), self._read(text), self._replace)

    def validate(self, content: str, *, role: str = "output") -> GuardResult:  # noqa: ARG002 - every role alike
        """Allow `content`, redacted where anything was found."""
        return self._verdict(content, self._read(content))

    async def avalidate(self, content: str, *, role: str = "output") -> GuardResult:  # noqa: ARG002 - the same
        """Allow `content`, redacted where anything was found, awaiting recognisers that are async."""
        if not self.awaits:
            return self._verdict(content, self._read(content))
        found = [(f.start, f.end, f.kind) for f in self._advance(self._window(self._detect), content)]
        answers = [(each, each(content)) for each in self._recognisers]
        answers = [(each, await answer if inspect.isawaitable(answer) else answer) for each, answer in answers]
        found = self._together(content, found, answers)
        return self._verdict(content, [Finding(kind, start, end, 1.0, kind) for start, end, kind in found])

    def _verdict(self, content: str, findings: list[Finding]) -> GuardResult:
        if not findings:
            return GuardResult(allowed=True, guard=self.name)
        return GuardResult(
            allowed=True,
            reason=f"{self._what} redacted",
            modified=replaced(content, len(content), findings, self._replace),
            guard=self.name,
            findings=tuple(findings),
        )

    def stream(self) -> RedactionStream:
        """Open a stream that redacts a text as it arrives."""
        return RedactionStream(self.window(), self._replace, self._passages.limit)

    def window(self) -> Window:
        """Open a reader that finds as a text arrives: what `stream` redacts with."""
        if self.awaits:
            message = f"{self.name} has an async recogniser; guard an async function with it, or await avalidate()"
            raise TypeError(message)
        return self._window(self._detect_and_recognise if self._recognisers else self._detect)

    def _window(self, detect: Callable[[str, str], list[tuple[int, int, str]]]) -> Window:
        return Window(self._passages, detect, self._placeholders)

    _what = "text"

    def _read(self, text: str) -> list[Finding]:
        return self._advance(self.window(), text)

    def _advance(self, window: Window, text: str) -> list[Finding]:
        if not isinstance(text, str):
            msg = f"{self.name} reads str, not {type(text).__name__}; decode or convert it first"
            raise TypeError(msg)
        return window.advance(text, final=True)[0]

    def _replace(self, finding: Finding, text: str, following: str) -> str:
        if self._vault is not None:
            return self._vault.pseudonym(finding.kind, text)
        return self._stand_ins.give(finding.kind, text, following)

    def _detect(self, before: str, passage: str) -> list[tuple[int, int, str]]:
        """Find what is in `passage`; `before` is the text in front of it, findings as blanks.

        Findings are blanked as they are made, and the search is repeated until it finds nothing more:
        the edge of a finding is a boundary, so that a second pass over the result would find nothing.
        """
        view = normalise(passage)
        forms = self._prefilter.pick(view.text)
        if not forms:
            return []
        lead = before if before.isascii() else _plain(before)
        work = self._placeholders.sub(_blanked, lead + view.text)
        offset = len(lead)
        found: list[tuple[int, int, str]] = []
        lacking: set[object] = set()  # the needs that are not met; several forms have the same
        while forms:
            last = 0
            for place, form in enumerate(forms, 1):
                if form.needs is not None and (form.needs in lacking or not form.needs(work)):
                    lacking.add(form.needs)
                    continue
                pieces: list[str] = []
                done = 0
                for start, end in form.places(work, offset):
                    if self._allows is None or not self._allows(form.name, work[start:end]):
                        found.append((*view.span(start - offset, end - offset), form.name))
                    pieces += work[done:start], BLANK * (end - start)
                    done = end
                if pieces:
                    work = "".join((*pieces, work[done:]))
                    last = place
            # The forms behind the last that found something have seen all that it left.
            rest = work[offset:].replace(BLANK, "") if last else ""
            left = shape(rest).count("0") if rest else 0
            forms = [form for form in forms[:last] if form.digits <= left and not form.reads_once] if rest else []
        found.sort()
        return found

    def _detect_and_recognise(self, before: str, passage: str) -> list[tuple[int, int, str]]:
        """Find what the patterns find in `passage`, and what the recognisers find in the rest of it."""
        answers = [(each, each(passage)) for each in self._recognisers]
        return self._together(passage, self._detect(before, passage), answers)

    def _together(
        self, text: str, found: list[tuple[int, int, str]], answers: Iterable[tuple[Recogniser, Any]]
    ) -> list[tuple[int, int, str]]:
        taken = [(start, end) for start, end, _ in found]
        taken += [match.span() for match in self._placeholders.finditer(text)]
        spans = [span for recogniser, answer in answers for span in spans_of(recogniser, answer, len(text))]
        more = cut_out(text, spans, taken)
        if self._allows is not None:
            more = [(start, end, kind) for start, end, kind in more if not self._allows(kind, text[start:end])]
        # The edge of what a recogniser found is a boundary, too: a second pass over the result would see one there.
        while more:
            found = [*found, *more]
            left = text
            for start, end, _ in found:
                left = left[:start] + "[" * (end - start - 1) + "]" + left[end:]
            more = [
                each
                for each in self._detect("", left)
                if not any(each[0] < end and start < each[1] for start, end, _ in found)
            ]
        return sorted(found)


class PatternRedactor(Redactor):
    """Replace what the patterns match by ``[NAME]``.

    Disguises (full-width letters, invisible characters) are seen through. In a stream it holds back a word, a line
    or more, as far as the patterns can match.

    Args:
        patterns: Pairs of a name and a regular expression, as text or compiled; earlier ones go first.

    Raises:
        ValueError: There is no pattern, or one is not valid or can take exponential time.

    Example:
        >>> PatternRedactor(("TICKET", r"T-[0-9]+")).redact("see T-123")
        'see [TICKET]'
    """

    name = "pattern_redactor"
    _what = "pattern"

    def __init__(self, *patterns: tuple[str, str | re.Pattern[str]]) -> None:
        own = patterns_of(type(self).__name__, patterns)
        super().__init__(own, passages_for(own))


def patterns_of(owner: str, pairs: Sequence[tuple[str, str | re.Pattern[str]]]) -> list[Pattern]:
    """Return the patterns that a user's `pairs` of name and expression stand for; earlier ones go first.

    Raises:
        ValueError: There is none, or one is not such a pair.
    """
    check_pairs(owner, pairs)
    if not pairs:
        message = f"{owner}: give at least one (name, regular expression)"
        raise ValueError(message)
    patterns = []
    for place, pair in enumerate(pairs):
        match pair:
            case (str(name), (str() | bytes() | re.Pattern()) as expression) if name:
                patterns.append(Pattern(name, expression, f"[{name}]", priority=place))
            case _:
                message = f"{owner}: a pattern is a pair of a name and a regular expression, not {pair!r}"
                raise ValueError(message)
    return patterns


_EVERY_WORD = Passages((re.compile(r"\S"),), re.compile(r"\S*+"), limit=1024, reach=512)
_ANYTHING = re.compile(r"[\s\S]")
_LONGEST = 2048  # characters that a pattern without an end is taken to match at most, if it keeps to a line


def passages_for(own: Iterable[Pattern], built_in: Passages | None = None, *, sentences: bool = False) -> Passages:
    """Return passages for a user's `own` patterns together with the `built_in` ones.

    Without built-in ones, each word, line or window is a passage by itself, so that a pattern whose time grows with
    the square of what it reads takes time linear in the text.

    With `sentences`, no passage is less than one.

    Raises:
        ValueError: A pattern is not a valid regular expression, or is one that can take exponential time.
    """
    passages = built_in or _EVERY_WORD
    if sentences:
        passages = attrs.evolve(passages, gates=(_ANYTHING,), rest=SENTENCE, limit=2 * _LONGEST, columns=None)
    compiled: list[re.Pattern[str]] = []
    quadratic: list[str] = []
    for pattern in own:
        for source in (pattern.pattern, pattern.context, pattern.unless, pattern.needs, pattern.shape):
            quadratic += growth(source, name=pattern.name) if source else []
        compiled.append(re.compile(pattern.pattern))
    if not compiled:
        return passages
    scopes, longest = zip(*map(scope, compiled), strict=True)
    if built_in or "whole" in scopes:
        for message in quadratic:
            warnings.warn(message, UserWarning, stacklevel=3)
    reach = int(max(passages.reach, *(size if size < math.inf else _LONGEST for size in longest)))
    limit = max(passages.limit, 2 * reach)
    if set(scopes) == {"word"}:
        gates = (*passages.gates, *compiled, _DISGUISED) if built_in and not sentences else passages.gates
        return attrs.evolve(passages, gates=gates, limit=limit, reach=reach)
    limit = sys.maxsize if "whole" in scopes else max(limit, 2 * _LONGEST)
    gate, rest = ("[^\n]", "[^\n]*+\n?") if set(scopes) <= {"word", "line"} else (r"[\s\S]", r"[\s\S]*+")
    return attrs.evolve(passages, gates=(re.compile(gate),), rest=re.compile(rest), limit=limit, reach=reach)


_DISGUISED = re.compile(r"[^\t-\r -~]")


def _blanked(match: re.Match[str]) -> str:
    return BLANK * len(match[0])


def _plain(before: str) -> str:
    """Normalise what is not blank: `normalise` would take a blank for a hidden character."""
    return BLANK.join(normalise(part).text for part in before.split(BLANK))
