"""Train the model of the injection detector, and write what it does on sources it has not seen onto its card.

    python tools/train_injection.py --data PATH... --wheels PATH

PATHs of data are JSON-lines files, gzipped or not, of objects with ``text``, ``label`` ("attack" or "benign"),
``source``, ``lang``, ``category`` and ``permissive``. Only permissive rows are learnt from, together with the texts of
`injection_templates` and the `injection_documents` of a folder of wheels. In each fold the detector as it is, rules
and disguises and all, judges the rows and documents whose sources its model has not seen. Nothing of a text is
written: features are 30-bit hashes. The same rows give the same file. It takes a quarter of an hour.
"""

# /// script
# requires-python = ">=3.11"
# dependencies = ["attrs", "numpy", "scipy"]
# ///

from __future__ import annotations

import argparse
import gzip
import json
import math
import pathlib
import random
import re
import struct
import sys
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

import numpy as np
from injection_documents import documents
from injection_inserted import inserted, stretch
from injection_templates import examples, plant
from scipy import optimize, sparse

from beluga.guards import InjectionDetector
from beluga.guards import _injection_model as shipped_model
from beluga.guards._injection_concepts import LETTERS, plain_form, sentences
from beluga.guards._injection_model import (
    FEWEST,
    RUNS,
    LogisticModel,
    clutter,
    of_clutter,
    of_letters,
    of_pairs,
    of_token,
    probability,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

ROOT = pathlib.Path(__file__).parents[1]
CARD = ROOT / "docs" / "reference" / "injection_model.md"
BEGIN, END = "<!-- figures: written by the command above -->", "<!-- end of the figures -->"
MODEL = ROOT / "beluga" / "guards" / "_injection_model.bin"

FOLDS = 4
# Sources that share texts, games or authors are left out together.
FAMILIES = {
    "tensortrust": ("tensortrust_extract", "tensortrust_hijack"),
    "cyberseceval": ("cyberseceval_direct", "cyberseceval_ml", "cyberseceval_indirect"),
    "bipia": ("bipia_code", "bipia_text", "bipia"),
    "collections": ("jailbreak_llms", "gptfuzz", "guardrails_detect_jailbreak"),
    "alpaca": ("alpaca_de", "alpaca_en", "alpaca_zh"),
    "frr": ("cse_frr_ml", "cse_mitre_frr"),
    "code": ("cse_autocomplete", "cse_instruct"),
    "prompts": ("prompts_chat", "prompts_zh"),
}
FAMILY = {source: family for family, sources in FAMILIES.items() for source in sources}
# Large and noisy: learnt from, and no measure of anything.
UNMEASURED = {"slabs", "neuralchemy"}

# What the square of a weight costs, times the share of the windows that hold its feature: a common feature
# must earn its weight in many of them.
PENALTY = 2e-2
# A word says less about a new source than a concept does, and a piece of it less still.
WORD, PIECE, CONCEPT = 0.6, 0.3, 1.0
FEWEST_UNITS, FEWEST_SOURCES = 6, 3
MOST_UNITS = 100
SHORT_RUNS = 12
MOST_FEATURES = 30_000
# So many weights are larger than a byte holds and are cut.
LARGEST = 20
STEPS = 35
TOLL = 0.15
FALSE_ALARMS, MOST_OF_A_GROUP = 0.003, 0.015
FEWEST_OF_A_GROUP = 150
RATES = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015)
FEWEST_OF_A_SOURCE = 10
MOST_DILUTED = 400
# Attacks put into harmless texts: how many, and how many of them are of the large sources.
PLANTED, BORROWED, PLANTED_WEIGHT = 5_000, 0.3, 1.0
SHORTEST_HOST, LONGEST_PLANTED = 250, 300
TEMPLATE_WEIGHT = 2.0
# Written too, but long: each gives many runs.
SPOKEN = {"written:dialogue": 1.0, "written:sys": 0.6, "written:about": 0.5, "written:note": 0.5}
# Harmless texts of each other language are few, so each counts for more.
FOREIGN_WEIGHT = 2.0


class Row(NamedTuple):
    """A labelled text."""

    text: str
    attack: bool
    source: str
    lang: str
    category: str
    learnt: bool
    inside: tuple[int, int] = (0, 0)
    """Where the attack starts and ends, if the rest of the text is harmless."""

    @property
    def english(self) -> bool:
        return self.lang in {"en", "und", ""}


def read(path: pathlib.Path) -> Iterator[Row]:
    opened = gzip.open(path, "rt", encoding="utf8") if path.suffix == ".gz" else path.open(encoding="utf8")
    with opened as lines:
        for line in lines:
            row = json.loads(line)
            yield Row(
                row["text"], row["label"] == "attack", row["source"], row["lang"], row["category"], row["permissive"]
            )


def templates() -> Iterator[Row]:
    for e in examples():
        yield Row(e.text, e.attack, f"written:{e.family}", e.lang, "", learnt=True)


def whole_documents(wheels: pathlib.Path) -> Iterator[Row]:
    for d in documents(wheels.glob("*.whl")):
        yield Row(d.text, False, f"package:{d.package}", "en", d.kind, learnt=True)


def planted(rows: Sequence[Row], seed: int = 2) -> Iterator[Row]:
    """Yield harmless rows with an attack inside; each belongs to the source that its host is of."""
    rng = random.Random(seed)
    hosts = [row for row in rows if row.learnt and not row.attack and row.source not in UNMEASURED and _is_host(row)]
    taken = [row.text for row in rows if row.attack and row.source in UNMEASURED and len(row.text) < LONGEST_PLANTED]
    for _ in range(PLANTED):
        host = rng.choice(hosts)
        attack = rng.choice(taken) if rng.random() < BORROWED else plant(rng)
        found = inserted(attack, stretch(host.text, rng), rng)
        yield Row(found.text, True, host.source, host.lang, "planted", learnt=True, inside=(found.start, found.end))


def _is_host(row: Row) -> bool:
    return len(row.text) >= SHORTEST_HOST and row.english and not row.source.startswith("written:")


class Texts(NamedTuple):
    """The sentences of many texts, as rows of a matrix."""

    rows: list[Row]
    kinds: list[int]
    first: np.ndarray  # the first sentence of each row, and one more
    attack: np.ndarray  # the first sentence of the attack in each row, and the one after its last
    sizes: np.ndarray  # tokens of each sentence
    counts: sparse.csr_matrix  # sentences x features
    features: np.ndarray
    scale: np.ndarray


def collect(rows: list[Row]) -> Texts:
    first, sizes, kinds, attack = [0], [], [], []
    indices: list[np.ndarray] = []
    pointer = [0]
    pieces: dict[str, tuple[int, list[int]]] = {}
    kind_of: dict[int, float] = {}
    for row in rows:
        text = plain_form(row.text)
        units = sentences(text)[:MOST_UNITS]
        kinds.append(clutter(text))
        said = ["".join(map(LETTERS.__getitem__, unit)) for unit in units]
        for unit, letters in zip(units, said, strict=True):
            found: set[int] = of_letters(letters)
            kind_of.update(dict.fromkeys(found, CONCEPT))
            for token in set(unit):
                known = pieces.get(token)
                if known is None:
                    word, *parts = of_token(token)
                    known = pieces[token] = word, parts
                    kind_of[word] = WORD
                    kind_of.update(dict.fromkeys(parts, PIECE))
                if row.english:
                    found.add(known[0])
                found.update(known[1])
            pairs = list(of_pairs([unit])) if row.english else []
            kind_of.update(dict.fromkeys(pairs, WORD))
            indices.append(np.array([*sorted(found), *pairs], dtype=np.uint32))
            pointer.append(pointer[-1] + len(found) + len(pairs))
            sizes.append(len(unit))
        attack.append(attacked(row, units, first[-1]))
        first.append(len(sizes))
    flat = np.concatenate(indices)
    del indices
    names, numbers = np.unique(flat, return_inverse=True)
    counts = sparse.csr_matrix(
        (np.ones(len(flat)), numbers.astype(np.int32), np.array(pointer)), (len(sizes), len(names))
    )
    counts.sum_duplicates()
    first_ = np.array(first)
    kept = several(rows, first_, counts)
    names, counts = names[kept], counts[:, kept].tocsr()
    scale = np.array([kind_of[int(f)] for f in names])
    return Texts(rows, kinds, first_, np.array(attack), np.array(sizes), counts, names, scale)


def attacked(row: Row, units: Sequence[Sequence[str]], first: int) -> tuple[int, int]:
    """Return which of the sentences `units`, the first of which is number `first`, hold the attack."""
    if not any(row.inside):
        return (first, first + len(units) if row.attack else first)
    before, inside = (
        sum(map(len, sentences(plain_form(part)))) for part in (row.text[: row.inside[0]], row.text[slice(*row.inside)])
    )
    ends = np.cumsum([0, *map(len, units)])
    begin = int(np.searchsorted(ends, before, "right")) - 1
    return first + begin, first + max(begin + 1, int(np.searchsorted(ends, before + inside, "left")))


def several(rows: list[Row], first: np.ndarray, counts: sparse.csr_matrix) -> np.ndarray:
    """Return which features are in enough sentences, and in those of enough sources, that may be learnt from."""
    learnt = np.repeat([row.learnt for row in rows], np.diff(first))
    number = {source: at for at, source in enumerate(dict.fromkeys(row.source for row in rows))}
    source = np.repeat([number[row.source] for row in rows], np.diff(first))
    held = sparse.csr_matrix((np.ones(counts.nnz), counts.indices, counts.indptr), counts.shape)
    units = np.asarray(held[learnt].sum(0)).ravel()
    by = sparse.csr_matrix(
        (np.ones(learnt.sum()), (source[learnt], np.flatnonzero(learnt))), (len(number), len(learnt))
    )
    sources = (by @ held).tocsc()
    return np.flatnonzero((units >= FEWEST_UNITS) & (np.diff(sources.indptr) >= FEWEST_SOURCES))


class Runs(NamedTuple):
    """Runs of sentences: of each the row, the first sentence, the one after the last, and whether it is an attack."""

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray
    attack: np.ndarray


def learnt_runs(texts: Texts, seed: int = 1) -> Runs:
    """Return what is learnt from: stretches of eight sentences of all texts, and shorter ones of harmless texts.

    Which sentence makes a text an attack is not known, unless it was planted there; of a harmless text every one is
    harmless.
    """
    rng = np.random.default_rng(seed)
    out = []
    for at, row in enumerate(texts.rows):
        a, b = int(texts.first[at]), int(texts.first[at + 1])
        if not row.learnt:
            continue
        longest = RUNS[-1]
        if any(row.inside):
            out += around(texts, at, rng)
            continue
        starts = range(a, max(a + 1, b - longest + 6), 6)
        out += [(at, s, min(s + longest, b), row.attack) for s in starts]
        if not row.attack and b - a > 1:
            short = [(at, s, s + r, False) for r in RUNS[:-1] if r < b - a for s in range(a, b - r + 1)]
            out += [short[i] for i in rng.choice(len(short), min(len(short), SHORT_RUNS), replace=False)]
    return Runs(*map(np.array, zip(*out, strict=True)))


def around(texts: Texts, at: int, rng: np.random.Generator) -> Iterator[tuple[int, int, int, bool]]:
    """Yield of a planted row a run of each length that holds the attack, and some that hold nothing of it."""
    a, b = int(texts.first[at]), int(texts.first[at + 1])
    first, last = map(int, texts.attack[at])
    for length in RUNS:
        if length >= min(last - first, RUNS[-1]):
            earliest = max(a, min(last - length, first))
            start = int(rng.integers(earliest, max(earliest, min(first, b - length)) + 1))
            yield at, start, min(start + length, b), True
    short = [(at, s, s + r, False) for r in RUNS for s in range(a, b - r + 1) if s + r <= first or s >= last]
    yield from (short[i] for i in rng.choice(len(short), min(len(short), 4), replace=False)) if short else ()


def roots(texts: Texts, runs: Runs) -> np.ndarray:
    """Return what the sum over each run is multiplied with."""
    total = np.concatenate([[0], np.cumsum(texts.sizes)])
    return 1 / np.sqrt(np.maximum(total[runs.end] - total[runs.start], FEWEST))


CLUTTER = 4


def marks(texts: Texts, runs: Runs) -> np.ndarray:
    """Return the clutter of each run that begins its text."""
    found = np.zeros((len(runs.row), CLUTTER))
    for at in np.flatnonzero(runs.start == texts.first[runs.row]):
        found[at, : len(of_clutter(texts.kinds[runs.row[at]]))] = 1
    return found


def weigh(rows: Sequence[Row], runs: Runs) -> np.ndarray:
    """Return the weight of each run: sources count by the root of their size, and both labels alike."""
    size = Counter(row.source for row in rows if not any(row.inside))
    base = np.empty(len(rows))
    for at, row in enumerate(rows):
        written = row.source.startswith("written:")
        weight = TEMPLATE_WEIGHT if written else (100 / size[row.source]) ** 0.5
        weight = SPOKEN.get(row.source, PLANTED_WEIGHT if any(row.inside) else weight)
        base[at] = weight * (FOREIGN_WEIGHT if written and not (row.english or row.attack) else 1)
    attack = runs.attack.astype(bool)
    parts = np.array([np.bincount(runs.row[attack == which], minlength=len(rows)) for which in (False, True)])
    weight = base[runs.row] / np.where(attack, parts[1][runs.row], np.sqrt(np.maximum(parts[0][runs.row], 1)))
    weight[attack] *= weight[~attack].sum() / weight[attack].sum() / 2
    return weight / weight.mean()


def learn(texts: Texts, runs: Runs) -> np.ndarray:
    """Return what is learnt from `runs`, and then from them and the worst run of each text.

    Which sentences make a text an attack is not told: the first fit is asked for them, and for the harmless ones that
    look most like it.
    """
    point = fit(texts, runs)
    return fit(texts, Runs(*map(np.concatenate, zip(runs, worst(texts, runs, point), strict=True))), point)


def fit(texts: Texts, runs: Runs, start: np.ndarray | None = None) -> np.ndarray:
    """Return the weights of the features and of clutter, and the bias, that fit best."""
    loss, size = loss_of(texts, runs)
    begin = np.zeros(size) if start is None else start
    return optimize.minimize(loss, begin, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x


def worst(texts: Texts, runs: Runs, point: np.ndarray) -> Runs:
    """Return of each text among `runs` the run that `point` scores highest, unless it is the whole text.

    Of a text with an attack inside, it is one of the rest.
    """
    size = texts.counts.shape[1]
    sums = np.concatenate([[0.0], np.cumsum(texts.counts @ point[:size])])
    found = []
    for at in np.unique(runs.row):
        row, (first, last) = texts.rows[at], map(int, texts.first[at : at + 2])
        inside = texts.attack[at] if any(row.inside) else (0, 0)
        spans = [
            (at, s, s + length, row.attack and not any(row.inside))
            for length in RUNS
            if length < last - first
            for s in range(first, last - length + 1)
            if s + length <= inside[0] or s >= inside[1]
        ]
        if spans:
            some = Runs(*map(np.array, zip(*spans, strict=True)))
            found.append(spans[np.argmax(roots(texts, some) * (sums[some.end] - sums[some.start]))])
    return Runs(*(np.array([span[column] for span in found], int) for column in range(4)))


def loss_of(texts: Texts, runs: Runs) -> tuple[Callable[[np.ndarray], tuple[float, np.ndarray]], int]:
    """Return the function from a point to its loss and slope, and the size of a point."""
    n = texts.counts.shape[1]
    used = np.unique(np.concatenate([np.arange(a, b) for a, b in zip(runs.start, runs.end, strict=True)]))
    local = np.full(len(texts.sizes) + 1, 0)
    local[used + 1] = 1
    local = np.cumsum(local)
    part = texts.counts[used]
    turned = part.T.tocsr()
    label = runs.attack.astype(float)
    weight = weigh(texts.rows, runs) / len(runs.row)
    root_ = roots(texts, runs)
    first, last = local[runs.start], local[runs.end]
    clutters = marks(texts, runs) * root_[:, None]
    covering = np.cumsum(np.bincount(first, minlength=len(used) + 1) - np.bincount(last, minlength=len(used) + 1))[:-1]
    held = sparse.csr_matrix((np.ones(turned.nnz), turned.indices, turned.indptr), turned.shape) @ covering
    share = np.minimum(np.maximum(held, 1) / len(runs.row), 1)
    price = np.concatenate([PENALTY * share / texts.scale**2, PENALTY * np.maximum(clutters > 0, 1e-9).mean(0)])

    def loss(point: np.ndarray) -> tuple[float, np.ndarray]:
        sums = np.concatenate([[0.0], np.cumsum(part @ point[:n])])
        odds = point[-1] + root_ * (sums[last] - sums[first]) + clutters @ point[n:-1]
        error = weight * (1 / (1 + np.exp(-np.clip(odds, -60, 60))) - label)
        scaled = error * root_
        edges = np.bincount(first, scaled, len(used) + 1) - np.bincount(last, scaled, len(used) + 1)
        slope = np.concatenate([turned @ np.cumsum(edges)[:-1], clutters.T @ error])
        cost = (weight * (np.logaddexp(0, odds) - label * odds)).sum() + (price * point[:-1] ** 2).sum() / 2
        return cost, np.append(slope + price * point[:-1], error.sum())

    return loss, n + CLUTTER + 1


def as_model(texts: Texts, point: np.ndarray, threshold: float) -> LogisticModel:
    """Return what `fit` found as the detector uses it: the largest weights, in steps of one byte."""
    weights = np.concatenate([point[: texts.counts.shape[1]], point[texts.counts.shape[1] : -1]])
    names = [*map(int, texts.features), *of_clutter(99)]
    size = np.sort(np.abs(weights))[::-1]
    unit = size[: LARGEST + 1][-1] / 127
    steps = np.clip(np.round(weights / unit), -127, 127).astype(int)
    steps[np.abs(weights) < size[:MOST_FEATURES][-1]] = 0
    kept = {name: int(step) for name, step in sorted(zip(names, steps, strict=True)) if step}
    return LogisticModel(float(point[-1]), float(unit), threshold, TOLL, kept)


def pack(model: LogisticModel) -> bytes:
    """Return the model as `beluga.guards._injection_model.unpack` reads it."""
    head = struct.pack("<ffffI", model.bias, model.unit, model.threshold, model.toll, len(model.weights))
    names = struct.pack(f"<{len(model.weights)}I", *model.weights)
    return head + names + bytes(weight & 255 for weight in model.weights.values())


def folds(rows: Sequence[Row]) -> list[int]:
    """Return the fold of every row, a family of sources being in one; what is not measured is in none."""
    family = [FAMILY.get(row.source, row.source) for row in rows]
    measured = [
        not row.source.startswith("written:") and row.source not in UNMEASURED and not any(row.inside) for row in rows
    ]
    size = Counter(name for name, counts in zip(family, measured, strict=True) if counts)
    load, fold = [0] * FOLDS, {}
    for name, n in sorted(size.items(), key=lambda item: (-item[1], item[0])):
        fold[name] = min(range(FOLDS), key=load.__getitem__)
        load[fold[name]] += n
    return [fold.get(name, -1) for name in family]


def judged(model: LogisticModel, texts: Iterable[str]) -> list[float]:
    """Return the log-odds that the detector with `model` gives each of `texts`, rules and disguises and all."""
    kept, shipped_model.shipped = shipped_model.shipped, lambda: model
    try:
        scores = list(map(InjectionDetector().score, texts))
    finally:
        shipped_model.shipped = kept
    return [math.log(max(score, 1e-9) / max(1 - score, 1e-9)) for score in scores]


class Measured(NamedTuple):
    """A row, its log-odds by a model that saw nothing of its source, and by the same with other text around it."""

    row: Row
    odds: float
    diluted: dict[int, float]


DILUTED = {1: 400, 10: 150, 100: 30}


def cross_validate(texts: Texts, runs: Runs) -> list[Measured]:
    """Judge every row, by a model that saw nothing of its family of sources."""
    rows, fold = texts.rows, np.array(folds(texts.rows))
    hosts = [row.text for row in rows if row.source.startswith("package:") and not any(row.inside)]
    rng = random.Random(1)
    plain = [
        at
        for at, row in enumerate(rows)
        if row.attack and fold[at] >= 0 and row.english and len(row.text) < MOST_DILUTED and not any(row.inside)
    ]
    chosen = {size: set(rng.sample(plain, min(n, len(plain)))) for size, n in DILUTED.items()}
    found = []
    for k in range(FOLDS):
        kept = fold[runs.row] != k
        model = as_model(texts, learn(texts, Runs(*(column[kept] for column in runs))), 0.5)
        held = [at for at in np.flatnonzero(fold == k) if not any(rows[at].inside)]
        for at, odds in zip(held, judged(model, [rows[at].text for at in held]), strict=True):
            sizes = [size for size in DILUTED if at in chosen[size]]
            within = judged(model, [diluted(rows[at].text, hosts, 1000 * size, rng) for size in sizes])
            found.append(Measured(rows[at], odds, dict(zip(sizes, within, strict=True))))
        print(f"fold {k + 1} of {FOLDS}", file=sys.stderr, flush=True)
    return found


def diluted(text: str, hosts: Sequence[str], size: int, rng: random.Random) -> str:
    """Return `text` at the border of two sentences of a harmless text of `size` characters."""
    host = ""
    while len(host) < size:
        host += rng.choice(hosts)[: size - len(host)] + "\n"
    at = rng.randrange(len(host))
    at = max(host.rfind(". ", 0, at) + 2, host.rfind("\n", 0, at) + 1)
    return f"{host[:at]}{text} {host[at:]}"


_SPEAKER = r"\W{0,3}(?:user|human|customer|client|assistant|agent|ai|bot|system|support)\W{0,3}: "
FORMS = {
    "dialogue": rf"(?im)(?:^|/ ){_SPEAKER}[^\n]*(?:\n|/ )(?:.*\n){{0,3}}?{_SPEAKER}",
    "mail": r"(?im)^(?:subject|from|to|dear [\w .]{2,30}|hi [\w .]{2,30},|sent)\b ?[:,|]?.*\n[\s\S]{20,}|EMAIL_FROM",
    "table": r"(?m)^\|.*\|.*\|\s*$\n\|",
    "page": r"(?i)</(?:p|div|html|body|a|td|h\d|span|li)>",
    "data": r"(?s)\A\s*[\[{].*[\]}]\s*\Z|\"\w+\": ?[\"\[{]",
    "code": r"(?m)```|^\s*(?:def|class|import|from|return|function|const|var|let|public|#include|if \(|for \()\b"
    r"|[;{]\s*$",
    "list": r"(?m)(?:^\s*(?:[-*+]|\d+[.)]) .*\n?){3}|^#{1,4} ",
    "several paragraphs": r"\n\s*\n",
}
"""What a text looks like: the first of these that matches; else it is a line or a paragraph."""


def form_of(text: str) -> str:
    """Return the form of a text."""
    found = next((form for form, pattern in FORMS.items() if re.search(pattern, text[:20_000])), "")
    return found or ("paragraph" if len(text) > 200 else "line")


LENGTHS = ((0, 100), (100, 400), (400, 1_000), (1_000, 4_000), (4_000, 30_000))


def report(measured: Sequence[Measured], threshold: float) -> Iterator[str]:
    """Yield the figures of the card, as Markdown."""
    rows = [m for m in measured if not m.row.source.startswith("package:")]
    whole = [m for m in measured if m.row.source.startswith("package:")]

    def share(of: Iterable[Measured], at: float = threshold) -> str:
        hits = [m.odds >= at for m in of]
        return f"{100 * sum(hits) / len(hits):.1f} % of {len(hits)}" if hits else "-"

    def parted(key: Callable[[Measured], str], of: Sequence[Measured] = rows) -> Iterator[str]:
        groups: defaultdict[str, list[Measured]] = defaultdict(list)
        for m in of:
            groups[key(m)].append(m)
        yield "| | attacks flagged | harmless flagged |\n|---|---|---|"
        for name, group in sorted(groups.items()):
            attacks, harmless = ([m for m in group if m.row.attack is attack] for attack in (True, False))
            yield f"| {name} | {share(attacks)} | {share(harmless)} |"
        yield ""

    yield "### The curve\n\n| harmless flagged | log-odds | attacks flagged | mean over sources | documents flagged |"
    yield "|---|---|---|---|---|"
    for rate in RATES:
        at = threshold_at(rows, rate)
        long = [m for m in whole if LENGTHS[-1][0] <= len(m.row.text) < LENGTHS[-1][1]]
        found, mean = share((m for m in rows if m.row.attack), at), f"{100 * over_sources(rows, at):.1f} %"
        yield f"| {100 * rate:.2f} % | {at:.2f} | {found} | {mean} | {share(long, at)} |"
    yield f"\nShipped: log-odds {threshold:.2f}, a score of {probability(threshold):.3f}.\n"
    yield "### By category\n"
    yield from parted(lambda m: m.row.category or "-")
    yield "### By language\n"
    yield from parted(lambda m: m.row.lang)
    yield "### By length in characters\n"
    yield from parted(lambda m: next((f"{a:>5} to {b}" for a, b in LENGTHS if a <= len(m.row.text) < b), "longer"))
    yield "### By form, documents included\n"
    yield from parted(lambda m: form_of(m.row.text), measured)
    yield "### By form, at each threshold: harmless and attacks flagged\n"
    yield from by_form(measured, [threshold_at(rows, rate) for rate in RATES])
    yield "### Whole documents, by kind\n"
    yield from parted(lambda m: m.row.category, whole)
    yield "### By source\n"
    yield from parted(lambda m: m.row.source)
    yield "### Attacks within harmless text\n\nOf English attacks of less than 400 characters that are flagged alone:\n"
    for size in DILUTED:
        pairs = [(m.odds >= threshold, m.diluted[size] >= threshold) for m in measured if size in m.diluted]
        alone = [within for hit, within in pairs if hit]
        yield f"* within {size} KB: {sum(alone)} of {len(alone)} are still flagged"


def by_form(measured: Sequence[Measured], thresholds: Sequence[float]) -> Iterator[str]:
    """Yield a table of forms, of how many harmless texts and how many attacks each threshold flags."""
    yield "| form | " + " | ".join(f"{at:.2f}" for at in thresholds) + " |"
    yield "|---" * (1 + len(thresholds)) + "|"
    groups: defaultdict[str, list[Measured]] = defaultdict(list)
    for m in measured:
        groups[form_of(m.row.text)].append(m)
    for form, group in sorted(groups.items()):
        parts = [[m.odds for m in group if m.row.attack is attack] for attack in (False, True)]
        cells = [
            ", ".join(f"{100 * sum(odds >= at for odds in part) / len(part):.1f} %" if part else "-" for part in parts)
            for at in thresholds
        ]
        yield f"| {form} | " + " | ".join(cells) + " |"
    yield ""


def over_sources(rows: Sequence[Measured], at: float) -> float:
    hits: defaultdict[str, list[bool]] = defaultdict(list)
    for m in rows:
        if m.row.attack:
            hits[m.row.source].append(m.odds >= at)
    shares = [sum(found) / len(found) for found in hits.values() if len(found) >= FEWEST_OF_A_SOURCE]
    return sum(shares) / len(shares)


def chosen_threshold(measured: Sequence[Measured]) -> float:
    """Return the log-odds at which few harmless rows are flagged, and not too many of any one form or length."""
    rows = [m for m in measured if not m.row.source.startswith("package:")]
    groups: defaultdict[str, list[Measured]] = defaultdict(list)
    for m in measured:
        if not m.row.attack:
            groups[form_of(m.row.text)].append(m)
            groups[f"{len(m.row.text) >= LENGTHS[-1][0]}"].append(m)
    each = [threshold_at(group, MOST_OF_A_GROUP) for group in groups.values() if len(group) >= FEWEST_OF_A_GROUP]
    return max(threshold_at(rows, FALSE_ALARMS), *each)


def threshold_at(measured: Iterable[Measured], rate: float) -> float:
    """Return the log-odds at which `rate` of the harmless rows are flagged."""
    harmless = sorted((m.odds for m in measured if not m.row.attack), reverse=True)
    return harmless[int(rate * len(harmless))] + 1e-6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=pathlib.Path, nargs="+", required=True, help="labelled rows, .jsonl or .jsonl.gz"
    )
    parser.add_argument("--wheels", type=pathlib.Path, required=True, help="a folder of packages, see the card")
    parser.add_argument("--out", type=pathlib.Path, default=MODEL, help="where the model goes")
    parser.add_argument("--card", type=pathlib.Path, default=CARD, help="the page whose figures are replaced")
    options = parser.parse_args()
    rows = [row for path in options.data for row in read(path)]
    rows += [*templates(), *whole_documents(options.wheels)]
    texts = collect([*rows, *planted(rows)])
    runs = learnt_runs(texts)
    print(f"{len(texts.rows)} texts, {len(texts.sizes)} sentences, {len(texts.features)} features", file=sys.stderr)
    measured = cross_validate(texts, runs)
    threshold = chosen_threshold(measured)
    figures = "\n".join(report(measured, threshold))
    head, _, rest = options.card.read_text("utf8").partition(BEGIN)
    options.card.write_text(f"{head}{BEGIN}\n\n{figures}\n\n{END}{rest.partition(END)[2]}", "utf8")
    model = as_model(texts, learn(texts, runs), probability(threshold))
    options.out.write_bytes(pack(model))
    print(f"{options.out.name}: {options.out.stat().st_size} bytes, threshold {model.threshold:.4f}")


if __name__ == "__main__":
    main()
