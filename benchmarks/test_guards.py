"""What it costs to look for personal data and secrets in a conversation, beside the peers that are installed."""

from __future__ import annotations

import pytest

from beluga.guards import PIIRedactor, SecretRedactor
from benchmarks import peers, scanners

LINES = scanners.conversation().split("\n")


def _contenders(kind, others):
    """Return those that are installed, ours first."""
    present = {name: make for name, (module, make) in others.items() if peers.installed(module)}
    return {"beluga": lambda: scanners.ours(kind), **present}


PII = _contenders(PIIRedactor, scanners.PII)
SECRETS = _contenders(SecretRedactor, scanners.SECRETS)


@pytest.mark.benchmark(group="personal data in 200 lines")
@pytest.mark.parametrize("make", PII.values(), ids=PII)
def test_personal_data(benchmark, make):
    """The lines with an address, a card or an account number are found, whoever looks."""
    scan = make()
    benchmark.extra_info["characters"] = sum(map(len, LINES))
    found = benchmark(lambda: [list(scan(line)) for line in LINES])
    assert sum(map(bool, found)) >= 8


@pytest.mark.benchmark(group="secrets in 200 lines without any")
@pytest.mark.parametrize("make", SECRETS.values(), ids=SECRETS)
def test_secrets(benchmark, make):
    """Nothing that counts is found where there is none."""
    scan = make()
    benchmark.extra_info["characters"] = sum(map(len, LINES))
    found = benchmark(lambda: [list(scan(line)) for line in LINES])
    assert sum(map(bool, found)) <= len(LINES) // 10


@pytest.mark.benchmark(group="a stream of tokens")
@pytest.mark.parametrize("kind", [PIIRedactor, SecretRedactor])
def test_stream(benchmark, kind):
    """A conversation in pieces of four characters comes out as it would whole."""
    text = "\n".join(LINES)
    redactor = kind()
    pieces = [text[at : at + 4] for at in range(0, len(text), 4)]

    def run():
        stream = redactor.stream()
        return "".join(map(stream.feed, pieces)) + stream.close()

    benchmark.extra_info["characters"] = len(text)
    assert benchmark(run) == redactor.redact(text)
