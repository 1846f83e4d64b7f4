"""The npm package `openai`, under node."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

PLACE = Path(os.environ.get("NPM_OPENAI", "."))
pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and (PLACE / "node_modules" / "openai").is_dir()),
    reason="needs node, and NPM_OPENAI= the directory in which `npm install openai` was run",
)

SCRIPT = """
import OpenAI from "openai";
const client = new OpenAI({ apiKey: "none", baseURL: process.argv[1], maxRetries: 0 });
const said = (content) => ({ model: "m", messages: [{ role: "user", content }] });
const ask = (content, more) => client.chat.completions.create({ ...said(content), ...more });
const told = { text: (await ask("hi")).choices[0].message.content, streamed: "", events: "" };
for await (const chunk of await ask("hi", { stream: true })) told.streamed += chunk.choices[0]?.delta?.content ?? "";
const call = (await ask("weather")).choices[0].message.tool_calls[0].function;
told.call = [call.name, JSON.parse(call.arguments)];
for await (const event of await client.responses.create({ model: "m", input: "hi", stream: true }))
  if (event.type === "response.output_text.delta") told.events += event.delta;
told.similar = (await client.embeddings.create({ model: "m", input: ["a"] })).data[0].embedding.length;
told.refused = await ask("busy").catch((error) => [error.status, error.code, error.headers.get("retry-after")]);
console.log(JSON.stringify(told));
"""


def test_the_battery(url):
    """Text, stream, tool, events of a response, embeddings and a refusal, as its users see them."""
    command = ["node", "--input-type=module", "-e", SCRIPT, "--", url]
    done = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "text": "Grüße!",
        "streamed": "Grüße!",
        "events": "Grüße!",
        "call": ["weather", {"city": "Köln"}],
        "similar": 1536,
        "refused": [429, "rate_limit_exceeded", "7"],
    }
