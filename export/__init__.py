"""From a ``.keras`` file to ``.tflite`` files and a bundle.

bundles.py              export_models: a bundle of each of several models
exporting.py            export_model: a bundle of one model
conversion.py           the files of a model: checks, trials, conversions
forms.py                what each of them is to be like
exportable.py           what a model must be like
refusing.py             … and for which files
trained_ranges.py       networks whose ranges were trained, and what files are made of them
schemes/                the number formats, one module each
calibration.py          training images that the ranges of activations are read from
ranges.py               … and how they are read
estimators.py           … as which range of values
quantizing.py           a float file, operator by operator in a precision of its own
choosing.py             which operators the layers of a model are
freezing.py             Keras model → SavedModel of fixed signature, weights inside
preflight.py            trial conversions: what no file can hold, found out before the work
converter.py            the converter's process, seen from outside: one file after another
converter_process.py    … and from inside
converter_messages.py   what TensorFlow's converter says, as one line and as data
joining.py              one file for several input sizes
packing.py              pack_files: files of any maker in fewer bytes
verification.py         whether a file is what was asked for, and runs
diagnosis.py            which layer it was, where a conversion failed
staging.py              the folder that files are made in, and what a killed export left of it
identity.py             which model and number format a file holds, whatever it is called
labels.py               class names, to go beside a model
class_names.py          class names, found inside or beside any model file
pixels.py               what a model file takes for a pixel
bundle.py               labels, manifest and example beside the files
verifying.py            verify_bundle: whether a bundle is as its manifest says, and answers as it did
golden.py               pictures, and what the files answer to them, for a device to show that it computes alike
example.py              the example itself; copied into bundles as it is
targets/                devices, and what each needs
for_targets.py          export_for_targets: a bundle of a model for each of several devices
bundle_readme.py        the README.md of a bundle
checks.py               check_files: what targets make of files and models
placements.py           … and what that says, in words
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "check_files": "checks",
        "export_model": "exporting",
        "export_models": "bundles",
        "export_models_for_targets": "bundles",
        "export_for_targets": "for_targets",
        "pack_files": "packing",
        "verify_bundle": "verifying",
        "Calibration": "calibration",
        "SCHEMES": "schemes",
        "Scheme": "schemes",
        "TARGETS": "targets",
        "Target": "targets",
        "list_targets": "targets",
    },
)
