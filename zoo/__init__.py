"""Families of convolutional networks, a registry of named sizes, and the arithmetic of both.

Everything is imported on first use: the names below are here at once, TensorFlow comes with the first network.
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "FeedForward": "feed_forward",
        "PooledCNN": "pooled_cnn",
        "StridedCNN": "strided_cnn",
        "GlobalPoolCNN": "global_pool_cnn",
        "Ensemble": "ensemble",
        "join_members": "ensemble",
        "MinPooling2D": "layers",
        "BlurPooling2D": "layers",
        "build": "registry",
        "list_models": "registry",
        "register": "registry",
        "load_model": "loading",
        # Moved to the room above; here for callers from before.
        "describe": ".inspection",
        "read_graph": ".inspection",
    },
)
