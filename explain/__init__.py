"""What does a network see? Pictures of a user's own model and image, and the numbers behind them.

explaining.py     explain: a question, its answer as a picture and a document
questions/        what can be asked, one module a question
windows/          convolution arithmetic as pictures
pixels.py         pictures without a model
model_file.py     what the questions need of a ``.keras`` or ``.tflite`` file
layers.py         which layers are shown, and under which names
class_names.py    what the classes are called
picture.py        the user's picture in a network's shape
features.py       what every layer puts out
filters.py        the weights of convolutions
attribution.py    where the answer comes from: saliency, Grad-CAM, occlusion
maximization.py   images that excite a channel most
gradients.py      gradients, or one line where there are none
fields.py         which pixels a unit sees and looks at
connections.py    a network in which nothing hides a gradient, for the former
figures.py        grids of images, heat maps and overlays
bands.py          feature maps and filters in such grids
pipeline.py       the network to scale
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "explain": "explaining",
        "explain_files": "explaining",
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
        "Window": "windows.window",
        "save_picture": "windows.pictures",
        "draw_window": "windows.pictures",
    },
)
