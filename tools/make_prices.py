"""Make `beluga/prices.json.gz`, the table of prices, from the package genai-prices.

    pip install genai-prices==0.2.3
    python tools/make_prices.py

genai-prices (https://github.com/pydantic/genai-prices) is maintained by Pydantic and has the MIT licence, which the
table names. What cannot be priced by the tokens that a `Usage` tells, such as hours of audio, has no price in it, lest
that be 0.
"""

from __future__ import annotations

import datetime
import gzip
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices.data import providers  # type: ignore[import-not-found, unused-ignore]  # only who makes the table has it

TABLE = Path(__file__).parents[1] / "beluga" / "prices.json.gz"
UNITS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cache_write",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "requests",
}
"""The units that a `Usage` tells, each with its name in the table."""
CLAUSES = {"equals": "=", "starts_with": "^", "ends_with": "$", "contains": "~", "regex": "/", "or_": "|", "and_": "&"}


def clause(match: Any) -> list[Any] | None:
    """Return how a name is recognised."""
    if match is None:
        return None
    ((name, value),) = vars(match).items()
    return [CLAUSES[name], [clause(each) for each in value] if isinstance(value, list) else value]


def condition(constraint: Any) -> Any:
    """Return when a price is in force: from a day on, or between two times of a day (UTC); None for always."""
    if constraint is None:
        return None
    if hasattr(constraint, "start_date"):
        return constraint.start_date.isoformat()
    return [constraint.start_time.isoformat(), constraint.end_time.isoformat()]


def rates(prices: Any) -> dict[str, Any]:
    """Return dollars by unit, as texts; with tiers as a list of (tokens, price), of which the first begins at -1."""
    found = {}
    for unit, name in UNITS.items():
        price = vars(prices).get(unit)
        if price is not None and hasattr(price, "tiers"):
            found[name] = [[-1, str(price.base)], *([tier.start, str(tier.price)] for tier in price.tiers)]
        elif price is not None:
            found[name] = str(price)
    return found


def model(info: Any) -> list[Any]:
    """Return how a model is recognised, its prices, and what differs for a batch."""
    several = info.prices if isinstance(info.prices, list) else [None]
    prices = [[condition(p and p.constraint), rates(p.prices if p else info.prices)] for p in several]
    if not all(set(found) & {"input", "output"} for _, found in prices):
        return [clause(info.match), []]
    batch = [
        [condition(v.constraint), rates(v.prices)]
        for v in info.price_variants or ()
        if v.when == {"processing": "batch"} and rates(v.prices)
    ]
    return [clause(info.match), prices, *([batch] if batch else [])]


def main() -> None:
    """Write the table, the same bytes for the same source."""
    table = {
        "source": f"genai-prices {version('genai-prices')}, MIT licence, Copyright (c) Pydantic Services Inc.",
        "made": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "providers": [
            [
                each.id,
                clause(each.provider_match),
                clause(each.model_match),
                each.fallback_model_providers or [],
                [model(info) for info in each.models],
            ]
            for each in providers
        ],
    }
    TABLE.write_bytes(gzip.compress(json.dumps(table, separators=(",", ":")).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
