"""Break the code on purpose, one place at a time, and list what no test notices: ``tox -e mutants``.

    python tools/mutants.py [--seed N] [--number N] [--seconds N] [--patience N] [--jobs N] [--least SHARE] [FILE...]

Each mutant is one change of the syntax tree: another comparison, operator or number, a condition that always or never
holds, a statement left out, a value not returned. First the tests of `TESTS` run once under coverage, which notes the
tests that ran each line, and their seconds. Then a sample of the mutants, drawn by the seed, is tried, each as
`mutant_trials` tells: the tests that ran its line, the quick ones first, until one fails. What survives is printed as a
difference. Survivors that mean the same as the code stand in ``mutants_allowed.toml``, each with its reason, and are
left out of the score.

Coverage tells which lines ran; this tells which of them a test would miss.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import functools
import math
import os
import random
import sys
import tempfile
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from mutant_trials import DEFINITIONS, ROOT, Covered, Trial

ALLOWED = Path(__file__).with_name("mutants_allowed.toml")

SUBJECTS = ("beluga/_engine/*.py", "beluga/_policies/*.py", "beluga/guards/streaming.py", "beluga/orchestration/t*.py")
"""What is mutated."""
TESTS = (
    "tests/engine", "tests/policies", "tests/orchestration", "tests/contracts/test_policies.py", "tests/telemetry",
    "tests/guards/test_streaming.py", "tests/properties/test_breaker_machine.py",
    "tests/properties/test_cache_machine.py", "tests/properties/test_engine.py", "tests/properties/test_map.py",
    "tests/properties/test_limiter_properties.py", "tests/properties/test_retry_properties.py",
    "tests/properties/test_scatter.py", "tests/properties/test_streams.py", "tests/properties/test_structured.py",
    "tests/properties/test_traced_streams.py", "tests/properties/test_waiting.py", "tests/stores/test_budgets.py",
    "tests/stores/test_circuits.py", "tests/stores/test_flights.py", "tests/stores/test_leases.py",
    "tests/stores/test_limits.py", DEFINITIONS,
)  # fmt: skip
"""Which tests might notice."""

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
NO_CODE = ("annotation", "returns", "decorator_list", "type_params", "bases")
"""Fields of a node that are for readers and checkers, or whose change could not be loaded."""


class Mutant(NamedTuple):
    """One change: `new` in place of the source from `start` to `end`."""

    path: str
    line: int
    start: int
    end: int
    new: str

    def applied(self, source):
        """Return the source with the change."""
        return source[: self.start] + self.new + source[self.end :]

    def lines(self):
        """Return the lines that change, before and after, without their indentation."""
        before = (ROOT / self.path).read_text(encoding="utf-8")
        pairs = zip(*(text.splitlines() for text in (before, self.applied(before))), strict=False)
        return next((was.strip(), now.strip()) for was, now in pairs if was != now)

    def difference(self):
        """Return the change as a difference with one line around it."""
        before = (ROOT / self.path).read_text(encoding="utf-8")
        after = self.applied(before).splitlines()
        return "\n".join(list(difflib.unified_diff(before.splitlines(), after, n=1, lineterm=""))[3:])


def mutants_of(path):
    """Return every mutant of the file, in the order of its source."""
    source = (ROOT / path).read_text(encoding="utf-8")
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(line, column):
        text = source[starts[line - 1] : starts[line]]
        return starts[line - 1] + len(text.encode()[:column].decode())

    found = []
    for node, new in _changes(ast.parse(source)):
        start, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
        changed = Mutant(str(path), node.lineno, start, end, new)
        if changed.new != source[start:end]:
            found.append(changed)
    return found


def _changes(node):
    """Yield (node, new source) for each change at the node and inside it."""
    if _is_no_code(node):
        return
    yield from ((node, ast.unparse(ast.fix_missing_locations(new))) for new in _replacements(node))
    for name, value in ast.iter_fields(node):
        if name in NO_CODE:
            continue
        if name == "test":
            if not isinstance(node, ast.While):  # which would never end
                yield value, "True"
            yield value, "False"
        for child in value if isinstance(value, list) else [value]:
            yield from _changes(child) if isinstance(child, ast.AST) else ()


def _is_no_code(node):
    if isinstance(node, ast.If):
        return getattr(node.test, "id", "") == "TYPE_CHECKING"
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return any(getattr(each, "id", "") == "overload" for each in node.decorator_list)
    if isinstance(node, ast.Assign):
        return getattr(node.targets[0], "id", "") in {"__all__", "__slots__"}
    if isinstance(node, ast.keyword):
        return node.arg == "strict"  # of `zip`, which checks that what comes together is as long
    return isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom))


def _replacements(node):
    """Yield what may stand in place of this node."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            yield ast.Compare(node.left, [COMPARISONS[type(op)]()], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp(op=op) if type(op) in OPERATORS and not _has_text(node):
            yield ast.BinOp(node.left, OPERATORS[type(op)](), node.right)
        case ast.AugAssign(op=op) if type(op) in OPERATORS:
            yield ast.AugAssign(node.target, OPERATORS[type(op)](), node.value)
            yield ast.Pass()
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Assign() | ast.Raise() | ast.Delete() | ast.Continue() | ast.Break():
            yield ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()


def _has_text(node):
    texts = (ast.Constant, ast.JoinedStr)
    return any(
        isinstance(side, texts) and isinstance(getattr(side, "value", ""), str) for side in (node.left, node.right)
    )


def _subjects(files):
    """Return the paths of what is mutated, among the files and folders if there are any."""
    paths = sorted(path.relative_to(ROOT) for pattern in SUBJECTS for path in ROOT.glob(pattern))
    return [path for path in paths if not files or any(path.is_relative_to(file) for file in files)]


def _allowed():
    rows = tomllib.loads(ALLOWED.read_text(encoding="utf-8"))["equivalent"]
    return {(row["file"], row["was"], row["now"]): row["reason"] for row in rows}


def main():
    """Try a sample of mutants and print what survives."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="files or folders; all of the subjects by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--number", type=int, default=60, help="how many mutants to try")
    parser.add_argument("--seconds", type=float, default=1200.0, help="begin no further mutant after that long")
    parser.add_argument("--patience", type=float, default=math.inf, help="seconds of tests that one mutant is worth")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--least", type=float, default=0.0, help="the score below which the command fails")
    options = parser.parse_args()

    subjects = _subjects(options.files)
    allowed = _allowed()
    everything = [mutant for path in subjects for mutant in mutants_of(path)]
    candidates = [mutant for mutant in everything if (mutant.path, *mutant.lines()) not in allowed]
    sample = random.Random(options.seed).sample(candidates, min(options.number, len(candidates)))
    print(f"{len(everything)} mutants of {len(subjects)} files, {len(everything) - len(candidates)} of them equivalent")
    os.environ["HYPOTHESIS_PROFILE"] = "mutants"
    tally = {str(path): Counter() for path in subjects}
    with (
        tempfile.TemporaryDirectory() as directory,
        Trial(directory, options.jobs, TESTS) as trial,
        ThreadPoolExecutor(options.jobs) as pool,
    ):
        # Parts that take about as long: the quick folders come first, and each part has one of them.
        parts = [TESTS[number :: options.jobs] for number in range(options.jobs)]
        covered = functools.reduce(Covered.with_those_of, pool.map(trial.lines, parts))
        began = time.monotonic()

        def attempt(mutant):
            if time.monotonic() - began > options.seconds:
                return
            tests = covered.tests(mutant, options.patience)
            limit = 20.0 + 4.0 * sum(covered.seconds[test] for test in tests)
            result = trial.run(tests, mutant, limit) if tests else "passed"
            tally[mutant.path][result] += 1
            if result == "passed":
                how = f"{len(tests)} tests" if tests else "no test runs the line"
                print(f"\n{mutant.path}:{mutant.line} survived: {how}\n{mutant.difference()}", flush=True)

        with contextlib.suppress(KeyboardInterrupt):
            list(pool.map(attempt, sample))
        options.seconds = 0.0  # after Ctrl-C, what runs is waited for, and nothing else begun
    sys.exit(_report(tally, options.least))


def _report(tally, least):
    """Print the score of each file and of all; return the exit status."""
    print(f"\n{'file':48} {'tried':>6} {'survived':>9} {'score':>6}")
    tally["all"] = sum(tally.values(), Counter())
    for path, results in tally.items():
        tried = results.total()
        if tried:
            print(f"{path:48} {tried:6} {results['passed']:9} {1 - results['passed'] / tried:6.0%}")
    score = 1 - tally["all"]["passed"] / max(tally["all"].total(), 1)
    return 0 if score >= least else f"the score is {score:.1%}, and {least:.1%} are asked for"


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
