"""Several networks that answer together: an ensemble in one model and one file."""

import keras
from keras import layers

from .blocks import finish
from .flattening import flattened
from .options import shared_options
from .registry import build


@shared_options
def Ensemble(
    input_shape=(28, 28, 1), classes=10, *, include_top=True, weights=None,
    members=("pooled_s", "strided_s"), classifier_activation="softmax", name="ensemble",
):  # fmt: skip
    """Named models that look at the same image; the logits are the mean of theirs.

    Networks of different kinds, or that began with other random weights, err on other images, so their mean errs less
    often than each (Hansen and Salamon 1990, «Neural Network Ensembles»), and several small ones can be better than a
    large one of the same cost (Wang et al. 2021, «Wisdom of Committees»). Train the members apart and join them
    (``join_members``), or train the whole as one network.

    Args:
        input_shape: ``(height, width, channels)`` of the raw pixels (0–255); rescaling is part of the members.
        include_top: ``False`` leaves the heads off; the output is the members' last features, flattened, one behind the
            other.
        members: names of registered models; a name may come more than once. The layers of the first are called
            ``member1_…``.

    Raises:
        ValueError, EdgezooError: there are no members, or one cannot be built for such images; the message says which.
    """
    top = {} if include_top else {"include_top": False}
    models = [build(member, input_shape=input_shape, classes=classes, **top) for member in members]
    inputs, outputs = _side_by_side(models)
    if include_top:
        x = _mean(outputs, classifier_activation)
    else:
        x = layers.Concatenate(name="features")([layers.Flatten()(features) for features in outputs])
    return finish(inputs, x, name, weights)


def join_members(members, name="ensemble"):
    """Networks that were trained apart, as one network: the logits are the mean of theirs.

    Args:
        members: functional ``keras.Model``s for images of the same shape and the same classes, whose outputs are
            probabilities or logits. They stay as they are.
        name: name of the new model.

    Returns:
        A functional ``keras.Model`` with copies of their weights, whose outputs are probabilities. Of registered models
        it is the network that ``Ensemble`` builds of their names.

    Raises:
        ValueError: there are no members, or they are for other images or classes than each other.
    """
    inputs, outputs = _side_by_side(members)
    return keras.Model(inputs, _mean(outputs, "softmax"), name=name)


def _side_by_side(members):
    """``(inputs, outputs)``: the image, and what a copy of each member makes of it, up to the logits."""
    members = list(members)
    inputs = keras.Input(_same_shape(member.input for member in members), name="image")
    copies = [
        flattened(each, inputs=[inputs], logits=True, prefix=f"member{n}_") for n, each in enumerate(members, start=1)
    ]
    return inputs, [copy.network.output for copy in copies]


def _mean(logits, activation):
    _same_shape(logits)
    x = layers.Average(name="mean")(logits)
    return layers.Activation(activation, name="predictions")(x)


def _same_shape(tensors):
    """The shape of each tensor, without the batch."""
    shapes = list(dict.fromkeys(tensor.shape[1:] for tensor in tensors))
    if len(shapes) != 1:
        raise ValueError(
            "`members` must be networks for images of one shape and for the same classes. "
            f"Received: {' and '.join(map(str, shapes)) or 'none'}"
        )
    return shapes[0]
