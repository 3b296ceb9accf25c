"""Why a layer of a quantized file is noisy."""

import numpy as np

from .weights import ratio_of_ranges

#: Noise from above is what a layer suffers from where its own is so much less, in dB: a quarter of the power.
_INHERITED_DB = 6
#: The widest of the channels that share one scale takes 3 of 8 bits from the median one.
_WIDE = 8
#: So few steps hold nearly all values that 2 of 8 bits are lost to the others.
_FEW_STEPS = 64
#: Share of clipped values that is worth a word.
_CLIPPED = 0.001
#: Rounding to whole steps is off by step/√12 in the root mean square; up to so much is that and little else.
_ROUNDING = 0.4


def causes_of(layer):
    """What a layer's noise comes from, by what was found of it.

    Args:
        layer: row of ``debugging.layers_of``, without its ``causes``.

    Returns:
        List of ``{"kind", "text"}`` of which ``kind`` is ``"bias"``, ``"clipping"``, ``"channel_range"``,
        ``"weight_range"``, ``"dead_channels"``, ``"outliers"``, ``"inherited"``, ``"weights"`` (their rounding) or
        ``"output"`` (its rounding); empty where there is no noise. All but ``"inherited"`` are causes of its own noise.
    """
    if layer["error"] is None or layer["error"]["sqnr_db"] is None:
        return []
    step, rms = layer["step"], layer["own_error"]["rms"]
    # Where all that a layer is off by is the rounding of its result, its weights are no cause.
    of_weights = [*_weights(layer)] if rms and (not step or rms > _ROUNDING * step) else []
    found = (_bias(layer), _clipping(layer), *of_weights, _channel_range(layer), _outliers(layer))
    own = [cause for cause in found if cause] or [_rounding(layer)]
    return [{"kind": kind, "text": text} for kind, text in filter(None, (*own, _inherited(layer)))]


def _bias(layer):
    bias = layer["bias"] or {"saturated": 0, "overflowing": 0}
    if bias["saturated"]:
        return "bias", f"the bias of {_channels(bias['saturated'])} is cut off at what 32 bits hold"
    if bias["overflowing"]:
        return "bias", f"with the bias, the sums of {_channels(bias['overflowing'])} can overflow 32 bits"
    return None


def _clipping(layer):
    if (layer["clipped"] or 0) < _CLIPPED:
        return None
    return "clipping", f"{100 * layer['clipped']:.2g} % of its values lie beyond the range that was calibrated"


def _channel_range(layer):
    ratio = layer["channel_ratio"]
    if not layer["step"] or (ratio or 0) < _WIDE:
        return None
    ranges = np.array(layer["channel_ranges"])
    steps = float(np.median(ranges[ranges > 0])) / layer["step"]
    if steps > _FEW_STEPS:
        return None
    return "channel_range", (
        f"its channels share a scale and differ in range: channel {int(ranges.argmax())} reaches {ranges.max():.3g}, "
        f"{ratio:.0f} times the median one, and half of them have {max(1, round(steps))} steps or fewer"
    )


def _weights(layer):
    weights = layer["weights"]
    if not weights:
        return
    if not weights["per_channel"] and (weights["range_ratio"] or 0) >= _WIDE:
        yield (
            "weight_range",
            (
                f"the weights of its {weights['channels']} channels share a scale, and the widest range is "
                f"{weights['range_ratio']:.0f} times the median one"
            ),
        )
    if (weights["input_range_ratio"] or 0) >= _WIDE:
        yield (
            "weight_range",
            (
                "weights for channels of its input that share a scale differ in range: the widest is "
                f"{weights['input_range_ratio']:.0f} times the median one"
            ),
        )
    if weights["lost"]:
        yield "dead_channels", f"the weights of {_channels(weights['lost'])} are rounded to nothing but zeros"


def _outliers(layer):
    if layer["steps"] is None or layer["steps_used"] >= _FEW_STEPS:
        return None
    return "outliers", (
        f"99.9 % of its values lie in {layer['steps_used']} of {layer['steps']} steps; outliers take the others"
    )


def _inherited(layer):
    own, whole = layer["own_error"]["sqnr_db"], layer["error"]["sqnr_db"]
    if own is not None and own - whole < _INHERITED_DB:
        return None
    alone = "it adds none of its own" if own is None else f"on exact inputs it has {own:.1f} dB"
    return "inherited", f"most of its noise comes from above: {alone}"


def _rounding(layer):
    step, rms = layer["step"], layer["own_error"]["rms"]
    if not rms:
        return None
    if layer["weights"] and (not step or rms > _ROUNDING * step):
        return "weights", f"its weights are rounded to {layer['weights']['dtype']}"
    return "output", f"its values are rounded to {layer['steps']} steps" if step else "it is computed in integers"


def _channels(number):
    return "1 channel" if number == 1 else f"{number} channels"


def channel_facts(ranges):
    """``{"channel_ranges", "channel_ratio"}`` of the largest magnitudes of a layer's channels."""
    return {"channel_ranges": ranges, "channel_ratio": ratio_of_ranges(ranges)}
