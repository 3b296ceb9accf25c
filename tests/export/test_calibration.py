from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.common.errors import EdgezooError
from edgezoo.common.fit import Fit
from edgezoo.export import Calibration


class Split:
    """Images whose every pixel is their number."""

    fit = Fit()

    def __init__(self, n):
        self.n, self.labels = n, np.arange(n) % 2

    def __len__(self):
        return self.n

    def read(self, indices):
        return np.broadcast_to(np.asarray(indices, np.uint8)[:, None, None, None], (len(indices), 2, 2, 1))


def dataset(n):
    """Only training images: whoever touches another split fails."""
    return SimpleNamespace(name="numbers", class_names=("a", "b"), train=Split(n), source={"sha256": "0f"})


@given(st.integers(1, 250), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_a_draw_is_recorded_and_comes_again(available, n, seed):
    calibration = Calibration.draw(dataset(available), n, seed)
    indices = calibration.record["indices"]
    assert len(indices) == len(set(indices)) == min(n, available)
    assert calibration.images[:, 0, 0, 0].tolist() == indices
    assert calibration.record == {
        "dataset": "numbers", "split": "train", "source": {"sha256": "0f"}, "seed": seed, "indices": indices
    }  # fmt: skip
    assert Calibration.draw(dataset(available), n, seed).record == calibration.record


def test_another_seed_draws_others():
    draws = [Calibration.draw(dataset(250), 20, seed).record["indices"] for seed in range(5)]
    assert len(set(map(tuple, draws))) == 5


@pytest.mark.parametrize(
    "images",
    [np.zeros((2, 4, 4, 1), "float32"), np.zeros((2, 4, 4), "uint8"), np.zeros((0, 4, 4, 1), "uint8")],
    ids=["float", "no channels", "none"],
)
def test_only_raw_pixels_are_taken(images):
    with pytest.raises(EdgezooError, match=r"raw pixels.*Received"):
        Calibration(images, {})


def test_no_image_at_all_is_an_error():
    with pytest.raises(EdgezooError, match="n=0"):
        Calibration.draw(dataset(5), 0)


def test_resizing_keeps_the_mean_and_is_recorded():
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 2), "uint8")
    calibration = Calibration(images, {"seed": 1}, ("a",))
    fitted = calibration.fitted((8, 8, 2), resize=True)
    assert fitted.images.shape == (3, 8, 8, 2)
    assert fitted.images.dtype == np.uint8
    assert fitted.record == {"seed": 1, "resized_to": [8, 8]}
    assert fitted.class_names == ("a",)
    np.testing.assert_allclose(fitted.images.mean((1, 2)), images.mean((1, 2)), atol=3)
    assert calibration.fitted((32, 32, 2), resize=True) is calibration


@pytest.mark.parametrize(("shape", "resize"), [((8, 8, 2), False), ((32, 32, 3), True)])
def test_images_that_do_not_fit_are_refused(shape, resize):
    calibration = Calibration(np.zeros((1, 32, 32, 2), "uint8"), {})
    with pytest.raises(EdgezooError, match="32×32×2, but the model takes"):
        calibration.fitted(shape, resize)


@given(st.integers(1, 300), st.lists(st.integers(0, 9), min_size=1, max_size=300), st.integers(0, 99))
def test_every_class_is_drawn_however_rare(n, labels, seed):
    data = dataset(250)
    data.train.n, data.train.labels = len(labels), np.array(labels)
    drawn = Calibration.draw(data, n, seed)
    assert len(set(drawn.labels.tolist())) == min(n, len(set(labels)))
    # Where chance has all classes, it is left to chance; and a smaller draw is part of a larger one.
    plain = np.sort(np.random.default_rng(seed).permutation(len(labels))[:n])
    if set(data.train.labels[plain]) == set(labels):
        assert drawn.record["indices"] == plain.tolist()
    assert set(drawn.record["indices"]) <= set(Calibration.draw(data, n + 1, seed).record["indices"])
