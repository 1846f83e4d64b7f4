"""Train the model of the injection detector, and print what it does on sources it has not seen.

    python tools/train_injection.py --data PATH [--cross-validate] [--out FILE]

PATH is a JSON-lines file, gzipped or not, of objects with ``text``, ``label`` ("attack" or "benign"),
``source``, ``lang`` and ``permissive``. Only permissive rows are learnt from, together with the texts of
`injection_templates`; all rows are scored. Nothing of a text is written: features are 32-bit hashes.

Deterministic: the same rows give the same file, byte for byte. Pure Python, a few minutes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import pathlib
import struct
import sys
from array import array
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1])]

from injection_templates import examples
from logistic import Bag, fit, log_odds

from beluga.guards._injection import rules
from beluga.guards._injection.model import FEWEST, STRIDE, WINDOW, clutter, concepts, opening, probability, words
from beluga.guards._injection.reading import LETTERS, plain_form, tokenise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = pathlib.Path(__file__).parents[1]
MODEL = ROOT / "beluga" / "guards" / "_injection" / "model.bin"

FOLDS = 8
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

FALSE_ALARMS = 0.007
# What the square of a weight costs, times the share of the windows that hold its feature: a common feature
# must earn its weight in many of them.
PENALTY = 2e-2
# A plain word says less about a new source than a concept does.
WORD_SCALE = 0.6
FEWEST_WINDOWS, FEWEST_SOURCES = 5, 3
MOST_WINDOWS = 14
# The table of the weights must fit a processor's cache: looking up is most of what a text costs.
MOST_FEATURES = 8_000
TEMPLATE_WEIGHT = 2.0
# Harmless texts of each other language are few, so each counts for more.
FOREIGN_WEIGHT = 2.0


class Row(NamedTuple):
    """A labelled text."""

    text: str
    attack: bool
    source: str
    english: bool
    learnt: bool


class Window(NamedTuple):
    """A window of a row, as the numbers of its features."""

    row: int
    bag: Bag


def read(path: pathlib.Path) -> Iterator[Row]:
    opened = gzip.open(path, "rt", encoding="utf8") if path.suffix == ".gz" else path.open(encoding="utf8")
    with opened as lines:
        for line in lines:
            row = json.loads(line)
            english = row["lang"] in {"en", "und"}
            yield Row(row["text"], row["label"] == "attack", row["source"], english, row["permissive"])


def templates() -> Iterator[Row]:
    for e in examples():
        yield Row(e.text, e.attack, f"written:{e.family}", e.lang == "en", learnt=True)


def found_in(rows: Sequence[Row]) -> Iterator[tuple[int, set[int], set[int], int]]:
    """Yield every window of every row: row, features of concepts, features of words, size.

    Words of other languages than English are left out: too few harmless texts of each are at hand for a word
    to mean anything but its language.
    """
    for at, row in enumerate(rows):
        text = plain_form(row.text)
        tokens = tokenise(text)
        letters = "".join(map(LETTERS.__getitem__, tokens))
        starts = range(0, max(1, len(tokens) - WINDOW + STRIDE), STRIDE)
        for start in starts[:MOST_WINDOWS]:
            part = slice(start, start + WINDOW)
            said = set(concepts(letters[part]))
            if start == 0:
                said.update(opening(tokens, letters, clutter(text)))
            yield at, said, set(words(tokens[part])) if row.english else set(), len(tokens[part])


class Features(NamedTuple):
    """The features that a model may use, and how much of a weight each is trusted with."""

    kept: list[int]
    scale: list[float]


def indexed(rows: Sequence[Row]) -> tuple[list[Window], Features]:
    """Return the windows with features by number, and the features that several sources show."""
    found = list(found_in(rows))
    windows: Counter[int] = Counter()
    sources: defaultdict[int, set[str]] = defaultdict(set)
    of_words: set[int] = set()
    for at, said, written, _ in found:
        if rows[at].learnt:
            of_words |= written
            windows.update([*said, *written])
            for feature in (*said, *written):
                sources[feature].add(rows[at].source)
    kept = sorted(f for f, n in windows.items() if n >= FEWEST_WINDOWS and len(sources[f]) >= FEWEST_SOURCES)
    number = {feature: i for i, feature in enumerate(kept)}
    out = []
    for at, said, written, size in found:
        known = sorted(number[f] for f in said | written if f in number)
        out.append(Window(at, Bag(array("L", known), 1 / math.sqrt(max(size, FEWEST)))))
    return out, Features(kept, [WORD_SCALE if f in of_words else 1.0 for f in kept])


def weigh(rows: Sequence[Row], windows: Sequence[Window]) -> list[float]:
    """Return the weight of each window: sources count by the root of their size, and both labels alike."""
    size = Counter(row.source for row in rows)
    parts = Counter(window.row for window in windows)
    raw = []
    for window in windows:
        row = rows[window.row]
        written = row.source.startswith("written:")
        base = TEMPLATE_WEIGHT if written else (100 / size[row.source]) ** 0.5
        base *= FOREIGN_WEIGHT if written and not (row.english or row.attack) else 1
        raw.append(base / (parts[window.row] if row.attack else parts[window.row] ** 0.5))
    attack = sum(w for w, window in zip(raw, windows, strict=True) if rows[window.row].attack)
    harmless = sum(raw) - attack
    scaled = [
        w * (harmless / attack / 2 if rows[window.row].attack else 1) for w, window in zip(raw, windows, strict=True)
    ]
    mean = sum(scaled) / len(scaled)
    return [w / mean for w in scaled]


def learn(rows: Sequence[Row], windows: Sequence[Window], scale: Sequence[float]) -> tuple[list[float], float]:
    """Return the weights and the bias that `windows` teach; all but the largest weights are 0.0."""
    held = Counter(feature for window in windows for feature in window.bag.features)
    penalty = [PENALTY * held[f] / len(windows) / s**2 for f, s in enumerate(scale)]
    labels = [rows[window.row].attack for window in windows]
    weights, bias = fit([window.bag for window in windows], labels, weigh(rows, windows), penalty)
    least = sorted(map(abs, weights), reverse=True)[:MOST_FEATURES][-1]
    return [w if abs(w) >= least else 0.0 for w in weights], bias


def folds(rows: Sequence[Row]) -> list[int]:
    """Return the fold of every row, a family of sources being in one; what was written here is in none."""
    size = Counter(FAMILY.get(r.source, r.source) for r in rows if not r.source.startswith("written:"))
    load, fold = [0] * FOLDS, {}
    for family, n in sorted(size.items(), key=lambda item: (-item[1], item[0])):
        fold[family] = min(range(FOLDS), key=load.__getitem__)
        load[fold[family]] += n
    return [fold.get(FAMILY.get(r.source, r.source), -1) for r in rows]


def cross_validate(rows: Sequence[Row], windows: Sequence[Window], scale: Sequence[float]) -> list[float]:
    """Return the log-odds of every row, by a model that saw nothing of its family of sources."""
    fold = folds(rows)
    scores = [-60.0] * len(rows)
    for k in range(FOLDS):
        learnt = [w for w in windows if rows[w.row].learnt and fold[w.row] != k]
        weights, bias = learn(rows, learnt, scale)
        for window in windows:
            if fold[window.row] == k:
                scores[window.row] = max(scores[window.row], log_odds(window.bag, weights, bias))
        print(f"fold {k + 1} of {FOLDS}", file=sys.stderr, flush=True)
    return scores


def ruled(row: Row) -> bool:
    tokens = tokenise(plain_form(row.text))
    letters = "".join(map(LETTERS.__getitem__, tokens))
    return any(True for _ in (*rules.matches(letters), *rules.markers(row.text)))


def threshold_at(rows: Sequence[Row], scores: Sequence[float], hits: Sequence[bool], rate: float) -> float:
    """Return the log-odds at which `rate` of the harmless rows are flagged, rules included."""
    harmless = [math.inf if hit else s for r, s, hit in zip(rows, scores, hits, strict=True) if not r.attack]
    return sorted(harmless, reverse=True)[int(rate * len(harmless))] + 1e-6


def table(rows: Sequence[Row], flagged: Sequence[bool]) -> Iterable[str]:
    groups: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row, hit in zip(rows, flagged, strict=True):
        for name in ("all", row.source):
            groups["attack" if row.attack else "harmless", name][0] += hit
            groups["attack" if row.attack else "harmless", name][1] += 1
    yield "| label | source | flagged | n |\n|---|---|---|---|"
    for (label, name), (hits, n) in sorted(groups.items()):
        yield f"| {label} | {name} | {100 * hits / n:.1f} % | {n} |"


def pack(weights: Sequence[float], kept: Sequence[int], bias: float, threshold: float) -> bytes:
    """Return the model as `beluga.guards._injection.model.unpack` reads it."""
    unit = max(map(abs, weights)) / 127
    packed = [(feature, round(w / unit)) for feature, w in zip(kept, weights, strict=True) if round(w / unit)]
    head = struct.pack("<fffI", bias, unit, threshold, len(packed))
    return head + struct.pack(f"<{len(packed)}I", *(f for f, _ in packed)) + bytes(w & 255 for _, w in packed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="labelled rows, .jsonl or .jsonl.gz")
    parser.add_argument("--out", type=pathlib.Path, default=MODEL, help="where the model goes")
    parser.add_argument("--threshold", type=float, help="log-odds to ship instead of cross-validating")
    parser.add_argument("--no-model", action="store_true", help="cross-validate only")
    options = parser.parse_args()
    rows = list(read(options.data))
    measured = len(rows)
    rows += templates()
    windows, used = indexed(rows)
    print(f"{measured} rows, {len(rows) - measured} written, {len(windows)} windows, {len(used.kept)} features")
    threshold = options.threshold
    if threshold is None:
        scores = cross_validate(rows, windows, used.scale)[:measured]
        hits = [ruled(row) for row in rows[:measured]]
        for rate in (0.002, 0.005, FALSE_ALARMS, 0.009, 0.01):
            at = threshold_at(rows[:measured], scores, hits, rate)
            found = [s >= at or h for s, h, r in zip(scores, hits, rows, strict=False) if r.attack]
            print(f"at {100 * rate:.2f} % false alarms: log-odds {at:.3f}, recall {sum(found) / len(found):.3f}")
        threshold = threshold_at(rows[:measured], scores, hits, FALSE_ALARMS)
        print(
            *table(rows[:measured], [s >= threshold or h for s, h in zip(scores, hits, strict=True)]),
            sep="\n",
        )
    if not options.no_model:
        learnt = [w for w in windows if rows[w.row].learnt]
        weights, bias = learn(rows, learnt, used.scale)
        options.out.write_bytes(pack(weights, used.kept, bias, probability(threshold)))
        print(f"{options.out.name}: {options.out.stat().st_size} bytes, threshold {probability(threshold):.4f}")


if __name__ == "__main__":
    main()
