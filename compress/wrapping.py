"""In a twin's process: its layers in the wrappers of TensorFlow's Model Optimization Toolkit."""

import fnmatch

import numpy as np

from ..common.quiet import quiet_import
from .places import KERNELS
from .stages import PRUNED_AFTER

#: Times that the zeros are chosen anew until then.
_PRUNINGS = 50


def wrapper_for(request, variables, steps):
    """A function from a layer's entry in the plan, and the layer, to the layer in a wrapper, or itself.

    Args:
        request: what ``Twin.begin`` sends.
        variables: name → the layer's variables, by name.
        steps: of the whole training.
    """
    return {"prune": _pruning, "cluster": _clustering, "qat": _quantizing}[request["stage"]](request, variables, steps)


def _is_skipped(entry, request):
    return any(fnmatch.fnmatchcase(entry["name"], pattern) for pattern in request["skip"])


def _pruning(request, variables, steps):
    tfmot = quiet_import("tensorflow_model_optimization")
    wrapper = tfmot.sparsity.keras.prune_low_magnitude
    end = max(1, round(PRUNED_AFTER * steps))
    schedule = tfmot.sparsity.keras.PolynomialDecay(
        0.0, request["sparsity"], begin_step=0, end_step=end, frequency=max(1, end // _PRUNINGS)
    )
    settings = {"pruning_schedule": schedule}
    if request["zeros"]:
        settings["sparsity_m_by_n"] = tuple(request["zeros"])

    def wrap(entry, layer):
        if entry["class_name"] not in ("Conv2D", "Conv2DTranspose", "Dense") or _is_skipped(entry, request):
            return layer
        return wrapper(layer, **settings, block_size=_block(layer, request["blocks"]))

    return wrap


def _block(layer, block):
    """The block of zeros of a layer; single weights where the kernel is no matrix, or has blocks in one row alone."""
    shape = layer.kernel.shape if hasattr(layer, "kernel") else ()
    fits = len(shape) == 2 and all(side < extent for side, extent in zip(block, shape, strict=True))
    return tuple(block) if fits else (1, 1)


def _clustering(request, variables, steps):
    tfmot = quiet_import("tensorflow_model_optimization")
    cluster = tfmot.clustering.keras

    def wrap(entry, layer):
        kernel = variables[entry["name"]].get("kernel")
        if entry["class_name"] not in ("Conv2D", "Dense") or _is_skipped(entry, request):
            return layer
        # With as many values as weights there is nothing to share.
        if kernel.shape.num_elements() <= request["clusters"]:
            return layer
        sparse = "prune" in request["preserve"]
        # The toolkit fails where a kernel has fewer weights left than it is to have clusters beside that of zeros.
        most = int(np.count_nonzero(kernel)) + 1 if sparse else request["clusters"]
        return cluster.cluster_weights(
            layer,
            number_of_clusters=max(2, min(request["clusters"], most)),
            cluster_centroids_init=cluster.CentroidInitialization.KMEANS_PLUS_PLUS,
            preserve_sparsity=sparse,
        )

    return wrap


def _quantizing(request, variables, steps):
    wrapper = quiet_import("tensorflow_model_optimization.python.core.quantization.keras.quantize_wrapper")

    from .quantizers import Rounding, kernel_quantizer, output_quantizer

    def wrap(entry, layer):
        kernels = []
        # A layer that is skipped has its range all the same: without, the file could not be of integers.
        if entry["class_name"] in KERNELS and not _is_skipped(entry, request):
            name, *layout = KERNELS[entry["class_name"]]
            kernels = [(name, kernel_quantizer(variables[entry["name"]][name], *layout, request["preserve"]))]
        output = output_quantizer() if entry["name"] in request["ranges"] else None
        if not kernels and not output:
            return layer
        return wrapper.QuantizeWrapperV2(layer, Rounding(kernels, output))

    return wrap
