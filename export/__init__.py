"""From a ``.keras`` file to ``.tflite`` files and a bundle.

exporting.py     export_model: checks, converts, publishes
scratch.py       the folder that files are made in, and what a killed export left of it
trials.py        what no file can hold, found out before the conversion
schemes.py       what float32, float16, dynamic, int8 and int16x8 ask of the converter
calibration.py   training images that the ranges of activations are read from
exportable.py    what a model must be like, and the names of the layers that stand in the way
freezing.py      Keras model → SavedModel of fixed signature, weights inside
jobs.py          the converter's process: started, watched, ended
convert.py       what runs in that process
bundle.py        labels, manifest and example beside the files
example.py       the example itself; copied into bundles as it is
targets/         devices, and what each needs
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "export_model": "exporting",
        "Calibration": "calibration",
        "SCHEMES": "schemes",
        "list_targets": "targets",
    },
)
