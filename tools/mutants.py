"""Break the code on purpose, one place at a time, and list what no test notices: ``tox -e mutants``.

    python tools/mutants.py [--seed N] [--number N] [--seconds N] [--jobs N] [--least SHARE] [FILE...]

Each mutant is one change of the syntax tree: another comparison, operator or number, a condition that always or never
holds, a statement left out, a value not returned. A sample of them, drawn by the seed, is tried; for each the tests of
`SUBJECTS` run in a copy of the project until the first one fails. What survives is printed as a difference. Survivors
that mean the same as the code stand in ``mutants_allowed.toml``, each with its reason, and are left out of the score.

Coverage tells which lines ran; this tells which of them a test would miss.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ALLOWED = Path(__file__).with_name("mutants_allowed.toml")

# What is mutated, and which tests would notice: the quick ones first, since the first failure ends the run.
SUBJECTS = {
    "beluga/_engine/**/*.py": """
        tests/engine tests/policies tests/properties/test_engine.py tests/properties/test_retry_properties.py
        tests/contracts/test_policies.py tests/properties/test_streams.py
    """,
    "beluga/_policies/**/*.py": """
        tests/policies tests/engine tests/properties/test_retry_properties.py tests/properties/test_breaker_machine.py
        tests/properties/test_limiter_properties.py tests/properties/test_waiting.py tests/properties/test_structured.py
        tests/telemetry tests/contracts/test_policies.py
    """,
    "beluga/guards/streaming.py": """
        tests/guards/test_streaming.py tests/guards/test_pii.py tests/policies/test_guarded.py
        tests/properties/test_redaction.py
    """,
    "beluga/orchestration/{tasks,threads}.py": "tests/orchestration tests/properties/test_scatter.py",
}
HEAVY = ["asyncio", "httpx", "hypothesis.stateful", "loguru", "opentelemetry.sdk.trace", "pytest", "wrapt"]
"""Modules that are loaded once, before the copies of the process that run the tests."""

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


def _run_tests(directory, arguments):
    """Run pytest in the directory, with its output in a file there; the exit code is its own."""
    os.chdir(directory)
    sys.path.insert(0, directory)
    silent = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    import pytest

    loaded_before = "-Wignore::pytest.PytestAssertRewriteWarning"
    os._exit(pytest.main([*arguments, "-x", "-q", "-p", "no:cacheprovider", loaded_before]))


class Trial:
    """Copies of the project in which mutants are tried, one at a time in each.

    Args:
        directory: Where the copies go.
        jobs: How many there are.
    """

    def __init__(self, directory, jobs):
        self._free = SimpleQueue()
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(HEAVY)
        for number in range(jobs):
            copy = Path(directory, str(number))
            copy.mkdir()
            shutil.copytree(ROOT / "beluga", copy / "beluga", ignore=shutil.ignore_patterns("__pycache__"))
            for name in ("tests", "tools", "examples", "docs", "pyproject.toml", "README.md"):
                (copy / name).symlink_to(ROOT / name)
            self._free.put(copy)

    def run(self, tests, mutant=None, limit=None):
        """Return how the tests end, with the mutant in place: "passed", "failed" or "timed out"; and the seconds."""
        copy = self._free.get()
        began = time.monotonic()
        changed = copy / mutant.path if mutant else None
        try:
            if mutant:
                changed.write_text(mutant.applied((ROOT / mutant.path).read_text(encoding="utf-8")), encoding="utf-8")
            process = self._processes.Process(target=_run_tests, args=(str(copy), tests.split()))
            process.start()
            process.join(limit)
            if process.exitcode is None:
                process.kill()
                process.join()
                return "timed out", time.monotonic() - began
            return "failed" if process.exitcode else "passed", time.monotonic() - began
        finally:
            if mutant:
                shutil.copyfile(ROOT / mutant.path, changed)
            self._free.put(copy)


def _subjects(files):
    """Return the tests of each file to mutate."""
    chosen = {}
    for pattern, tests in SUBJECTS.items():
        head, _, rest = pattern.partition("{")
        names, _, tail = rest.partition("}")
        for name in names.split(","):
            for path in sorted(ROOT.glob(f"{head}{name}{tail}")):
                relative = path.relative_to(ROOT)
                if not files or any(relative.is_relative_to(file) for file in files):
                    chosen[str(relative)] = tests
    return chosen


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
    began = time.monotonic()
    tally = {path: Counter() for path in subjects}
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(options.jobs) as pool:
        trial = Trial(directory, options.jobs)
        needed = {tests: trial.run(tests) for tests in {subjects[mutant.path] for mutant in sample}}
        for tests, (result, _) in needed.items():
            if result != "passed":
                sys.exit(f"the tests are to pass before anything is broken: {' '.join(tests.split())}")

        def attempt(mutant):
            if time.monotonic() - began > options.seconds:
                return
            tests = subjects[mutant.path]
            result, seconds = trial.run(tests, mutant, 20.0 + 4.0 * needed[tests][1])
            tally[mutant.path][result] += 1
            if result == "passed":
                print(f"\n{mutant.path}:{mutant.line} survived {seconds:.0f} s\n{mutant.difference()}", flush=True)

        list(pool.map(attempt, sample))
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
