"""What runs in a twin's own process: ``python -m edgezoo.compress.child_process``."""

import numpy as np

from ..common.child import serve
from ..common.quiet import quiet_import
from ..zoo.legacy.child_process import told_in_one_line
from .arrays import packed, unpacked
from .building import build, set_weights

#: Images that go through the twin at a time.
_BATCH = 64


class _Server:
    """Has one twin and answers for it."""

    def __init__(self):
        self._keras = self._document = self._model = self._layers = self._stage = None

    def __call__(self, request, values):
        arrays = unpacked(request["forms"], values)
        with told_in_one_line():
            answer, made = self._answer(request, arrays)
        forms, values = packed(made)
        return {**answer, "forms": forms}, values

    def _answer(self, request, arrays):
        match request["do"]:
            case "build":
                self._keras, self._document = quiet_import("tf_keras"), request["plan"]
                self._model, self._layers = build(self._keras, self._document)
            case "set_weights":
                set_weights(self._layers, self._document, arrays)
            case "weights":
                own = self._stage.weights() if self._stage else {k: v.get_weights() for k, v in self._layers.items()}
                return {}, [each for weights in own.values() for each in weights]
            case "predict":
                return {}, self._predict(self._model, arrays)
            case "ranges":
                return {"ranges": self._ranges(request["layers"], arrays)}, []
            case "begin":
                from .stepping import Stepping

                self._stage = Stepping(self._keras, self._document, self._layers, request)
            case "step":
                loss, accuracy = self._stage.step(*arrays)
                return {"loss": loss, "accuracy": accuracy}, []
            case "state":
                return {}, self._stage.state()
            case "restore":
                self._stage.restore(arrays)
            case "facts":
                return {"ranges": self._stage.ranges(), "learning_rate": self._stage.learning_rate()}, []
        return {}, []

    def _predict(self, model, inputs):
        answers = []
        for start in range(0, len(inputs[0]), _BATCH):
            outputs = model([each[start : start + _BATCH] for each in inputs], training=False)
            answers.append(outputs if isinstance(outputs, list) else [outputs])
        return [np.concatenate(parts) for parts in zip(*answers, strict=True)]

    def _ranges(self, names, inputs):
        """Name → (minimum, maximum) of what layers make of images."""
        seen = {}
        outputs = [self._layers[name].get_output_at(0) for name in names]
        watching = self._keras.Model(self._model.inputs, outputs)
        for start in range(0, len(inputs[0]), _BATCH):
            found = watching([each[start : start + _BATCH] for each in inputs], training=False)
            for name, values in zip(names, found if isinstance(found, list) else [found], strict=True):
                seen.setdefault(name, []).append((float(np.min(values)), float(np.max(values))))
        return {name: (min(low for low, _ in pairs), max(high for _, high in pairs)) for name, pairs in seen.items()}


if __name__ == "__main__":
    serve(_Server())
