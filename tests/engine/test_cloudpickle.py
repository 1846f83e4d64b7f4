"""Decorated functions of a program, lambdas and closures in the workers of Ray, Dask, joblib and Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import beluga

pytest.importorskip("cloudpickle", reason="it comes with the tools that use it; the tests' environment has it")

PROGRAM = """
import asyncio, sys
import cloudpickle
from beluga import RateLimiter, breaker, budget, retry

limit = RateLimiter(10)

@budget(10)
@retry(initial_backoff=0)
@breaker(failure_threshold=2)
@limit
def ask(question, calls=[]):
    calls.append(1)
    if len(calls) % 2:
        raise ConnectionError
    return question.upper()

@budget(10)
@retry
async def ask_async(question):
    return question.upper()

@retry
@limit
def stream(question):
    yield from question

@budget(10)
@limit
async def stream_async(question):
    for letter in question:
        yield letter

class Agent:
    @retry
    @breaker
    def ask(self, question):
        return question * 2

add = retry(lambda number: number + 1)

def adder(number):
    @breaker(key="other")
    def added(other):
        return number + other
    return added

if sys.argv[1] == "called":
    ask("x"), asyncio.run(ask_async("x")), list(stream("xy")), add(1), Agent().ask("x"), adder(1)(2)
named = {"ask": ask, "ask_async": ask_async, "stream": stream, "stream_async": stream_async, "ask_agent": Agent().ask}
sys.stdout.buffer.write(cloudpickle.dumps({**named, "add": add, "add_five": adder(5)}))
"""

WORKER = """
import asyncio, pickle, sys
import cloudpickle
from beluga import explain, layers

given = pickle.loads(sys.stdin.buffer.read())
for functions in (given, pickle.loads(cloudpickle.dumps(given))):
    ask, stream = functions["ask"], functions["stream"]
    print(ask("hi"), asyncio.run(functions["ask_async"]("hi")), list(stream("hi")))
    async def collect():
        return [letter async for letter in functions["stream_async"]("hi")]
    print(asyncio.run(collect()), functions["ask_agent"]("hi"), functions["add"](1), functions["add_five"](1))
    print([layer.name for layer in layers(ask)], layers(ask)[-1] is layers(stream)[-1], layers(ask)[-1].remaining())
    print(explain(ask).splitlines()[-1].strip())
"""


def run(program, *args, given=b""):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(beluga.__file__).parents[1]), *sys.path])}
    command = [sys.executable, "-c", program, *args]
    done = subprocess.run(command, input=given, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("when", ["called", "not called"])
def test_what_is_decorated_runs_in_a_worker(when):
    """Of every kind, called before or not, with its policies, which begin anew and share what they shared."""
    said = run(WORKER, given=run(PROGRAM, when)).decode().splitlines()
    expected = [
        "HI HI ['h', 'i']",
        "['h', 'i'] hihi 2 6",
        "['budget', 'retry', 'breaker', 'rate_limited'] True 6",  # of ten: two attempts, and two streams
        "note: unpickled here, so what its policies remember began anew in this process",
    ]
    assert said == expected * 2  # pickled once more in the worker, it is the same
