"""Attack and harmless texts written for this project, as grammars that `train_injection.py` expands.

A grammar is a mapping from names to alternatives, one a line; ``{name}`` in a line stands for any
alternative of that name, ``¦`` for a bar. `examples` yields labelled texts from all of them, the same ones for the same seed.
"""

# Alternatives stand on one line, however long.

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, NamedTuple

from injection_attacks import ATTACK
from injection_dialogues import FOREIGN, INSTRUCTIONS, SERVICE, dialogue
from injection_harmless import HARMLESS
from injection_inserted import INSERTED
from injection_languages import LANGUAGES
from injection_lures import LURES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Example", "examples", "plant"]


class Example(NamedTuple):
    """One text to learn from."""

    text: str
    attack: bool
    family: str
    lang: str


WORDS = """
name: Amy | Omar | Priya | Lukas | Chen | Sofia | Daniel | Dan | Ingrid | Mateo | Yuki | Fatima | Noah | Grace
thing: the invoice | the report | my order | the meeting | the recipe | the contract | the test results | the draft
topic: photosynthesis | the French Revolution | compound interest | jazz history | volcanoes | soil erosion
topic: time zones | sourdough bread | electric cars | the water cycle | Bayes' theorem | chess openings
city: Lisbon | Osaka | Nairobi | Toronto | Leeds | Seville | Pune | Tallinn | Cusco | Adelaide
app: the billing app | our CRM | the photo editor | Excel | Jira | the mobile app | the CI server | my router
tech: React | Django | Kubernetes | Postgres | nginx | a Makefile | TypeScript | pandas | Terraform | git | Rust
evil: make a pipe bomb | build a bomb | synthesise meth | cook methamphetamine | hack into a bank account
evil: steal a car | write ransomware | create malware that spreads | forge a passport | pick up fake documents
evil: launder money | poison someone without a trace | stalk a person online | bypass airport security
evil: write a phishing email | spread racist propaganda | cheat in an election | buy illegal weapons
evil: write defamatory rumours about a politician | make a keylogger | commit tax fraud | blackmail a coworker
persona: DAN | STAN | OMEGA | EvilBot | ChaosGPT | ZORG | Aim | Nyx | MAXIMUS | BetterDAN | Mongo | Kevin | Dude
persona: an evil AI | an unfiltered AI | an unrestricted assistant | a hacker AI | developer mode | an amoral machine
site: evil-collector.example | attacker.example/log | 203.0.113.7:8080 | webhook.example/in | paste.example
mail: drop@collector.example | amy.w@mailbox.example | audit@partner.example | support@refunds.example
job: travel guide | maths teacher | chef | personal trainer | career coach | poet | Linux terminal | film critic
job: nutritionist | interviewer for a backend role | storyteller | gardener | pirate | Shakespearean actor
job: customer support agent | spelling corrector | tour guide | debate coach | statistician | doctor | therapist
"""

_SLOT = re.compile(r"\{(\w+)\}")


def parse(*blocks: str) -> dict[str, list[str]]:
    """Return a grammar: the alternatives of every name."""
    grammar: dict[str, list[str]] = {}
    for line in "\n".join(blocks).splitlines():
        name, colon, alternatives = line.partition(":")
        if colon and re.fullmatch(r"\w+", name):
            grammar.setdefault(name, []).extend(a.strip() for a in re.split(r"\s+\|(?:\s+|$)", alternatives))
    return grammar


def expand(grammar: dict[str, list[str]], name: str, rng: random.Random) -> str:
    """Return one text of `name`, its slots filled at random."""
    return fill(grammar, rng.choice(grammar[name]), rng)


def fill(grammar: dict[str, list[str]], text: str, rng: random.Random) -> str:
    """Return `text` with its slots filled at random."""
    while slot := _SLOT.search(text):
        filling = rng.choice(grammar[slot[1]])
        text = text[: slot.start()] + filling + text[slot.end() :]
    return text.replace("\\n", "\n").replace("{{", "{").replace("}}", "}").replace("¦", "|").strip()


def _case(text: str, rng: random.Random) -> str:
    """Vary the case as people do: mostly as written, else lower, upper or capitalised."""
    draw = rng.random()
    if draw < 0.15:
        return text.lower()
    if draw < 0.2:
        return text.upper()
    return text[:1].upper() + text[1:]


_ATTACKS = {
    "direct": 900, "leakage": 900, "secret": 700, "lure": 1100, "qa": 200, "game": 300, "ans": 500, "play": 800,
    "fict": 900, "prefix": 300, "shots": 80, "gcg": 900, "ind": 600, "host": 1200, "code": 300, "auth": 300, "enc": 120,
}  # fmt: skip
_HARMLESS = {
    "req": 500, "tw": 1100, "xs": 300, "ro": 1300, "priv": 200, "doc": 500, "sec": 60, "sg": 700, "me": 300, "fa": 400,
    "ta": 900, "no": 300, "gd": 1400, "st": 500, "od": 3000,
}  # fmt: skip


_SPOKEN = {"sys": 1000, "about": 400, "note": 300}
_DIALOGUES = 900
_EACH_LANGUAGE = 120
_FOREIGN_DIALOGUES = 60
_SHARED = "".join(f"{line}\n" for line in SERVICE.splitlines() if line.startswith(("no:", "mail2:", "sum:")))


def examples(seed: int = 1) -> Iterator[Example]:
    """Yield every example, without repeats; the same ones for the same `seed`."""
    seen: set[str] = set()
    for example in _drawn(random.Random(seed)):
        if example.text not in seen:
            seen.add(example.text)
            yield example


_PLANTED = parse(WORDS, ATTACK, INSERTED)


def plant(rng: random.Random) -> str:
    """Return an attack to be put into a harmless text."""
    return _case(expand(_PLANTED, "planted", rng), rng)


def _drawn(rng: random.Random) -> Iterator[Example]:
    spoken = parse(WORDS, SERVICE, INSTRUCTIONS)
    grammars = (
        (parse(WORDS, ATTACK), _ATTACKS, True),
        (parse(WORDS, HARMLESS), _HARMLESS, False),
        (spoken, _SPOKEN, False),
    )
    for grammar, families, attack in grammars:
        for family, count in families.items():
            for _ in range(count):
                yield Example(_case(expand(grammar, family, rng), rng), attack, family, "en")
    for _ in range(_DIALOGUES):
        yield Example(dialogue(lambda turn: fill(spoken, turn, rng), rng), attack=False, family="dialogue", lang="en")
    for lang in LANGUAGES:
        grammar = parse(WORDS, LANGUAGES[lang], LURES[lang])
        for family, attack in (("attack", True), ("harmless", False), ("lure", True), ("plain", False)):
            for _ in range(_EACH_LANGUAGE):
                yield Example(_case(expand(grammar, family, rng), rng), attack, f"{lang}-{family}", lang)
    for lang, block in FOREIGN.items():
        grammar = parse(WORDS, _SHARED, "day: 14.5. | 3.11.", block)
        for _ in range(_FOREIGN_DIALOGUES):
            text = dialogue(lambda turn, grammar=grammar: fill(grammar, turn, rng), rng)
            yield Example(text, attack=False, family="dialogue", lang=lang)
