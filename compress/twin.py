"""A network of Keras 3 as one of Keras 2, layer by layer, in a process of its own.

TensorFlow's Model Optimization Toolkit prunes, clusters and trains for quantization models of Keras 2 alone.
"""

import dataclasses

import numpy as np

from ..zoo.copying import set_weights
from ..zoo.legacy.tf_keras import TfKerasProcess
from .arrays import packed, unpacked
from .places import ranged_layers
from .plan import layer_at, plan_of


class Twin(TfKerasProcess):
    """The twin of a model, with its weights; to be used in a ``with``.

    Weights are told by layer and name, as in the model: ``{"backbone/conv_1": {"kernel": …, "bias": …}}``, float32.

    Args:
        model: functional or sequential ``keras.Model``, built; it stays as it is. What was trained in mixed precision
            is computed in float32.

    Raises:
        EdgezooError: it has a layer that Keras 2 has nothing for, which the message names, or tf-keras is not there.
    """

    def __init__(self, model):
        self._plan = plan_of(model)
        super().__init__(f"{__package__}.child_process", "only models of Keras 2 can be compressed by training")
        self._exchange({"do": "build", "plan": self._plan.document})
        self.set_weights(weights_of(model, self._plan))

    def set_weights(self, weights):
        """Gives the twin the weights of all layers."""
        self._exchange({"do": "set_weights"}, *in_order(weights, self._plan))

    def weights(self):
        """The twin's weights, as the stage that was begun has left them."""
        arrays = iter(self._exchange({"do": "weights"})[1])
        named = {
            layer["name"]: {name: next(arrays) for name in layer["weights"]} for layer in self._plan.document["layers"]
        }
        weights = {}
        for name, path in self._plan.sources.items():  # several of a layer that has become several
            weights.setdefault(path, {}).update(named[name])
        return weights

    def write_to(self, model):
        """Gives a model, the original or another like it, the twin's weights."""
        for path, weights in self.weights().items():
            layer = layer_at(model, path)
            set_weights(layer, [weights[weight.name] for weight in layer.weights])

    def predict(self, *inputs):
        """The twin's outputs, in inference.

        Args:
            inputs: an array [n, …] for each input of the model, in its order.

        Returns:
            List of float32 [n, …], one for each output, in the model's order.
        """
        return self._exchange({"do": "predict"}, *(np.asarray(each, np.float32) for each in inputs))[1]

    def ranges(self, *inputs):
        """What values have behind the layers where int8 needs a range: name → (minimum, maximum).

        Args:
            inputs: as for ``predict``; there must be some images.
        """
        layers = ranged_layers(self._plan.document)
        return self._exchange({"do": "ranges", "layers": layers}, *inputs)[0]["ranges"]

    def begin(
        self,
        stage,
        settings,
        recipe,
        steps,
        *,
        ranges=None,
        from_logits=False,
        one_output=False,
        taught=False,
        class_weights=None,
    ):
        """Begins a stage of the compression.

        Args:
            stage: ``Stage``.
            settings: ``Settings``.
            recipe: ``Recipe``.
            steps: of the whole training.
            ranges: as of ``ranges``, to begin with, for training in int8.
            from_logits: whether the network gives logits.
            one_output: whether its one output stands for two classes.
            taught: whether the targets of each step have answers of teachers beside them: ``SoftTargets.beside``.
            class_weights: what images of each class count in the loss, or ``None``.
        """
        self._exchange({
            "do": "begin",
            "stage": stage.name,
            "preserve": stage.preserve,
            **{name: getattr(settings, name) for name in ("sparsity", "zeros", "blocks", "clusters", "skip")},
            "recipe": dataclasses.asdict(recipe),
            "steps": steps,
            "ranges": ranges or {},
            "from_logits": from_logits,
            "one_output": one_output,
            "taught": taught,
            "class_weights": None if class_weights is None else list(class_weights),
        })  # fmt: skip

    def step(self, images, targets):
        """A step of training on images, float32 [b, H, W, C], and targets; ``(loss, accuracy)`` of the batch."""
        answer, _ = self._exchange({"do": "step"}, images, targets)
        return answer["loss"], answer["accuracy"]

    def state(self):
        """All that training changes, as arrays."""
        return self._exchange({"do": "state"})[1]

    def restore(self, arrays):
        """Sets what ``state`` gave, bit for bit."""
        self._exchange({"do": "restore"}, *arrays)

    def facts(self):
        """``{"ranges", "learning_rate"}``: the ranges as trained, and the rate of the step that comes next."""
        return self._exchange({"do": "facts"})[0]

    def _exchange(self, message, *arrays):
        forms, values = packed(arrays)
        answer, values = self._ask({**message, "forms": forms}, values)
        return answer, unpacked(answer["forms"], values)


def weights_of(model, plan):
    """The weights of all layers of a model that its twin has, too: ``{path: {name: ndarray}}``."""
    return {
        path: {weight.name: np.asarray(weight) for weight in layer_at(model, path).weights}
        for path in plan.sources.values()
    }


def in_order(weights, plan):
    """Arrays of all layers of a twin that have weights, in the order of the plan; fixed ones are added."""
    values = {name: weights[path] for name, path in plan.sources.items()} | plan.constants
    return [values[layer["name"]][name] for layer in plan.document["layers"] for name in layer["weights"]]
