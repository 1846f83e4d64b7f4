"""How one mutant is tried: the tests that run its line, in a process that has everything loaded already.

A process that starts, imports and collects for each mutant spends ten times as long on that as on the tests. So one
collects all tests once and then waits; for each mutant it makes a copy of itself, which takes a few milliseconds, and
in the copy the changed function gets the code that it would have had:

    warm process:  import, collect --- fork --------------- fork --- ...
                                         '- swap code, test   '- swap code, test

What that cannot show goes the long way, with the change in the file and a process of its own: a change outside
functions, which takes effect when the file is loaded, and whatever survived the short way, since tests that start
processes, and what runs while a file is loaded, saw the old code there.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import itertools
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections import Counter
from inspect import CO_ITERABLE_COROUTINE
from pathlib import Path
from queue import SimpleQueue
from types import CodeType, FunctionType
from typing import NamedTuple

ROOT = Path(__file__).parents[1]

HEAVY = ["asyncio", "coverage", "httpx", "hypothesis.stateful", "loguru", "opentelemetry.sdk.trace", "pytest", "wrapt"]
"""Modules that are loaded once, before the copies of the process that run the tests."""
DEFINITIONS = "tests/test_exports.py"
"""Tests of what loading a file defines; they run none of its lines."""


class Covered(NamedTuple):
    """The tests that run each line of each file, and the seconds of each test."""

    lines: dict[str, dict[int, list[str]]]
    seconds: Counter[str]
    failed: set[str]

    def with_those_of(self, other):
        """Return what both cover."""
        lines = {path: dict(rows) for path, rows in self.lines.items()}
        for path, rows in other.lines.items():
            mine = lines.setdefault(path, {})
            for line, tests in rows.items():
                mine[line] = [*mine.get(line, ()), *tests]
        return Covered(lines, self.seconds + other.seconds, self.failed | other.failed)

    def tests(self, mutant, patience):
        """Return the tests that run the line of the mutant, the quick ones first, for `patience` seconds together."""
        lines = self.lines.get(mutant.path, {})
        # A line inside a statement need not count as run: the one above does, where the statement begins.
        line = max((line for line in lines if line <= mutant.line), default=0)
        names = set(lines.get(line, ()))
        if names == {""}:  # what loading the file runs may be seen by every test that enters it
            names = set().union(*lines.values(), (test for test in self.seconds if test.startswith(DEFINITIONS)))
        quick = sorted(names - {""} - self.failed, key=self.seconds.__getitem__)
        ends = itertools.accumulate(self.seconds[test] for test in quick)
        return [test for test, end in zip(quick, ends, strict=True) if end <= patience] or quick[:1]


class _Lines:
    """A plugin of pytest that notes the lines that each test runs, and its seconds."""

    def __init__(self, measured):
        self._measured = measured
        self.seconds = Counter()
        self.failed = set()

    def pytest_runtest_setup(self, item):
        self._measured.switch_context(_function(item.nodeid))

    def pytest_runtest_logreport(self, report):
        self.seconds[_function(report.nodeid)] += report.duration
        if report.failed:
            self.failed.add(_function(report.nodeid))

    def tests(self):
        """Return the names of the tests of each line of each file; "" stands for what loads the file."""
        data = self._measured.get_data()
        return {
            str(Path(path).relative_to(Path.cwd())): data.contexts_by_lineno(path) for path in data.measured_files()
        }


def _function(test):
    """Return the name of the test without its parameters, whose texts a command line may not bear."""
    return test.partition("[")[0]


class _Warm:
    """A plugin of pytest that runs, in place of all tests, those that are asked for, each time in a copy of itself."""

    def __init__(self, asked):
        self._asked = asked

    def pytest_runtestloop(self, session):
        """Answer until there is nothing more to ask: "passed", "failed", "timed out", or None where it cannot tell."""
        items = {}
        for item in session.items:
            items.setdefault(_function(item.nodeid), []).append(item)
        _load_all()
        functions = {}
        for found in gc.get_objects():
            if isinstance(found, FunctionType):
                functions.setdefault(_place(found.__code__), []).append(found)
        gc.freeze()  # or each copy would copy what its first collection marks
        self._asked.send("ready")
        while (order := self._asked.recv()) is not None:
            tests, change, limit = order
            child = os.fork()
            if not child:
                self._try(session, [item for test in tests for item in items.get(test, ())], change, functions)
            self._asked.send(_waited(child, limit))
        return True

    def _try(self, session, items, change, functions):
        """Run the items with the change, and exit."""
        from _pytest.main import pytest_runtestloop

        os.setpgid(0, 0)
        if not _swap(*change, functions):
            os._exit(_CANNOT)
        session.items = items
        try:
            pytest_runtestloop(session)
        except BaseException:  # "stopping after 1 failures", or a test that ends more than itself
            os._exit(1)
        os._exit(1 if session.testsfailed else 0)


_CANNOT = 77


def _waited(child, limit):
    """Wait for the process, end it after `limit` seconds, and say what its exit means."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return {0: "passed", _CANNOT: None}.get(code, "failed")
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timed out"


def _place(code):
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _swap(path, before, after, line, functions):
    """Give each function around `line` the code that it has after the change; say whether that shows all of it."""
    old, new = (_codes(compile(source, path, "exec", dont_inherit=True)) for source in (before, after))
    first = _function_around(ast.parse(before), line)
    pairs = [(old[place], new[place]) for place in old.keys() & new.keys() if old[place] != new[place]]
    around = next((was.co_qualname for was, _ in pairs if was.co_firstlineno == first), None)
    swapped = False
    for was, now in pairs:
        if was.co_qualname != around and not was.co_qualname.startswith(f"{around}.<locals>."):
            continue
        for function in functions.get(_place(was), ()):
            if was.co_freevars == now.co_freevars:
                awaits = function.__code__.co_flags & CO_ITERABLE_COROUTINE  # which `types.coroutine` sets
                function.__code__ = now.replace(co_flags=now.co_flags | awaits)
                swapped = swapped or was.co_qualname == around
    return swapped


def _load_all():
    """Load every module of the package that can be loaded here, since many are not before somebody needs them."""
    for path in sorted(Path("beluga").rglob("*.py")):
        if path.stem != "__main__":
            with contextlib.suppress(ImportError):  # for want of a library
                importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))


def _codes(module):
    """Return the code of the functions of the module by their places; of two lambdas in one line neither."""
    found = [constant for constant in module.co_consts if isinstance(constant, CodeType)]
    inside = [code for each in found for code in (each, *_codes(each).values())]
    number = Counter(map(_place, inside))
    return {_place(code): code for code in inside if number[_place(code)] == 1}


def _function_around(tree, line):
    """Return the first line, that of its first decorator, of the outermost function with `line` in its body."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.body[0].lineno <= line <= node.end_lineno:
                return min([node.lineno, *(each.lineno for each in node.decorator_list)])
        elif (found := _function_around(node, line)) is not None:
            return found
    return None


def _run_tests(directory, arguments, answer=None, asked=None):
    """Run pytest in the directory, with its output in a file there; the exit code is its own.

    With `answer`, a connection, all tests run, and the lines that they run are sent there; with `asked`, those that are
    asked for there.
    """
    os.chdir(directory)
    sys.path.insert(0, directory)
    sys.dont_write_bytecode = False  # compiling the package takes as long as loading it
    os.environ["PYTHONPATH"] = directory  # for the processes that tests start
    silent = os.open("output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    import pytest

    loaded_before = "-Wignore::pytest.PytestAssertRewriteWarning"
    arguments = [*arguments, "-q", "--tb=no", "-p", "no:cacheprovider", loaded_before]
    if answer is None:
        plugins = [] if asked is None else [_Warm(asked)]
        os._exit(pytest.main([*arguments, "-x", "--timeout=60", "--timeout-method=thread"], plugins=plugins))
    import coverage

    measured = coverage.Coverage(data_file=None, source=["beluga"], config_file=False)
    lines = _Lines(measured)
    measured.start()
    pytest.main(arguments, plugins=[lines])
    measured.stop()
    answer.send((lines.tests(), lines.seconds, lines.failed))
    os._exit(0)


def _parts(tests):
    """Return the tests in two parts, of which the first is enough to notice most mutants and loads but a few files."""
    files = Counter(test.partition("::")[0] for test in tests)
    near = {DEFINITIONS, *(file for file, _ in files.most_common(3))}
    parts = [[test for test in tests if (test.partition("::")[0] in near) is is_near] for is_near in (True, False)]
    return filter(None, parts)


class Trial:
    """Copies of the project in which mutants are tried, one at a time in each.

    Args:
        directory: Where the copies go.
        jobs: How many there are.
        tests: All tests.
    """

    def __init__(self, directory, jobs, tests):
        self._tests = tests
        self._free = SimpleQueue()
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(HEAVY)
        for number in range(jobs):
            copy = Path(directory, str(number))
            copy.mkdir()
            shutil.copytree(ROOT / "beluga", copy / "beluga", ignore=shutil.ignore_patterns("__pycache__"))
            for name in ("tests", "tools", "examples", "docs", "pyproject.toml", "README.md"):
                (copy / name).symlink_to(ROOT / name)
            self._free.put((copy, None))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Let the warm processes end."""
        while not self._free.empty():
            _, warm = self._free.get()
            if warm is not None:
                warm.send(None)

    def lines(self, tests):
        """Return what the tests cover, and name those that fail before anything is broken."""
        copy, warm = self._free.get()
        ours, answer = self._processes.Pipe(duplex=False)
        self._processes.Process(target=_run_tests, args=(str(copy), tests, answer)).start()
        answer.close()  # so that the end of the process, however it comes, is an end here too
        covered = Covered(*ours.recv())
        self._free.put((copy, warm))
        for test in sorted(covered.failed):
            print(f"left out, since it fails before anything is broken: {test}", flush=True)
        return covered

    def run(self, tests, mutant, limit):
        """Return how the tests end with the mutant in place: "passed", "failed" or "timed out"."""
        copy, warm = self._free.get()
        try:
            warm = warm or self._warm(copy)
            before = (ROOT / mutant.path).read_text(encoding="utf-8")
            change = str(copy / mutant.path), before, mutant.applied(before), mutant.line
            warm.send((tests, change, limit))
            result = warm.recv()
            if result in {None, "passed"}:
                for part in _parts(tests):
                    result = self._run_from_file(copy, part, change, limit)
                    if result != "passed":
                        break
            return result
        finally:
            self._free.put((copy, warm))

    def _warm(self, copy):
        ours, asked = self._processes.Pipe()
        self._processes.Process(target=_run_tests, args=(str(copy), self._tests, None, asked)).start()
        asked.close()
        ours.recv()
        return ours

    def _run_from_file(self, copy, tests, change, limit):
        path, before, after, _ = change
        changed = Path(path)
        try:
            changed.write_text(after, encoding="utf-8")
            process = self._processes.Process(target=_run_tests, args=(str(copy), tests))
            process.start()
            process.join(limit)
            if process.exitcode is None:
                process.kill()
                process.join()
                return "timed out"
            return "failed" if process.exitcode else "passed"
        finally:
            changed.write_text(before, encoding="utf-8")
            for compiled in (changed.parent / "__pycache__").glob(f"{changed.stem}.*"):
                compiled.unlink()  # which is told from the next change by whole seconds alone
