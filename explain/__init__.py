"""What does a network see? Pictures of a user's own model and image, and the numbers behind them."""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "explain": "explaining",
        "show_edges": "pixels",
        "show_flattened": "pixels",
        "read_picture": "picture",
        "feature_maps": "features",
        "kernels": "filters",
        "saliency": "attribution",
        "grad_cam": "attribution",
        "occlusion": "attribution",
        "maximize_activation": "maximization",
        "receptive_field": "fields",
        "effective_receptive_field": "fields",
        "Window": "convolution",
        "save_picture": "convolution",
        "draw_window": "convolution",
    },
)
