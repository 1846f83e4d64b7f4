"""Scripts in files: everything a script can hold, and every problem with its line."""

from __future__ import annotations

import json

import pytest

from beluga._cli.fake import load_script
from beluga.errors import ConfigError, ErrorCode
from beluga.llm import faults
from beluga.schema import ToolCall, Usage
from beluga.testing import fake_clock

FULL = {
    "seed": 3,
    "cache": True,
    "fault_rate": 0,
    "script": [
        "one",
        {"text": "two", "times": 2},
        {"fault": "rate_limit", "retry_after": 2},
        {"fault": "stall", "seconds": 90},
        {
            "text": "three",
            "thinking": "hm",
            "tools": [{"name": "f", "arguments": {"x": 1}}, {"id": "mine", "name": "g"}],
            "usage": {"input_tokens": 5, "output_tokens": 7},
            "finish_reason": "length",
            "per_token": 0.5,
        },
    ],
    "rules": [{"when": "refund", "answers": [{"fault": "server_error", "status": 503, "times": 2}, "on its way"]}],
    "default": {"text": "else"},
}


def written(path, content):
    """Write a script."""
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path


def test_everything_can_be_said(tmp_path):
    """Texts, replies, faults, delays, repetitions, rules and a default."""
    fake = load_script(written(tmp_path / "script.json", FULL))
    assert fake.seed == 3
    assert [fake.generate("hi").text for _ in range(3)] == ["one", "two", "two"]
    with pytest.raises(Exception, match=r"rate_limit, status 429, retry after 2 s"):
        fake.generate("hi")
    with fake_clock() as clock:
        last = fake.generate("hi")
        assert clock.monotonic() == 90.0 + 4 * 0.5
    assert last.tool_calls == (ToolCall("call_5_1", "f", {"x": 1}), ToolCall("mine", "g"))
    assert (last.usage, last.finish_reason) == (Usage(5, 7), "length")
    for _ in range(2):
        with pytest.raises(Exception, match="503"):
            fake.generate("my refund")
    assert [fake.generate(text).text for text in ("my refund", "my refund", "hi", "hi")] == [
        *("on its way", "on its way"),
        *("else", "else"),
    ]
    fake.assert_done()


def test_other_formats_say_the_same(tmp_path):
    """YAML and TOML are read as well."""
    yaml = "script:\n  - one\n  - fault: quota\nrules:\n  - when: x\n    answers: [y]\n"
    toml = 'script = ["one", {fault = "quota"}]\nrules = [{when = "x", answers = ["y"]}]\n'
    for name, content in (("s.yaml", yaml), ("s.yml", yaml), ("s.toml", toml)):
        fake = load_script(written(tmp_path / name, content))
        assert [fake.generate(text).text for text in ("x", "one")] == ["y", "one"]
        with pytest.raises(Exception, match="quota"):
            fake.generate("hi")


@pytest.mark.parametrize("name", [name for name in faults.__all__ if name[0].islower() and name != "mixed"])
def test_every_fault_has_its_name(tmp_path, name):
    """What the module of faults makes, a file can ask for."""
    arguments = {"seconds": 1.0} if name in {"stall", "slow_tokens"} else {}
    load_script(written(tmp_path / "s.json", {"script": [{"fault": name, **arguments}]}))


PROBLEMS = """{
  "seed": "x",
  "skript": [],
  "script": [
    5,
    {"txt": "hi"},
    {"text": 7},
    {"fault": "rate_limits"},
    {"fault": "rate_limit", "retry_after": -1},
    {"fault": "quota", "seconds": 1},
    {"text": "x", "times": 0},
    {"text": "x", "tools": [{"arguments": {}}]},
    {"text": "x", "usage": {"input_tokens": -1}}
  ],
  "rules": [
    {"answers": ["x"]},
    {"when": "x", "answers": []}
  ],
  "default": ["x"]
}"""


def test_every_problem_is_told_with_its_line(tmp_path):
    """All at once, each with file, line, what is wrong, and the name that was meant."""
    path = written(tmp_path / "s.json", PROBLEMS)
    with pytest.raises(ConfigError) as caught:
        load_script(path)
    told = {problem.source.removeprefix(f"{path}:"): str(problem) for problem in caught.value.errors}
    expected = {
        "2": "seed must be an int, not 'x'",
        "3": "did you mean script?",
        "5": "must be a text or a table",
        "6": "did you mean text?",
        "7": "text must be a string, not 7",
        "8": "did you mean 'rate_limit'?",
        "9": "retry_after is a number of seconds from 0 on",
        "10": "seconds is no known key",
        "11": "times must be an int from 1 to 10000, not 0",
        "12": "tools[0].name is required",
        "13": "no figure of Usage can be negative",
        "16": "when is required",
        "17": "answers must be a list of at least 1 item, ",
        "19": "must be a text or a table",
    }
    assert told.keys() == expected.keys()
    for line, words in expected.items():
        assert words in told[line]
    assert caught.value.code is ErrorCode.INVALID_INPUT


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("s.json", "[]", "must hold a table at its top"),
        ("s.json", "{", "is not JSON"),
        ("s.json", "", "is empty"),
        ("s.ini", "{}", "ending"),
        ("s.json", '{"script": "one"}', "script must be a list"),
        ("s.json", '{"rules": [5]}', "must be a table"),
        ("s.json", '{"fault_rate": 2}', "from 0 to 1"),
        ("s.json", '{"cache": 1}', "true or false"),
        ("s.json", '{"script": [{"fault": 5}]}', "must be one of"),
        ("s.json", '{"script": [{"tools": [5]}]}', "must be a table"),
        ("s.json", '{"script": [{"usage": {"tokens": 5}}]}', "usage.tokens is no known key"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, name, content, told):
    """Whatever is wrong, it is a ConfigError with the file's name, and no traceback from inside."""
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")) as caught:
        load_script(written(tmp_path / name, content))
    assert told in str(caught.value)


def test_a_missing_file_is_an_os_error(tmp_path):
    """As for every other file."""
    with pytest.raises(FileNotFoundError):
        load_script(tmp_path / "none.json")


def test_a_plain_text_has_an_answer_a_line(tmp_path):
    """For those who want no more than that."""
    fake = load_script(written(tmp_path / "s.txt", "It is sunny.\n\n{}\n"))
    assert [fake.generate("hi").text for _ in range(2)] == ["It is sunny.", "{}"]
    fake.assert_done()


def test_a_text_that_is_not_utf_8_is_refused_and_a_mark_before_it_is_not_an_answer(tmp_path):
    """As in the other formats: a byte order mark belongs to the file, and another encoding is told with its place."""
    (tmp_path / "s.txt").write_bytes("\ufeffHello.\n".encode())
    assert load_script(tmp_path / "s.txt").generate("hi").text == "Hello."
    (tmp_path / "s.txt").write_bytes(b"Hello.\nGr\xfc\xdfe\n")
    with pytest.raises(ConfigError, match=r"s\.txt:2: is not UTF-8 at byte 9"):
        load_script(tmp_path / "s.txt")
