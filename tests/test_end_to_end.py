"""Every family from builder to int8 file: trained a little, saved, loaded, exported, and held against Keras."""

import functools
import itertools

import keras
import numpy as np
import pytest

from edgezoo.evaluate import load_runner
from edgezoo.export.converter import Job, convert_all
from edgezoo.export.freezing import save_frozen
from edgezoo.zoo import FeedForward, GlobalPoolCNN, PooledCNN, StridedCNN, load_model

from .rendered import CLASSES, shapes

pytestmark = pytest.mark.slow

SIDE = 24
CHANNELS = (1, 3)
PADDING = ("same", "valid")
POOLING = ("max", "average", "min")


def cases():
    """Identifier → (family, channels, options): family × channels × padding × pooling."""
    found = {f"feed_forward-{c}": (FeedForward, c, {"units": (32,)}) for c in CHANNELS}
    for channels, padding in itertools.product(CHANNELS, PADDING):
        options = {"padding": padding, "filters": (8, 16), "units": (24,)}
        found[f"strided-{channels}-{padding}"] = (StridedCNN, channels, options)
        for pooling in POOLING:
            found[f"pooled-{channels}-{padding}-{pooling}"] = (PooledCNN, channels, {**options, "pooling": pooling})
        options = {"padding": padding, "filters": (8, 16), "blocks": (1, 2)}
        for downsampling, global_pooling in itertools.product(("strided", *POOLING), ("average", "max")):
            found[f"global-{channels}-{padding}-{downsampling}-{global_pooling}"] = (
                GlobalPoolCNN,
                channels,
                {**options, "downsampling": downsampling, "global_pooling": global_pooling},
            )
    # The options that change the graph's form, once each.
    for name, option in {
        "residual": {"residual": True},
        "separable": {"separable": True},
        "dilated": {"dilation": 2},
        "blur": {"pooling": "blur", "pool_size": 3},
        "inverted": {"separable": True, "residual": True, "expansion": 2},
        "squeeze_excite": {"squeeze_excite": True},
    }.items():
        found[f"pooled-{name}"] = (PooledCNN, 1, {"filters": (8, 16), "units": (), "pooling": "min", **option})
    found["pooled-4-channels"] = (PooledCNN, 4, {"filters": (8, 16)})
    return found


CASES = cases()


@functools.cache
def pictures(n, channels, seed):
    return shapes(n, SIDE, channels, seed)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Identifier → (.keras file, .tflite file); all conversions share one child process."""
    folder = tmp_path_factory.mktemp("families")
    jobs = {}
    for channels in {channels for _, channels, _ in CASES.values()}:
        np.save(folder / f"calibration_{channels}.npy", shapes(200, SIDE, channels, seed=2)[0])
    for identifier, (family, channels, options) in CASES.items():
        keras.utils.set_random_seed(0)
        model = family((SIDE, SIDE, channels), classes=len(CLASSES), **options)
        model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy")
        images, labels = pictures(1024, channels, seed=1)
        model.fit(images.astype("float32"), labels, batch_size=32, epochs=2, verbose=0)
        model.save(folder / f"{identifier}.keras")
        loaded = load_model(folder / f"{identifier}.keras")
        save_frozen(loaded, [(SIDE, SIDE, channels)], folder / identifier, identifier)
        jobs[identifier] = Job(
            str(folder / identifier),
            "int8",
            "uint8",
            str(folder / f"calibration_{channels}.npy"),
            str(folder / f"{identifier}_int8.tflite"),
        )
    failures = [(job.output, error) for job, error in convert_all(jobs.values()) if error]
    assert not failures
    return {identifier: (folder / f"{identifier}.keras", job.output) for identifier, job in jobs.items()}


@pytest.mark.parametrize("identifier", CASES)
def test_int8_agrees_with_keras(identifier, exported):
    images, labels = pictures(500, CASES[identifier][1], seed=3)
    keras_file, int8_file = (load_runner(path) for path in exported[identifier])
    answers, int8_answers = (runner.predict(images).argmax(axis=1) for runner in (keras_file, int8_file))
    assert np.mean(answers == int8_answers) >= 0.99
    # Agreement on guesses would say nothing: the networks have learned what is in the pictures.
    assert np.mean(int8_answers == labels) > 0.9
