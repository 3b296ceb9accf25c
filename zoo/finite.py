"""Weights and settings that are no numbers: a ReLU hides them, and what comes out looks like an answer."""

import math

import numpy as np

from ..common.errors import EdgezooError


def require_finite_weights(model):
    """Refuses NaN and infinity in the weights of a network, and variances that it would take the root of a negative of.

    Args:
        model: ``keras.Model``.

    Raises:
        EdgezooError: half a sentence that names the first such weights.
    """
    for variable in model.variables:
        if "float" not in variable.dtype:
            continue
        values = np.asarray(variable)
        wrong = values.size - int(np.count_nonzero(np.isfinite(values)))
        if wrong:
            raise EdgezooError(
                f"its weights {variable.path!r} are NaN or infinite in {wrong} of {values.size} places; train it "
                "again, or take a checkpoint from before"
            )
    for layer in model._flatten_layers():
        for name in ("moving_variance", "variance"):  # of batch normalization, and of Normalization
            variance = getattr(layer, name, None)
            if variance is not None and (np.asarray(variance) + (getattr(layer, "epsilon", None) or 0) < 0).any():
                raise EdgezooError(f"its layer {layer.name!r} has a negative {name}, which has no root")


def require_finite_settings(config, layer=None):
    """Refuses NaN and infinity among the settings of layers.

    Constants in calls may be infinite: a mask is made with them.

    Args:
        config: of a network, parsed.
        layer: name of the layer that it is in.

    Raises:
        EdgezooError: half a sentence that names the layer and the setting.
    """
    if isinstance(config, dict):
        if "class_name" in config and isinstance(config.get("config"), dict):
            layer = config["config"].get("name", layer)
        for key, value in config.items():
            if isinstance(value, float) and not math.isfinite(value):
                raise EdgezooError(f"its layer {layer!r} has {key} = {value}, which is no number to compute with")
            if key not in ("inbound_nodes", "compile_config"):
                require_finite_settings(value, layer)
    elif isinstance(config, list):
        if any(isinstance(each, float) and not math.isfinite(each) for each in config):
            raise EdgezooError(f"its layer {layer!r} has NaN or infinity among its settings")
        for each in config:
            require_finite_settings(each, layer)
