"""The regression that trains the injection model."""

from __future__ import annotations

import pytest

from beluga.guards._injection_model import unpack

np = pytest.importorskip("numpy", reason="the training needs NumPy and SciPy, and nothing else of the project does")
pytest.importorskip("scipy", reason="the training needs NumPy and SciPy, and nothing else of the project does")
training = pytest.importorskip("train_injection")


@pytest.fixture(scope="module")
def texts():
    """A hundred texts of four sources, in which one word tells."""
    rows = [
        training.Row(
            f"please {word} the gate number {n} at the end of the long road",
            word == "jump",
            f"s{n % 4}",
            "en",
            "",
            True,
        )
        for n in range(50)
        for word in ("jump", "open")
    ]
    return training.collect(rows)


def test_regression_ends_where_the_slope_is_zero(texts):
    """No small step from the point that was found lowers the loss."""
    runs = training.learnt_runs(texts)
    loss, size = training.loss_of(texts, runs)
    point = training.fit(texts, runs)
    _, slope = loss(point)
    assert np.abs(slope).max() < 1e-3
    for at in range(0, size, 7):
        step = np.zeros(size)
        step[at] = 1e-5
        numeric = (loss(point + step)[0] - loss(point - step)[0]) / 2e-5
        assert numeric == pytest.approx(slope[at], abs=1e-6)


def test_model_comes_back_from_its_file_and_tells_the_texts_apart(texts):
    """What was learnt is what the detector judges by, whichever code adds it up."""
    model = training.as_model(texts, training.fit(texts, training.learnt_runs(texts)), 0.5)
    again = unpack(training.pack(model))
    assert again.weights == model.weights
    attack, harmless = training.judged(again, ["please jump the gate at the end", "please open the gate at the end"])
    assert attack > harmless
