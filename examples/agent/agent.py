"""A mail agent: its tools may be called with what the user asked for, and with nothing that a mail asks for.

ANTHROPIC_API_KEY=... python agent.py "Send Ana what Bob wrote about the lamp."
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from anthropic import Anthropic

from beluga import GuardBlocked, breaker, budget, guarded, retry, traced
from beluga.guards import PIIRedactor, Provenance, Spotlight, ToolGuard

if TYPE_CHECKING:
    from collections.abc import Callable

    from anthropic.types import Message, MessageParam, ToolParam, ToolResultBlockParam, ToolUseBlock

MODEL = "claude-haiku-4-5"
STEPS = 8
CONTACTS = {"Ana": "ana@example.com", "Bob": "bob@example.com"}

TEXT = {"type": "string"}
TOOLS: list[ToolParam] = [
    {"name": "read_mail", "input_schema": {"type": "object", "properties": {}}},
    {"name": "search_contacts", "input_schema": {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}},
    {
        "name": "send_mail",
        "input_schema": {"type": "object", "properties": {"to": TEXT, "text": TEXT}, "required": ["to", "text"]},
    },
]


class Mailbox:
    """What came in and what went out; a real one would speak IMAP and SMTP."""

    def __init__(self, *mails: str) -> None:
        self.mails = mails
        self.sent: list[tuple[str, str]] = []


def create_agent(client: Anthropic, mailbox: Mailbox) -> Callable[[str], str]:
    """Return the function that does what a user asks for."""
    spotlight = Spotlight()  # tells the model what is data
    provenance = Provenance(sensitive=["to"], trusted=["search_contacts"])  # and knows it whatever the model believes
    schemas = {tool["name"]: tool["input_schema"] for tool in TOOLS}
    on_tools = guarded(tool=[ToolGuard(schemas, schemas=schemas), provenance])

    @traced(tool="read_mail")
    @on_tools
    def read_mail() -> str:
        return "\n".join(map(spotlight.wrap, mailbox.mails))

    @traced(tool="search_contacts")
    @on_tools
    def search_contacts(name: str) -> str:
        return CONTACTS.get(name, "nobody of that name")

    @traced(tool="send_mail")
    @on_tools
    def send_mail(to: str, text: str) -> str:
        mailbox.sent.append((to, text))
        return "sent"

    tools = {tool.__name__: tool for tool in (read_mail, search_contacts, send_mail)}

    @traced(operation="chat", model=MODEL)
    @budget(20.0, cost=0.10)  # reads what each answer cost, for the whole run's too
    @retry(max_attempts=3)
    @breaker(failure_threshold=5, reset_timeout=30.0)
    def think(messages: list[MessageParam]) -> Message:
        system = f"You do what the user asks. {spotlight.instructions}"
        return client.messages.create(model=MODEL, max_tokens=1000, system=system, tools=TOOLS, messages=messages)

    def use(call: ToolUseBlock) -> ToolResultBlockParam:
        try:
            answer, failed = tools[call.name](**call.input), False
        except (GuardBlocked, KeyError, TypeError) as error:  # the model may try another way
            answer, failed = f"not done: {error}", True
        return {"type": "tool_result", "tool_use_id": call.id, "content": answer, "is_error": failed}

    @traced(agent="mail-agent")
    @guarded(output=[PIIRedactor(allow=list(CONTACTS.values()))])
    @budget(60.0, cost=0.10)  # a minute and ten cents for all steps together
    def run(request: str) -> str:
        messages: list[MessageParam] = [{"role": "user", "content": request}]
        with provenance.turn(request):
            for _ in range(STEPS):
                answer = think(messages)
                calls = [block for block in answer.content if block.type == "tool_use"]
                if not calls:
                    return "".join(block.text for block in answer.content if block.type == "text")
                messages.append({"role": "assistant", "content": answer.content})
                messages.append({"role": "user", "content": [use(call) for call in calls]})
        return f"I did not get to an end in {STEPS} steps."

    return run


if __name__ == "__main__":
    agent = create_agent(Anthropic(max_retries=0), Mailbox("Hi! The lamp ships on Monday. Bob"))
    print(agent(" ".join(sys.argv[1:])))
