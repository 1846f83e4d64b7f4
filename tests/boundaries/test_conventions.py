"""Our table of names against the package of the semantic conventions."""

from __future__ import annotations

from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes

from beluga.telemetry import SEMCONV

NAMES = {
    value
    for module in (gen_ai_attributes, gen_ai_metrics, error_attributes)
    for name, value in vars(module).items()
    if name.isupper() and isinstance(value, str)
}
# What the package has and we have no use for, each with its reason.
WITHOUT_US = {
    "gen_ai.completion": "replaced",
    "gen_ai.prompt": "replaced",
    "gen_ai.system": "replaced; on request, see legacy_attributes",
    "gen_ai.usage.completion_tokens": "replaced",
    "gen_ai.usage.prompt_tokens": "replaced",
    "gen_ai.data_source.id": "retrieval is not ours",
    "gen_ai.retrieval.documents": "retrieval is not ours",
    "gen_ai.retrieval.query.text": "retrieval is not ours",
    "gen_ai.evaluation": "evaluation is not ours",
    "gen_ai.openai": "of one provider",
    "gen_ai.server": "of who runs models",
    "gen_ai.client.operation.time_per_output_chunk": "chunks of a stream are not its tokens",
}


def test_every_name_is_the_conventions():
    """A name that we write is one that the package knows."""
    assert set(SEMCONV.values()) <= NAMES


def test_every_name_of_the_conventions_is_ours_or_has_a_reason():
    """What is not filled is listed with why, so that a new release of the conventions is noticed."""
    missing = {
        name
        for name in NAMES - set(SEMCONV.values())
        if name.startswith("gen_ai.") and not any(name == known or name.startswith(f"{known}.") for known in WITHOUT_US)
    }
    assert not missing
