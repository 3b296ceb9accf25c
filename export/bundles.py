"""``export_models`` and ``export_models_for_targets``: bundles of several models, calibrated on a data set."""

import dataclasses
import os
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import output_folder
from ..inspection.files import model_name
from ..train.preparing import load_as_trained
from .bundle import read_manifest
from .calibration import Calibration
from .exporting import export_model
from .for_targets import export_for_targets


@dataclasses.dataclass(frozen=True)
class Bundle:
    """What one export has made, or added to.

    Attributes:
        folder: path of the bundle, begun as ``out_dir`` was given.
        manifest: its manifest, as a dict.
        paths: the files that were made now.
    """

    folder: str
    manifest: dict
    paths: list


def export_models(files, out_dir, schemes=("int8",), *, data=None, skip_bad=False, fit=None, **options):
    """Converts ``.keras`` files, each to a bundle of its own: ``out_dir`` for one, ``out_dir/MODEL`` for several.

    Args:
        files: ``.keras`` files with different names.
        out_dir: folder to write to.
        schemes: names from ``SCHEMES``.
        data: data set that training images for the calibration are drawn from (``Calibration.draw``), as for
            ``datasets.load_dataset``, in the size and colour that each model takes; ``None`` for none.
        skip_bad: leave out picture files that cannot be read.
        fit: as for ``export_model``, and so for these images.
        **options: all others of ``export_model`` but ``calibration``.

    Returns:
        List of ``Bundle``.

    Raises:
        EdgezooError: two files have the same name, or as ``export_model``.
    """
    bundles = []
    for file, folder in folders_for(files, out_dir).items():
        calibration = _calibration(file, data, skip_bad, fit)
        paths = export_model(file, folder, schemes, calibration=calibration, fit=fit, **options)
        bundles.append(Bundle(folder, read_manifest(folder), paths))
    return bundles


def export_models_for_targets(files, out_dir, targets, schemes=(), *, data=None, skip_bad=False, fit=None, **options):
    """Makes bundles of ``.keras`` files for devices: ``out_dir/TARGET`` of one, ``out_dir/MODEL/TARGET`` of several.

    Args:
        files, out_dir, data, skip_bad, fit: as for ``export_models``.
        targets, schemes: as for ``export_for_targets``.
        **options: all others of ``export_for_targets``.

    Returns:
        ``(bundles, failures)``: list of ``Bundle``, and a sentence for each that could not be made.

    Raises:
        EdgezooError, UnknownName: two files have the same name, or as ``export_for_targets``.
    """
    bundles, failures = [], []
    for file, folder in folders_for(files, out_dir).items():
        options["calibration"] = _calibration(file, data, skip_bad, fit)
        made, failed = export_for_targets(file, folder, targets, schemes, fit=fit, **options)
        for each in made:
            manifest = read_manifest(each)
            bundles.append(Bundle(os.fspath(each), manifest, [each / entry["file"] for entry in manifest["models"]]))
        failures += failed if len(files) == 1 else [f"{file.name} for {failure}" for failure in failed]
    return bundles, failures


def folders_for(files, out_dir):
    """``Path`` of each file → where its bundles go; all can be written to."""
    files = [Path(file) for file in files]
    names = [model_name(file) for file in files]
    if twice := [name for name in names if names.count(name) > 1]:
        raise EdgezooError(f"two of the files are called {twice[0]}; export them to different folders.")
    folders = [os.fspath(out_dir) if len(files) == 1 else os.path.join(out_dir, name) for name in names]
    for folder in folders:
        output_folder(folder, "the bundle")  # known before the first one is made
    return dict(zip(files, folders, strict=True))


def _calibration(file, data, skip_bad, fit):
    """A function from a file's model to its ``Calibration``, or ``None`` without data."""
    return data and (lambda model: Calibration.draw(load_as_trained(model, file, data, fit=fit, skip_bad=skip_bad)))
