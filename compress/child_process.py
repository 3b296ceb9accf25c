"""What runs in a twin's own process: ``python -m edgezoo.compress.child_process``."""

import numpy as np

from ..common.child import serve
from ..common.quiet import quiet_import
from ..zoo.legacy.child_process import told_in_one_line
from .arrays import packed, unpacked
from .building import build

#: Images that go through the twin at a time.
_BATCH = 64


class _Server:
    """Has one twin and answers for it."""

    def __call__(self, request, array):
        with told_in_one_line():
            match request["do"]:
                case "build":
                    self._model, self._layers = build(quiet_import("tf_keras"), request["plan"])
                case "set_weights":
                    weights = iter(unpacked(request["shapes"], array))
                    for layer, count in self._layers:
                        layer.set_weights([next(weights) for _ in range(count)])
                case "weights":
                    shapes, values = packed([each for layer, _ in self._layers for each in layer.get_weights()])
                    return {"shapes": shapes}, values
                case "predict":
                    shapes, values = packed(self._predict(unpacked(request["shapes"], array)))
                    return {"shapes": shapes}, values
        return {}

    def _predict(self, inputs):
        answers = []
        for start in range(0, len(inputs[0]), _BATCH):
            outputs = self._model([each[start : start + _BATCH] for each in inputs], training=False)
            answers.append(outputs if isinstance(outputs, list) else [outputs])
        return [np.concatenate(parts) for parts in zip(*answers, strict=True)]


if __name__ == "__main__":
    serve(_Server())
