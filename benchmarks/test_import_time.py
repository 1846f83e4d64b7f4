"""What importing beluga loads, and how long it takes."""

from __future__ import annotations

import pytest

from benchmarks import footprint


@pytest.mark.parametrize("statement", ["import beluga", footprint.FACADE])
def test_nothing_heavy_is_imported(statement):
    """Neither the import nor the use of the decorators' names loads a heavy library."""
    assert footprint.imported_by(statement).isdisjoint(footprint.FORBIDDEN)


@pytest.mark.benchmark(group="import")
@pytest.mark.parametrize("statement", ["import attrs", "import beluga", footprint.FACADE])
def test_import_time(benchmark, statement):
    """An import takes a time that is shown and not judged."""
    took = benchmark.pedantic(footprint.import_milliseconds, args=([statement], 1), rounds=5)
    assert took[statement] > 0
