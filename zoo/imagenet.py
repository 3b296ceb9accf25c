"""Weights trained on ImageNet: those that ``keras.applications`` has on offer, by Keras' own download and cache."""

import dataclasses
import importlib

from ..common.keras_cache import downloading, keras_cache

#: What ``weights`` is called with.
IMAGENET = "imagenet"
IMAGENET_CLASSES = 1000


@dataclasses.dataclass(frozen=True)
class Published:
    """Files of weights of one network, of several widths and image sizes.

    Attributes:
        module: of ``keras.applications``, which knows the address.
        file: name of a file, with ``{width}`` and ``{side}``.
        widths: ``alpha`` → how the file's name has it.
        sides: of the images that the network was trained on.
    """

    module: str
    file: str
    widths: dict
    sides: tuple


#: Of MobileNetV3 the files without the head, of which another layer is part.
_V3 = "weights_mobilenet_v3_{}_minimalistic_{{side}}_{{width}}_float_no_top_v2.h5"
PUBLISHED = {
    "MobileNet": Published(
        "mobilenet",
        "mobilenet_{width}_{side}_tf.h5",
        {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"},
        (128, 160, 192, 224),
    ),
    "MobileNetV2": Published(
        "mobilenet_v2",
        "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{width}_{side}.h5",
        {width: str(width) for width in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)},
        (96, 128, 160, 192, 224),
    ),
    "MobileNetV3Small": Published("mobilenet_v3", _V3.format("small"), {1.0: "1.0"}, (224,)),
    "MobileNetV3Large": Published("mobilenet_v3", _V3.format("large"), {1.0: "1.0"}, (224,)),
}


def offers_imagenet(settings):
    """Whether there are weights for a ``Backbone`` of these settings; for no other family's.

    Args:
        settings: of a named model.
    """
    found = PUBLISHED.get(settings.get("network"))
    return bool(found) and settings.get("alpha", 1.0) in found.widths


def fetch_weights(network, alpha, sides):
    """The file of a network's weights, downloaded by Keras if it is not in its cache.

    Args:
        network, alpha: as for ``Backbone``.
        sides: height and width of the images, of which either may be ``None``. Of files for several image sizes the
            one for the nearest size is taken: for the larger side, and 224 where the size is open.

    Returns:
        Path as text.

    Raises:
        ValueError: there is none.
        EdgezooError: it cannot be downloaded; the message says which file to put where.
    """
    if not offers_imagenet({"network": network, "alpha": alpha}):
        there = ", ".join(map(str, PUBLISHED[network].widths)) if network in PUBLISHED else "none"
        raise ValueError(
            f"Keras has no ImageNet weights of {network} of this width (there are: {there}); give the path of a "
            f"weights file. Received: weights='imagenet', alpha={alpha}"
        )
    found = PUBLISHED[network]
    wanted = 224 if None in sides else max(sides)
    side = min(found.sides, key=lambda each: abs(each - wanted))
    file = found.file.format(width=found.widths[alpha], side=side)
    import keras

    module = importlib.import_module(f"keras.src.applications.{found.module}")
    origin = module.BASE_WEIGHT_PATH + file
    with downloading(
        f"ImageNet's weights of {network}", "models", f"put {file} into {keras_cache('models')}, or give a weights file"
    ):
        return keras.utils.get_file(file, origin, cache_subdir="models", file_hash=_checksum(module, file))


def _checksum(module, file):
    """What Keras knows of a file without a head, ``None`` for those that it has no checksum of."""
    key = file.removeprefix("weights_mobilenet_v3_").removesuffix("_no_top_v2.h5")
    return getattr(module, "WEIGHTS_HASHES", {}).get(key, (None, None))[1]
