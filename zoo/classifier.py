"""A Keras model of whatever form as one picture in, one row of scores out."""

import dataclasses

import keras
from keras import ops

from ..common.errors import EdgezooError
from .copying import as_input, clone, copied
from .endings import PROBABILITIES, activation_of, graph_of, last_operation
from .flattening import flattened


@dataclasses.dataclass(frozen=True)
class Classifier:
    """An image classifier, called on float32 [n, H, W, C], which gives float32 [n, classes].

    Attributes:
        model: ``keras.Model``, whose batch is open; inputs and outputs have the types and the structure that people
            gave them.
        input_shape: (H, W, C), ``None`` for an open side.
        classes: columns of the scores; 2 where the model has one output, see ``two_columns``.
        activation: name of what the scores went through, ``"linear"`` for logits.
        origin: the model as it was given, whatever its batch.
    """

    model: keras.Model
    input_shape: tuple
    classes: int
    activation: str
    origin: keras.Model

    def __call__(self, images, training=False):
        """Scores of images; ``training`` is as for any ``keras.Model``."""
        image = ops.cast(images, self.model.inputs[0].dtype)
        outputs = self.model(as_input(self.model, [image]), training=training)
        (scores,) = keras.tree.flatten(outputs)
        return self.scores_of(scores)

    def scores_of(self, output):
        """[n, classes] of the model's one output, [n, 1, 1, classes] or [n, 1] too; float32."""
        scores = ops.cast(ops.reshape(output, (-1, output.shape[-1])), "float32")
        return scores if scores.shape[-1] > 1 else two_columns(scores, self.activation)

    @property
    def has_one_output(self):
        """Whether one score stands for two classes."""
        return self.model.outputs[0].shape[-1] == 1

    @property
    def gives_probabilities(self):
        """Whether scores are probabilities; else they are taken for logits."""
        return self.activation in PROBABILITIES

    def around(self, copy):
        """A copy of the model as a ``keras.Model`` from float32 [n, H, W, C] to [n, classes], with the same weights.

        It is the copy itself where that is one.
        """
        image, output = copy.inputs[0], copy.outputs[0]
        is_bare = isinstance(copy, keras.Sequential) or (copy.input is image and copy.output is output)
        if is_bare and image.dtype == "float32" and tuple(output.shape[1:]) == (self.classes,):
            return copy
        image = keras.Input(self.input_shape)
        return keras.Model(image, dataclasses.replace(self, model=copy)(image, training=None), name=copy.name)

    def plain(self, *, front=None, logits=False, policy=None):
        """A flat copy (``flattening.Flat``) whose network takes float32 [n, H, W, C] and gives [n, classes].

        Args:
            front, logits, policy: as for ``flattened``. The logits of both classes of a network with one output are
                minus and plus half of it: their softmax is its sigmoid, and each has a gradient.
        """
        flat = flattened(self.origin, front=front, logits=logits, policy=policy)
        (output,) = keras.tree.flatten(flat.network.output)
        if logits:
            logit = dataclasses.replace(self, activation="linear").scores_of(output)
            scores = logit if output.shape[-1] > 1 else logit - logit[:, 1:] / 2
        else:
            scores = self.scores_of(output)
        return dataclasses.replace(flat, network=keras.Model(flat.network.inputs[0], scores, name=self.model.name))


def two_columns(scores, activation):
    """The scores of both classes, [n, 2], of a network with one output, [n, 1], which is that of the second class.

    Of a sigmoid's p they are 1 − p and p, so that the answer is the second class from p = 1/2 on; of a logit they are 0
    and the logit, whose softmax is the sigmoid.
    """
    first = 1 - scores if activation == "sigmoid" else ops.zeros_like(scores)
    return ops.concatenate([first, scores], axis=-1)


def classifier(model, name):
    """``Classifier`` of a model.

    Args:
        model: functional or sequential ``keras.Model`` with one image (also in a list or dict) as its input and one
            row of scores an image as its output, [n, classes] or [n, 1, 1, classes]; one score stands for two classes.
        name: of the model or its file, for messages.

    Raises:
        EdgezooError: it is another model; the message says what is wrong and what to do.
    """
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None) or graph_of(model) is None:
        raise EdgezooError(
            f"{name} is no functional or sequential Keras model with known inputs; build it as "
            "keras.Model(inputs, outputs), or give its Sequential an Input."
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise EdgezooError(
            f"{name} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; an image classifier has one of "
            "each. Make a keras.Model of the one image and the one output that answers."
        )
    require_channels_last(model, name)
    image, output = model.inputs[0], model.outputs[0]
    if not any(kind in image.dtype for kind in ("float", "int", "bool")):
        raise EdgezooError(f"{name} is no image classifier: its input is {image.dtype}, not the numbers of pixels.")
    if len(image.shape) != 4 or image.shape[-1] is None:
        raise EdgezooError(f"{name} is no image classifier: its input has the shape {_shape(image)}, not [n, H, W, C].")
    if len(output.shape) < 2 or output.shape[-1] is None or any(side != 1 for side in output.shape[1:-1]):
        raise EdgezooError(
            f"{name} is no classifier: its output has the shape {_shape(output)}, not [n, classes] or "
            "[n, 1, 1, classes]; end it in one score a class, for example behind GlobalAveragePooling2D."
        )
    activation, classes = activation_of(last_operation(model)), output.shape[-1]
    if classes == 1 and activation == "softmax":
        raise EdgezooError(f"{name} ends in a softmax over one output, which is always 1; end it in a sigmoid.")
    return Classifier(_with_open_batch(model, name), tuple(image.shape[1:]), max(classes, 2), activation, model)


def require_channels_last(model, name):
    """Refuses a model with layers that expect [n, C, H, W], which TensorFlow's CPU kernels and LiteRT have not."""
    first = [each.name for each in model._flatten_layers() if getattr(each, "data_format", None) == "channels_first"]
    if first:
        raise EdgezooError(
            f"{name} is channels_first (layer {first[0]!r}); build it with data_format='channels_last' and "
            "an input of [n, H, W, C]. The kernels of its convolutions fit as they are."
        )


def _with_open_batch(model, name):
    batch = model.inputs[0].shape[0]
    if batch is None:
        return model
    network = clone(model, copied)
    require_open_batch(network, batch, name)
    return network


def require_open_batch(network, batch, name):
    """Refuses a copy of a model of a fixed batch, made for any, that still gives as many rows as that batch has."""
    if network.outputs[0].shape[0] is not None:
        raise EdgezooError(
            f"{name} is built for batches of {batch}, which one of its layers reshapes by; build it with "
            "keras.Input(shape) without batch_size."
        )


def _shape(tensor):
    return str([*tensor.shape]).replace("None", "?")
