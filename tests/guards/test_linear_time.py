"""Adversarial texts take time linear in their length."""

from __future__ import annotations

import time

import pytest

from beluga.guards import PIIRedactor, SecretRedactor

SEEDS = [
    "a", "1", "@", "1.", "a@", "a.", "1-", "1 ", "+1", "::", "1:", "://a:", "-----BEGIN PRIVATE KEY-----\n", "A", "eyJa.",
    "password=", "password: ", "| token |\n", "key ", "GB29 ", "4111 ", "(1)", "born 1 ", "March ", "[EMAIL]", "\n", " ", "phone 1", "1 2 3 4 5 ",
    "12 of de ", "4111 1111 ", "::1 ", "k;", "bearer ", "sk-", '"password": "', "GB82 WEST ", "(555) ", "cookie: a=b; ", "token token ", "NO ", "\u200b", "\uff11", "'", "0494 92 ", "https://a:b@c",
    "curl ", "mysql -p ", "token\n", "name,password,token\n", "authorization: bearer ",
]  # fmt: skip


def grows(redactor, seed, small, large):
    """Assert that `large` characters take at most 2.5 times as long for each doubling as `small` ones do."""

    def took(size):
        text = (seed * (size // len(seed) + 1))[:size]
        started = time.process_time()
        redactor.scan(text)
        return time.process_time() - started

    redactor.scan("warm up 1")
    best = dict.fromkeys((small, large), float("inf"))
    for _ in range(12):  # the sizes in turn, and the least of each: a busy machine only ever adds
        best = {size: min(least, took(size)) for size, least in best.items()}
        # Two doublings together: one of them alone may be the step out of the processor's cache. A square gives 16.
        if best[large] / best[small] <= 2.5**2:
            return
    pytest.fail(f"{best[small]:.3f} s, {best[large]:.3f} s")


@pytest.mark.parametrize("redactor", [PIIRedactor(), SecretRedactor()], ids=["pii", "secrets"])
@pytest.mark.parametrize("seed", SEEDS)
def test_time_grows_with_the_text_and_no_faster(redactor, seed):
    """An adversarial text four times as long, eight windows instead of two, takes four times as long, and a bit."""
    grows(redactor, seed, 32_000, 128_000)


@pytest.mark.parametrize("redactor", [PIIRedactor(), SecretRedactor()], ids=["pii", "secrets"])
def test_a_million_characters_cost_no_more_each(redactor):
    """What grows with the whole text, such as a copy of it for each finding, shows at a million of all that there is."""
    grows(redactor, "".join((seed * 100)[:400] + "\n" for seed in SEEDS), 250_000, 1_000_000)


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

    # Each ends where a window of the longest passage does (16,384, then 12,288 more each): a passage is searched once,
    # when it is in, so that time rises in steps, and between two of them twice the text may take 2.3 times the time.
    best = dict.fromkeys((28_700, 53_300), float("inf"))
    for _ in range(12):
        best = {size: min(least, took(size)) for size, least in best.items()}
        small, large = best.values()
        if large / small <= 2.5:
            return
    pytest.fail(f"{small:.3f} s, {large:.3f} s")
