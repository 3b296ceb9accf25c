"""Families of convolutional networks, a registry of named sizes, and the weights trained for them.

Everything is imported on first use: the names below are here at once, TensorFlow comes with the first network.
"""

from ..common.lazy import lazy
from .families import HOMES

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        **HOMES,
        "join_members": "ensemble",
        "MinPooling2D": "layers",
        "BlurPooling2D": "layers",
        "FakeQuantize": "layers",
        "build": "registry",
        "list_models": "registry",
        "register": "registry",
        "load_model": "loading",
        "save_model": "loading",
        "convert": "converting",
        "use_custom": "custom",
        "is_model_file": "resolving",
        "load_or_build": "resolving",
        # Moved to the room above; here for callers from before.
        "describe": ".inspection",
        "read_graph": ".inspection",
    },
)
