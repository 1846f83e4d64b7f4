"""Adversarial texts take time linear in their length."""

from __future__ import annotations

import time

import pytest

from beluga.guards import PIIRedactor, SecretRedactor

SEEDS = [
    "a", "1", "@", "1.", "a@", "a.", "1-", "1 ", "+1", "::", "1:", "://a:", "-----BEGIN PRIVATE KEY-----\n", "A", "eyJa.",
    "password=", "key ", "GB29 ", "4111 ", "(1)", "born 1 ", "March ", "[EMAIL]", "\n", " ", "phone 1", "1 2 3 4 5 ",
    "12 of de ", "cookie: a=b; ", "token token ", "NO ", "\u200b", "\uff11", "'", "0494 92 ", "https://a:b@c",
]  # fmt: skip
SIZE = 30_000


def seconds(redactor, text):
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        redactor.scan(text)
        best = min(best, time.process_time() - started)
    return best


@pytest.mark.parametrize("redactor", [PIIRedactor(), SecretRedactor()], ids=["pii", "secrets"])
@pytest.mark.parametrize("seed", SEEDS)
def test_eight_times_the_text_takes_about_eight_times_as_long(redactor, seed):
    """Three doublings at 2.5 each are the most; the square of the length would be 64."""
    redactor.scan("warm up 1")
    small, large = (seed * (size // len(seed) + 1) for size in (SIZE, 8 * SIZE))

    assert seconds(redactor, large) <= 2.5**3 * max(seconds(redactor, small), 0.0005)
