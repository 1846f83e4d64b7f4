"""Adversarial texts take time linear in their length."""

from __future__ import annotations

import time

import pytest

from beluga.guards import PIIRedactor, SecretRedactor

SEEDS = [
    "a", "1", "@", "1.", "a@", "a.", "1-", "1 ", "+1", "::", "1:", "://a:", "-----BEGIN PRIVATE KEY-----\n", "A", "eyJa.",
    "password=", "key ", "GB29 ", "4111 ", "(1)", "born 1 ", "March ", "[EMAIL]", "\n", " ", "phone 1", "1 2 3 4 5 ",
    "12 of de ", "4111 1111 ", "::1 ", "k;", "bearer ", "sk-", '"password": "', "GB82 WEST ", "(555) ", "cookie: a=b; ", "token token ", "NO ", "\u200b", "\uff11", "'", "0494 92 ", "https://a:b@c",
]  # fmt: skip


@pytest.mark.parametrize("redactor", [PIIRedactor(), SecretRedactor()], ids=["pii", "secrets"])
@pytest.mark.parametrize("seed", SEEDS)
def test_time_grows_with_the_text_and_no_faster(redactor, seed):
    """Doubling an adversarial text, twice up to a million characters, at most doubles the time each, and a bit."""

    def took(size):
        text = (seed * (size // len(seed) + 1))[:size]
        started = time.process_time()
        redactor.scan(text)
        return time.process_time() - started

    redactor.scan("warm up 1")
    best = dict.fromkeys((250_000, 500_000, 1_000_000), float("inf"))
    for _ in range(12):  # the sizes in turn, and the least of each: a busy machine only ever adds
        best = {size: min(least, took(size)) for size, least in best.items()}
        small, middle, large = best.values()
        # Both together: one of them alone may be the step out of the processor's cache. A square would give 16.
        if large / small <= 2.5**2:
            return
    pytest.fail(f"{small:.3f} s, {middle:.3f} s, {large:.3f} s")


@pytest.mark.parametrize("redactor", [PIIRedactor(), SecretRedactor()], ids=["pii", "secrets"])
@pytest.mark.parametrize("seed", ["4111 ", "password=", "a", "-----BEGIN PRIVATE KEY-----\n", "token token "])
def test_a_stream_of_single_characters_takes_linear_time(redactor, seed):
    """What is held back is not read again and again without end as it grows."""

    def took(size):
        stream = redactor.stream()
        started = time.process_time()
        for letter in (seed * size)[:size]:
            stream.feed(letter)
        stream.close()
        return time.process_time() - started

    best = dict.fromkeys((40_000, 80_000), float("inf"))
    for _ in range(12):
        best = {size: min(least, took(size)) for size, least in best.items()}
        small, large = best.values()
        if large / small <= 2.5:
            return
    pytest.fail(f"{small:.3f} s, {large:.3f} s")
