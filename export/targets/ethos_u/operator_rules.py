"""Rules of single kinds of operators.

Where a rule leaves room, the function is on the strict side: what it passes, Vela passes.
"""

import itertools
import math

import numpy as np

from .instance import shape4d
from .rulebook import Rulebook, types_in

RULES = Rulebook()
_rule = RULES.rule
_LIMIT = 2**16


@_rule(r"Kernel stride must be in the range \(1,3\)")
def _stride(it):
    return f"its stride is {it.stride[0]}x{it.stride[1]}" if max(it.stride) > 3 else None


@_rule(r"Stride>3 is only supported IF")
def _long_stride(it):
    if max(it.stride) > 3 and (it.dilated or it.pads):
        return f"its stride is {it.stride[0]}x{it.stride[1]} with {'dilation' if it.dilated else 'SAME padding'}"


@_rule(r"Kernel constraints:.*padding=VALID|kernel product must be less than or equal to 256\*256")
def _pooling(it):
    height, width = it.kernel
    widest = 8 if it.pads and it.op == "AVERAGE_POOL_2D" else _LIMIT
    if height > min(widest, 256) or width > widest or height * width > _LIMIT:
        return f"its window is {height}x{width}" + (" with SAME padding" if widest == 8 else "")


@_rule(r"Shape constraints:\s*- IF PADDING=SAME")
def _transposed_shape(it):
    (_, ih, iw, _), (_, oh, ow, _) = shape4d(it.ifm), shape4d(it.ofm)
    for size, out, stride, kernel in zip((ih, iw), (oh, ow), it.stride, it.kernel, strict=True):
        if out != size * stride + (0 if it.pads else max(0, kernel - stride)):
            return f"it makes {oh}x{ow} of {ih}x{iw} at a stride of {it.stride[0]}x{it.stride[1]}"


@_rule(r"Stride values WxH must be: 1x1 OR 2x2")
def _transposed_stride(it):
    one_high = it.stride == (1, 2) and shape4d(it.ifm)[1] == it.kernel[0] == 1
    one_wide = it.stride == (2, 1) and shape4d(it.ifm)[2] == it.kernel[1] == 1
    if it.stride not in ((1, 1), (2, 2)) and not one_high and not one_wide:
        return f"its stride is {it.stride[0]}x{it.stride[1]}"


@_rule(r"num_splits must match")
def _splits(it):
    return None if it.options.get("numSplits") == len(it.ofms) else "it has not as many outputs as it says"


@_rule(r"Both Input quantization parameters must match")
def _same_scales(it):
    scales = {(each.scale, each.zero_point) for each in it.feature_maps}
    return "its tensors have different scales" if len(scales) > 1 else None


@_rule(r"FullyConnected weights must be on the form")
def _dense(it):
    shape = it.weights.shape
    if len(shape) < 2 or math.prod(shape) != shape[0] * shape[-1]:
        return f"its weights have the shape {'x'.join(map(str, shape))}"


@_rule(r"IF Matmul or \(FC with dynamic weights\)")
def _matmul(it):
    if it.op == "FULLY_CONNECTED" and it.weights.is_constant:
        return None
    factors = [it.ifm, it.weights or it.ifms[-1]]
    if any(each.dtype != "int8" for each in factors):
        return f"it multiplies two {it.ifm.dtype} feature maps"
    if max(side for each in factors for side in each.shape[-2:]) > _LIMIT or it.ofm.shape[-1] > _LIMIT:
        return "its matrices are too large"


@_rule(r"IFM and OFM shapes must match")
def _same_shape(it):
    return "it broadcasts" if it.ifm.shape != it.ofm.shape else None


@_rule(r"IFM and OFM datatypes must match, and must be (.*)|IFM must be (.*)|IFM precision must be one of: \((.*)\)")
def _same_type(it, *types):
    both = [it.ifm, *(it.ofms if types[0] else ())]
    allowed = types_in(next(filter(None, types)))
    if len({each.dtype for each in both}) > 1 or it.ifm.dtype not in allowed:
        return f"it goes from {it.ifm.dtype} to {it.ofm.dtype}"


@_rule(r"The product of IFM width and height must be less than 65536")
def _softmax(it):
    return "its input is too large" if math.prod(shape4d(it.ifm)[-3:-1]) > _LIMIT else None


@_rule(r"Batch must be 1")
def _one_image(it):
    return "its batch is larger than 1" if shape4d(it.ifm)[0] > 1 else None


@_rule(r"Reduction over depth is only supported if any of h,w,c == 1")
def _mean_depth(it):
    if it.reduced is None or (3 in it.reduced and 1 not in shape4d(it.ifm)[1:4]):
        return "it averages over the channels"


@_rule(r"Reduced axis must be less than (\d+)")
def _mean_axis(it, limit):
    if max((shape4d(it.ifm)[axis] for axis in it.reduced), default=0) > int(limit):
        return "it averages over too many values"


@_rule(r"Amount of reduced elements cannot exceed: (\d+)\(Int8\), (\d+)\(UInt8\), (\d+)\(Int16\)")
def _mean_elements(it, *limits):
    limit = dict(zip(("int8", "uint8", "int16"), limits, strict=True))[it.ifm.dtype]
    if math.prod(shape4d(it.ifm)[axis] for axis in it.reduced) > int(limit):
        return "it averages over too many values"


@_rule(r"Slice must represent a volume")
def _slice(it):
    steps, rank = it.values(3), len(it.ifm.shape)
    if steps is None:
        return "a parameter is computed by the network"
    ellipsis = it.options.get("ellipsisMask", 0)
    # Axes are counted from the end behind an ellipsis.
    place = next((number for number in range(len(steps)) if ellipsis >> number & 1), len(steps))
    axes = {n if n < place else rank - len(steps) + n: int(step) for n, step in enumerate(steps) if n != place}
    if any(step < 1 for step in axes.values()):
        return "it goes backwards"
    if any(step != 1 and axis not in (rank - 3, rank - 2) for axis, step in axes.items()):
        return "it skips along an axis that is neither height nor width"
    return "it takes nothing" if 0 in it.ofm.shape else None


@_rule(r"Params tensor must be Int32 or Int64")
def _padding(it):
    return None if it.input(1).dtype in ("int32", "int64") else f"its padding is {it.input(1).dtype}"


@_rule(r"Tensor dimension must be <= 8")
def _rank(it):
    return f"its rank is {len(it.ifm.shape)}" if len(it.ifm.shape) > 8 else None


@_rule(r"IF IFM is Int32:\s*- Rank must be|IF IFM is Int8 or Int16\s*- NHWC")
def _transpose(it):
    if list(it.values(1).reshape(-1)) == list(range(len(it.ifm.shape))) and it.ifm.dtype != "int32":
        return None
    # The strictest of the limits that depend on the permutation.
    highest = 2**14 if it.ifm.dtype == "int32" else _LIMIT
    largest = max(map(math.prod, itertools.combinations(it.ifm.shape, max(1, len(it.ifm.shape) - 2))))
    if largest > highest or (it.ifm.dtype == "int32" and len(it.ifm.shape) > 2):
        return "its sides are too long for this permutation"


@_rule(r"Axis attribute is not supported")
def _reverse(it):
    return "it turns an axis round"


@_rule(r"Operation must be performed along the depth axis")
def _axis(it):
    axes, rank = it.values(1), len(it.ifm.shape)
    if axes is None or int(axes.reshape(-1)[0]) % rank != rank - 1:
        return "it works along an axis that is not the last"


@_rule(r"IFM depth must be less than or equal to (\d+)")
def _depth(it, limit):
    return f"it has {it.ifm.shape[-1]} channels" if it.ifm.shape[-1] > int(limit) else None


@_rule(r"IF NOT \(IFM H == IFM W == 1\)|IF not \(IFM H == IFM W == 1\)")
def _resize(it):
    if _copies(it):
        return None
    (_, ih, iw, _), (_, oh, ow, _) = shape4d(it.ifm), shape4d(it.ofm)
    high, wide = _scales(it)
    one = (oh == 1 and high == 1) or (ow == 1 and wide == 1)
    halves = it.op == "RESIZE_BILINEAR" and it.options.get("halfPixelCenters")
    if (high != wide and not one) or max(high, wide) not in ((2,) if halves else (2, 4, 8)):
        return f"it makes {oh}x{ow} of {ih}x{iw}" + (" with half pixel centers" if halves else "")


@_rule(r"align_corners and half_pixel_centers are mutually exclusive")
def _corners(it):
    both = it.options.get("alignCorners") and it.options.get("halfPixelCenters")
    return "it aligns corners and has half pixel centers" if both else None


@_rule(r"Scale-factor:\s*- IF align_corners:.*maximum (\d+).*maximum (\d+)")
def _largest_scale(it, aligned, other):
    limit = int(aligned if it.options.get("alignCorners") else other)
    return "it enlarges too much" if max(_scales(it)) > limit else None


@_rule(r"Scale-factor must be an integer power of two")
def _power_of_two(it):
    if _copies(it) or all(scale >= 1 and math.log2(scale).is_integer() for scale in _scales(it)):
        return None
    return "it shrinks" if min(_scales(it)) < 1 else "it enlarges by what is no power of two"


def _copies(it):
    """Whether a resize only spreads single values, or does nothing."""
    return shape4d(it.ifm)[1:3] == (1, 1) or it.ifm.shape == it.ofm.shape


def _scales(it):
    """By what a resize enlarges height and width."""
    less = 1 if it.options.get("alignCorners") else 0
    sides = zip(shape4d(it.ifm)[1:3], shape4d(it.ofm)[1:3], strict=True)
    return [(out - less) / (side - less) if side > less else float(out) for side, out in sides]


@_rule(r"axis must be equal to batch_dims")
def _gather(it):
    axis = it.options.get("axis", 0) % len(it.ifm.shape)
    return "its axis is not the first behind the batch" if axis != it.options.get("batchDims", 0) else None


@_rule(r"(Shape|Index) tensor (must be constant|must have channel=1|elements must be unique)")
def _scatter(it, which, what):
    values = it.values(0 if which == "Index" else 2)
    if values is None:
        return f"its {which.lower()} is computed by the network"
    if "channel" in what:
        return "its index has several channels" if values.shape[-1] != 1 else None
    return "its indices repeat" if "unique" in what and len(np.unique(values)) < values.size else None


@_rule(r"(Implicit gate|Peephole|Projection|Gate normalization)")
def _lstm(it, what):
    places, wanted = {
        "Implicit gate": (range(1, 9), True),
        "Peephole": (range(9, 12), False),
        "Projection": (range(16, 18), False),
        "Gate normalization": (range(20, 24), False),
    }[what]
    wrong = any((it.input(place) is not None) != wanted for place in places)
    return f"it is of a variant ({what.lower()})" if wrong else None


@_rule(r"Variable handle tensors must be Resource\. Variable data tensors must be one of \{(.*)\}")
def _variable(it, types):
    others = [each.dtype for each in (*filter(None, it.inputs), *it.ofms) if each.dtype != "resource"]
    return next((f"its variable is {each}" for each in others if each not in types_in(types)), None)
