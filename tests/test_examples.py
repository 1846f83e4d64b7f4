"""Each example runs offline, waits for nothing, and prints what it says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"

PRINTED = {
    "bulkhead": """\
a summary of a
a summary of b
a summary of c
refused, again in 2 s
found within a tenth: True; refused no more than a hundredth: True
""",
    "cached_answers": """\
100 at once: {'Four weeks.'} from 1 call
another tenant: Two weeks. (2 calls)
stale, and the model is down: Four weeks.
forgotten: 2 of 99 answers that cost nothing
""",
    "chaos": """\
calm: {'fine'}
storm: 100 answers, 31 retries
storm: 100 answers, 31 retries
""",
    "circuit_breaker": """\
call 1: provider_unavailable, circuit closed
call 2: provider_unavailable, circuit closed
call 3: provider_unavailable, circuit closed
call 4: provider_unavailable, circuit closed
call 5: provider_unavailable, circuit open
call 6: We will answer 'Hello?' by mail. (5 calls reached the model)
30 s later: half_open
call 7: I am back. circuit closed
""",
    "config_hot_reload": """\
at the start: gpt-4o 2
  gpt-4o says fine
  gpt-4o says fine
  refused: the rate limit of 2 per 3600 s is used up
a good edit:
  model: 'gpt-4o' -> 'gpt-4o-mini'
  rate_limit: 2 -> 3
  timeout: 30.0 -> 60.0
  gpt-4o-mini says fine
  refused: the rate limit of 3 per 3600 s is used up
an edit with three mistakes:
  app.json:1: modle is no known key; did you mean model?
  app.json:2: max_tokens must be an int from 1 to 128000, not 4096.5
  app.json:3: temperature must be a finite number from 0 to 2, not 3
an edit that the retry policy forbids:
  does not suit a policy that follows it: retry: max_attempts=0 must be a whole number of at least 1
still in use: gpt-4o-mini 3
""",
    "detect_injection": """\
passed: Sunny, 21 degrees.
blocked: the guard injection blocked the input: injection: override_instructions, reveal_prompt
blocked: the guard injection blocked the input: injection: override_instructions
blocked: the guard injection blocked the input: injection: codename
passed: Sunny, 21 degrees.
the model was asked 2 times
""",
    "distributed_trace": """\
three results for billing
desk: asking the other service, in the trace: True
search: searching, in the trace: True
traces: 1
invoke_agent triage-agent
  GET /search
    execute_tool search
""",
    "failover": """\
call 1: It is 42, says Anthropic. (openai was asked 1 times, closed)
call 2: It is 42, says Anthropic. (openai was asked 2 times, closed)
call 3: It is 42, says Anthropic. (openai was asked 3 times, open)
call 4: It is 42, says Anthropic. (openai was asked 3 times, open)
call 5: It is 42, says Anthropic. (openai was asked 3 times, open)
30 s later: It is 42, says OpenAI again. closed
""",
    "guard_pipeline": """\
input allowed: True
output becomes: Ana's address is [EMAIL].
tool call allowed: False because rule override matched
answer: Your order is shipped. Questions? Write to [EMAIL].
blocked: the guard pattern_detector blocked the input: rule override matched
the model was asked 1 time
""",
    "hedge": """\
alone: 99 of 100 within 10.0 s, 1000 requests
hedged: 99 of 100 within 1.6 s, 1056 requests
""",
    "many_processes": """\
here for ada: fine
there for ada: fine
here for ada: fine
there for ada: fine
here for ada: rate_limit, again in 60 s
here for bob: fine
there for bob: budget_exhausted, again in 86400 s
sick for eve: no route to the provider
sick for eve: no route to the provider
here for eve: circuit_open, again in 30 s
here for eve: fine
here, no store for ada: provider_unavailable, again in 1 s
""",
    "map_a_list": """\
in the order of the pile, two at a time:
  reading terms of use
  reading release notes
  reading incident report
  reading meeting minutes
  reading travel policy
  Terms in one line.
  Release in one line.
  Incident in one line.
  Meeting in one line.
  Travel in one line.
as they come, whatever fails:
  terms of use: ok
  release notes: ok
  incident report: ok
  meeting minutes: ok
  travel policy: ok
""",
    "metrics": """\
beluga.cache.lookups 1 {'beluga.cache.hit': False}
beluga.cache.lookups 1 {'beluga.cache.hit': True}
beluga.retries 1 {'error.type': 'rate_limit'}
beluga.retries 1 {'error.type': 'provider_unavailable'}
beluga.wait.duration 2 of 1.5 s {'beluga.policy': 'retry'}
beluga.spend.tokens 1500 {}
beluga.spend.cost 0.00045 {}
""",
    "mask_secrets": """\
model: gpt-4o
max_tokens: 4096
openai: {'api_key': 'sk***************ef', 'temperature': 0.7}
database: postgres://app:****@db/shop
still there: True
Settings(model='gpt-4o', api_key=***)
curl -H 'Authorization: Bearer to*****************re'
refused: https://app:****@example.com/v1
refreshToken: secret
X-API-Key: secret
prompt_tokens: harmless
next_page_token: harmless
""",
    "multi_agent_trace": """\
Yes: invoice 7: paid.
request                          ████████████████   500 ms
  invoke_agent triage-agent      ███████·········   200 ms  100+50 tokens
  invoke_agent billing-agent     ······██████████   300 ms  200+150 tokens
    execute_tool lookup_invoice  ············████   100 ms
most tokens: billing-agent (200, 150)
""",
    "multi_image": """\
analysis: 2 images (image/png in high detail, image/png in high detail): the second has a queue.
parts: ['TextPart', 'ImagePart', 'TextPart', 'ImagePart']
shown in logs as: ImagePart(url=None, data=<108 bytes>, mime_type='image/png', detail='low')
analysis: 2 images (image/png in low detail, image/png in low detail): the second has a queue.
refused: ImagePart takes exactly one of url= and data=, not none
refused: ImagePart.url needs a scheme such as https://; for a local file read it and pass data=
refused: the bytes of this ImagePart do not tell what they are; pass mime_type=
""",
    "prices": """\
a million tokens, most of them cached: 0.150 dollars
call 1: 0.150 spent
call 2: 0.300 spent
call 3: 0.450 spent
call 4: 0.600 spent
blue: the budget of 0.5 cost does not cover the call: 0.6 spent or reserved; raise the budget or ask for less
no price is known for the model 'our-own-7b'
red: 0.060 spent
""",
    "prompt_cache": """\
6 messages for anybody
  0: [system] You are a helpful coding assistant.
  1: [system] The code base uses Python 3.11.
  2: [system] All packages follow the registry pattern. | cache point
  3: [user] I'm working on the tool package.
  4: [assistant] I see, what would you like to do? | cache point
  5: [user] How do I add middleware to a tool?
answer: Wrap its function.
8 messages for {'role': 'maintainer', 'flags': {'diffs'}}
  0: [system] You are a helpful coding assistant.
  1: [system] The code base uses Python 3.11.
  2: [system] All packages follow the registry pattern. | cache point
  3: [user] I'm working on the tool package.
  4: [assistant] I see, what would you like to do? | cache point
  5: [user] The user may merge to main.
  6: [user] Answer with a diff.
  7: [user] How do I add middleware to a tool?
answer: Here is the diff.
tools: ['read_file'] fingerprint: 8b8fa65a
lint: timestamp in system_prompt, characters 6 to 22
  so: it differs in each run, so nothing after it is cached; give it in dynamic_context
""",
    "rate_limit": """\
project-a request 1: allowed=True, remaining=2
project-a request 2: allowed=True, remaining=1
project-a request 3: allowed=True, remaining=0
project-a request 4: allowed=False, remaining=0
project-b request 1: allowed=True, remaining=2
project-b request 2: allowed=True, remaining=1
project-b request 3: allowed=True, remaining=0
project-b request 4: allowed=False, remaining=0
answer for a | answer for a | answer for b
refused: the rate limit of 2 per 60 s for this project_id is used up; try again in 60 s
after the wait: answer for a
""",
    "redact_personal_data": """\
John: [EMAIL], [PHONE]. SSN [SSN], card [CREDIT_CARD], EMP-123456.
John: [EMAIL], [PHONE]. SSN [SSN], card [CREDIT_CARD], [EMPLOYEE_ID].
John: john.doe@example.com, 555-123-4567. SSN 123-45-6789, card ****1111, EMP-123456.
  EMAIL at 6 to 26
  PHONE at 28 to 40
  SSN at 46 to 57
  CREDIT_CARD at 64 to 83
the model saw the address: False
the user sees: I wrote to ana@example.com
""",
    "retry": """\
result: It works.
data: It is paid.
the provider asked for 7 s; waited at least: True
not retried: quota_exhausted
""",
    "stream_refusal": """\
200 {}
  It is sunny.
429 {'retry-after': '60'}
  (nothing)
200 {}
  It will rain.
""",
    "structured_output": """\
Invoice(number=7, lines=[Line(text='tea', price=2.5)], currency='EUR')
what the model was told:
That answer cannot be used:
- lines[0].price: expected a number, not "two fifty"
- currency: expected one of "EUR", "USD", not "euro"
Answer again with the whole JSON value, corrected and complete, and with nothing else.
a blurred page: invalid_response after 2 calls: the answer: holds no JSON
a long page: invalid_response after 1 call: the answer was cut at its token limit (length): allow more, or ask for less
""",
    "timeout_budget": """\
model: 4.0 s of its share left, 8.0 s in all
tool: 2.4 s
memory: 7.0 s
after 10 s: turn did not finish within its time budget of 10 s
""",
    "token_budget": """\
blue: 400 tokens, 0.15 cents
blue: 400 tokens, 0.15 cents
blue: 800 of 1000 tokens are spent
green: 400 tokens, 0.15 cents
blue: 800 of 1000 tokens are spent
steps of the agent: 3
""",
    "tracing": """\
The invoice is paid.
request
  invoke_agent triage-agent
    chat gpt-4o
  invoke_agent billing-agent
    execute_tool lookup_invoice
    chat gpt-4o
events: ['beluga.retry']
tokens: 5
""",
}


CHECKED_ELSEWHERE = {"classify_scatter_answer", "graph_routing", "scatter"}
"""Their lines come in an order that is not always the same; see tests/orchestration."""


def test_every_example_is_run():
    """There is no example that nobody checks."""
    assert {path.stem for path in EXAMPLES.glob("*.py")} - CHECKED_ELSEWHERE == set(PRINTED)


@pytest.mark.parametrize("name", sorted(PRINTED))
def test_an_example_prints_what_it_says(name, capsys, monkeypatch):
    """Run as a script, it prints exactly this; the processes that it starts find beluga as this one does."""
    monkeypatch.setenv("PYTHONPATH", str(EXAMPLES.parent))
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out == PRINTED[name]
