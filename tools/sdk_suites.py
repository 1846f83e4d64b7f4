"""Run the test suites of the providers' own SDKs, unchanged, against the served fake provider.

``python tools/sdk_suites.py`` fetches the source distributions of the installed openai and anthropic, serves a fake,
and runs those of their tests that are about what it serves. Then the recorded streams that the suites carry go through
our dialects, whole and in any cut. It fails where less than 97 % of the tests pass that are not refused as the provider
itself would refuse them.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from pathlib import Path

import httpx
import pytest

from beluga import ProviderError, llm
from beluga.llm import FakeProvider, collect

LEAST = 0.97
SUITES = {
    "openai": (
        *("chat", "responses", "test_responses.py", "test_embeddings.py", "test_models.py", "test_moderations.py"),
    ),
    "anthropic": ("test_messages.py", "test_models.py", "beta/test_messages.py", "beta/test_models.py"),
}
REFUSED = {
    r"'stream_options': only allowed when 'stream' is enabled": "OpenAI takes stream_options with a stream alone",
    r"a response with the id '.*' was not found": "OpenAI goes on from no response that it never gave",
    r"(?s)data\.0\.embedding.*Input should be a valid list": (
        "the SDK asks for base64 by itself, and its strict client refuses what it asked for"
    ),
}
"""What the fake refuses as the provider does, by what is raised, with the reason."""

_SEEN = "SDK_SUITES_SEEN"


def source_of(package: str, into: Path) -> Path:
    """Return the unpacked source distribution of the installed release of `package`."""
    release = f"{package}=={importlib.metadata.version(package)}"
    fetch = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", package, "-d", str(into)]
    subprocess.run([*fetch, release], check=True)
    (archive,) = into.glob(f"{package}-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(into, filter="data")
    return into / archive.name.removesuffix(".tar.gz")


def run(source: Path, tests: tuple[str, ...], url: str, seen: Path) -> None:
    """Run `tests` of an SDK against `url`; each outcome goes into a line of `seen`."""
    paths = [f"tests/api_resources/{test}" for test in tests]
    plain = ["-q", "-p", "no:cacheprovider", "-p", "sdk_suites", "-o", "addopts=", "--tb=line", "--timeout=60"]
    here = os.pathsep.join((str(Path(__file__).parent), *filter(None, (os.environ.get("PYTHONPATH"),))))
    told = {**os.environ, "TEST_API_BASE_URL": url, "PYTHONPATH": here, _SEEN: str(seen)}
    subprocess.run([sys.executable, "-m", "pytest", *plain, *paths], cwd=source, env=told, check=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Count what is refused for a good reason as expected, and write down what each test came to."""
    outcome = yield
    report = outcome.get_result()
    if report.failed and call.excinfo is not None:
        said = str(call.excinfo.value) + str(call.excinfo.value.__cause__ or "")
        reason = next((reason for pattern, reason in REFUSED.items() if re.search(pattern, said)), None)
        if reason is not None:
            report.outcome, report.wasxfail = "skipped", reason
    if report.when == "call" or report.outcome == "failed":
        with Path(os.environ[_SEEN]).open("a", encoding="utf-8") as seen:
            seen.write(f"{getattr(report, 'wasxfail', report.outcome)}\t{item.nodeid}\n")


def replay(recorded: bytes, cuts: tuple[int, ...]) -> object:
    """Return what our dialect makes of a recorded stream that comes in pieces: the answer, or the kind of error."""
    ends = (0, *cuts, len(recorded))

    class Body(httpx.SyncByteStream):
        def __iter__(self):
            return (recorded[begin:end] for begin, end in itertools.pairwise(ends))

    headers = {"content-type": "text/event-stream"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=Body()))
    model = llm.new("anthropic", model="m", api_key="k", transport=transport)
    try:
        answer = collect(model.stream("hi"))
    except ProviderError as error:
        return error.code
    return answer.message, answer.usage, answer.finish_reason


def replayed(source: Path) -> bool:
    """Say whether each recorded stream gives one and the same answer in whatever pieces it comes."""
    rng, fine = random.Random(0), True
    recordings = sorted([*source.glob("tests/**/fixtures/**/*.txt"), *source.glob("tests/**/fixtures/**/*.sse")])
    for path in recordings:
        recorded = path.read_bytes()
        size = len(recorded)
        cuts = [tuple(range(1, size)), *((cut,) for cut in range(1, size, max(1, size // 100)))]
        cuts += [tuple(sorted(rng.sample(range(1, size), min(9, size - 1)))) for _ in range(50)]
        whole = replay(recorded, ())
        differ = sum(replay(recorded, cut) != whole for cut in cuts)
        fine = fine and not differ and isinstance(whole, tuple)
        told = f"{whole[2]}, {len(whole[0].parts)} parts" if isinstance(whole, tuple) else f"refused: {whole}"
        print(f"  {path.name}: {told}; {len(cuts)} cuts, {differ} differ")
    return fine and bool(recordings)


def main() -> int:
    """Run all, and return the exit status."""
    fine = True
    for package, tests in SUITES.items():
        with tempfile.TemporaryDirectory() as directory:
            source, seen = source_of(package, Path(directory)), Path(directory, "seen")
            fake = FakeProvider()
            fake.default("Hello!")
            with fake.serve() as url:
                run(source, tests, f"{url}/v1" if package == "openai" else url, seen)
            counted = Counter(line.partition("\t")[0] for line in seen.read_text(encoding="utf-8").splitlines())
            refused = {reason: counted[reason] for reason in REFUSED.values() if counted[reason]}
            asked = counted["passed"] + counted["failed"]
            print(f"{package} {source.name}: {counted['passed']} of {asked} pass, {counted['skipped']} are skipped")
            for reason, times in refused.items():
                print(f"  refused {times} times: {reason}")
            fine = fine and asked > 0 and counted["passed"] >= LEAST * asked
            if package == "anthropic":
                fine = replayed(source) and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
