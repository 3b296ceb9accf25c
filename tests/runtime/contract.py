"""What a runtime must have before it is whole."""

import numpy as np

from edgezoo.runtime import Worker


def missing_of_runtime(runtime, path):
    """What a ``Runtime`` lacks, as lines that say where to add it.

    Args:
        runtime: ``Runtime``, registered.
        path: of an image classifier that it runs.
    """
    lacks = []
    if not runtime.description or not runtime.files or not runtime.packages:
        lacks.append("`description`, `files` and `packages` say what it is, what it runs and what it needs")
    images = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 1), np.uint8)
    with Worker(path, runtime=runtime.name) as worker:
        scores = worker.predict(images)
        if scores.dtype != np.float32 or scores.ndim != 2 or len(scores) != len(images):
            lacks.append("`predict` gives float32 [n, classes]")
        for image, row in zip(images, scores, strict=True):
            if not np.allclose(worker.predict(image[None])[0], row, atol=1e-5):
                lacks.append("`predict` gives an image the same answer, whatever stands beside it")
        worker.set_input(images[0])
        if len(worker.time(runs=2, seconds=0)) != 2:
            lacks.append("`set_input` and `invoke` run one image")
        if not worker.runtime or worker.input_shape != images.shape[1:]:
            lacks.append("`runtime` names what ran, with versions, and `input_shape` what it took")
        delegated = worker.inspect()["delegated"]
        if delegated and not 0 <= delegated["operators"] <= delegated["of"]:
            lacks.append("`delegated` counts operators")
    return lacks
