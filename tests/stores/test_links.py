"""What comes over the wire is cut into answers right, however it arrives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from beluga.stores.links import ServerError, _Answers

texts = st.binary(max_size=8) | st.sampled_from([b"\r\n", b"*1\r\n:1\r\n", b"$"])
plain = st.integers(-(10**16), 10**16) | texts | st.sampled_from(["ERR no", "OOM"])
answers = st.recursive(plain, lambda inner: st.lists(inner, max_size=4), max_leaves=8)


def sent(answer):
    if isinstance(answer, int):
        return b":%d\r\n" % answer
    if isinstance(answer, bytes):
        return b"$%d\r\n%b\r\n" % (len(answer), answer)
    if isinstance(answer, list):
        return b"*%d\r\n" % len(answer) + b"".join(map(sent, answer))
    return f"-{answer}\r\n".encode()


def shown(answer):
    if isinstance(answer, list):
        return [shown(each) for each in answer]
    return str(answer) if isinstance(answer, ServerError) else answer


@given(st.lists(answers, max_size=5), st.lists(st.integers(1, 30), max_size=30))
def test_answers_are_the_same_however_they_are_cut(expected, cuts):
    """Numbers, texts that look like the protocol, errors and lists in lists, over any borders."""
    data, reader, found = b"".join(map(sent, expected)), _Answers(), []
    for size in cuts:
        found += reader.feed(data[:size])
        data = data[size:]
    found += reader.feed(data)
    assert shown(found) == expected
