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
    """What a layer's noise comes from, by what was found of it; the first is the gravest.

    Args:
        layer: row of a document of ``debug_files``, without its ``causes``.

    Returns:
        List of ``{"kind", "text"}``, of which ``kind`` is ``"bias"``, ``"clipping"``, ``"channel_range"``,
        ``"weight_range"``, ``"dead_channels"``, ``"outliers"``, ``"inherited"``, ``"weights"`` (their rounding) or
        ``"output"`` (its rounding); empty where there is no noise. All but ``"inherited"`` are causes of its own noise.
    """
    if layer["error"] is None or layer["error"]["sqnr_db"] is None:
        return []
    own = [
        cause
        for cause in (_bias(layer), _clipping(layer), _channel_range(layer), *_weights(layer), _outliers(layer))
        if cause
    ]
    return [
        {"kind": kind, "text": text}
        for kind, text in filter(None, (*own, _inherited(layer), None if own else _rounding(layer)))
    ]


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
    if not layer["step"] or ratio is None or ratio < _WIDE:
        return None
    ranges = np.array(layer["channel_ranges"])
    median = float(np.median(ranges[ranges > 0]))
    return "channel_range", (
        f"one scale for channels of {ratio:.0f} times different ranges: channel {int(ranges.argmax())} reaches "
        f"{ranges.max():.3g}, half of the others get {max(1, round(median / layer['step']))} steps or fewer"
    )


def _weights(layer):
    weights = layer["weights"]
    if not weights or weights["per_channel"] or weights["range_ratio"] is None:
        return
    if weights["range_ratio"] >= _WIDE:
        yield "weight_range", (
            f"one scale for the weights of {weights['channels']} channels, of which the widest range is "
            f"{weights['range_ratio']:.0f} times the median one"
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
    alone = "none" if own is None else f"{own:.1f} dB"
    return "inherited", f"noise from above: on exact inputs its own is small ({alone})"


def _rounding(layer):
    step, rms = layer["step"], layer["own_error"]["rms"]
    if not rms:
        return None
    if layer["weights"] and (not step or rms > _ROUNDING * step):
        return "weights", f"its weights, {layer['weights']['dtype']}, are rounded"
    return "output", f"its values are rounded to {layer['steps'] or 'fewer'} steps"


def _channels(number):
    return "1 channel" if number == 1 else f"{number} channels"


def channel_facts(ranges):
    """``{"channel_ranges", "channel_ratio"}`` of the largest magnitudes of a layer's channels."""
    return {"channel_ranges": ranges, "channel_ratio": ratio_of_ranges(ranges)}
