"""What is zero in the kernels of a network, and how many different values they have."""

import keras
import numpy as np

from ..common.errors import EdgezooError

#: A kernel with this share of zeros was pruned; chance gives none.
_PRUNED = 0.2
#: A kernel of so many weights and no more values was clustered.
_CLUSTERED = (1000, 256)


def kernels_of(model):
    """Every kernel of a model.

    Args:
        model: ``keras.Model``, built.

    Returns:
        List of ``{"layer", "kernel", "weights", "zeros", "values"}``: names, number of weights, share of them that is
        zero, and number of different values.
    """
    rows = []
    for layer in model._flatten_layers():
        if isinstance(layer, keras.Model):
            continue
        for weight in layer.weights:
            if "kernel" in weight.name and len(weight.shape) > 1:
                values = np.asarray(weight)
                rows.append({
                    "layer": layer.name,
                    "kernel": weight.name,
                    "weights": values.size,
                    "zeros": float(np.mean(values == 0)),
                    "values": len(np.unique(values)),
                })  # fmt: skip
    return rows


def require_uncompressed(model, name):
    """Refuses a model that was pruned or clustered: another training would undo that.

    Args:
        model: ``keras.Model``.
        name: of its file.
    """
    for row in kernels_of(model):
        done = None
        if row["zeros"] >= _PRUNED:
            done = f"is pruned already ({row['zeros']:.0%} of its {row['kernel']} is zero)"
        elif row["weights"] >= _CLUSTERED[0] and row["values"] <= _CLUSTERED[1]:
            done = f"is clustered already ({row['values']} different values)"
        if done:
            raise EdgezooError(
                f"{name}: its layer {row['layer']!r} {done}, which more training would undo; compress the model that "
                "it was made from, by one method for all, such as prune+qat."
            )
