"""``check_files``: what targets make of files, and of models before there is a file."""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.text import by_names
from ..inspection.damage import naming_damage
from ..inspection.files import KERAS, kind_of, model_name
from ..inspection.graph import read_graph
from ..inspection.scopes import Scopes
from ..inspection.sizes import choice_in_words
from ..zoo.calling import calling
from ..zoo.loading import save_model
from ..zoo.resolving import is_model_file, load_or_build
from .calibration import Calibration
from .exporting import export_model
from .forms import form_for
from .fresh import settle
from .identity import tag_of
from .pixels import pixels_of_model
from .schemes import SCHEMES
from .targets import TARGETS
from .targets.checking import ACCELERATOR, CPU, NOWHERE
from .targets.settings import chosen_settings
from .trained_ranges import keeps_ranges

#: Images of noise that stand in for a calibration set: where operators run does not depend on the ranges.
_NOISE = 8
#: Side that open heights and widths get.
_SIDE = 96


def check_files(files, targets, *, input_shape=None, settings=()):
    """Checks every file, or model, for every target.

    A ``.keras`` file or named model is converted first, as the target takes it, with noise for calibration.

    Args:
        files: ``.tflite`` and ``.keras`` files, and names of models.
        targets: names of targets.
        input_shape: (H, W, C) that a named model is built for, and that open sides get.
        settings: pairs of a name and a value for the targets that have such a setting (``Target.settings``).

    Returns:
        ``(checks, failures)``: documents of ``edgezoo check --json``, and sentences on those that could not be made,
        which begin with the names of targets.

    Raises:
        EdgezooError, UnknownName: a file, model or target is not there, or a file is damaged.
    """
    targets = checkable(targets)
    settings = chosen_settings(targets, settings)
    checks, failures = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(files):
            made = _Made(file, Path(folder, str(number)), input_shape)
            for target in targets:
                try:
                    path, converted = made.file_for(target)
                    with naming_damage(path):
                        check = target.check(path, **settings[target.name])
                    checks.append(_document(target, check, path, made.name, converted))
                except EdgezooError as error:
                    failures.append((target.name, error))
    return checks, by_names(failures)


def checkable(names):
    """The ``Target`` objects of names, each once, if they can all be checked.

    Raises:
        EdgezooError, UnknownName: one cannot, or is not there.
    """
    targets = [TARGETS[name] for name in dict.fromkeys(names)]
    for target in targets:
        if target.check is None:
            checked = ", ".join(name for name, each in TARGETS.items() if each.check)
            raise EdgezooError(f"this version checks nothing for {target.name}; it does for {checked}.")
    return targets


class _Made:
    """The ``.tflite`` files of one file or model, each made when it is first asked for.

    Args:
        file: ``.tflite`` or ``.keras`` file, or a model's name.
        folder: ``Path`` of a folder to make and write to.
        input_shape: as for ``check_files``.
    """

    def __init__(self, file, folder, input_shape):
        self.name, self._folder, self._made, self._source = str(file), folder, {}, None
        is_file = is_model_file(file)
        if is_file and kind_of(file) != KERAS:
            return
        model = load_or_build(file, **({"input_shape": input_shape} if input_shape and not is_file else {}))
        self._ranged = {name for name in SCHEMES if keeps_ranges(model, name)}
        takes_images = len(model.inputs) == 1 and len(model.inputs[0].shape) == 4
        height, width, channels = model.inputs[0].shape[1:] if takes_images else (1, 1, 1)
        side = input_shape[0] if input_shape else _SIDE
        self._sizes = (side,) if None in (height, width) else ()
        noise = np.random.default_rng(0).integers(0, 256, (_NOISE, height or side, width or side, channels), np.uint8)
        self._calibration = Calibration(noise, {"noise": {"seed": 0, "images": _NOISE}})
        folder.mkdir()
        with calling(file):
            is_fresh = takes_images and settle(model, noise)
        self._source = folder / f"{model_name(file)}.keras" if is_fresh or not is_file else Path(file)
        if self._source.parent == folder:
            save_model(model, self._source)
        pixels = pixels_of_model(self._source, model)
        # Nobody can say here which pixels it takes, and nobody needs to: it is noise.
        self._pixels = pixels and dataclasses.replace(pixels, known_by="noise")

    def file_for(self, target):
        """``(path, converted)`` of the file that a target takes; how it was made, ``None`` of one that was there."""
        if self._source is None:
            return self.name, None
        form = form_for(target)
        if form not in self._made:
            try:
                self._made[form] = self._file(form)
            except EdgezooError as error:
                self._made[form] = error
        if isinstance(self._made[form], EdgezooError):
            raise self._made[form]
        ranges = "with trained ranges" if form.scheme in self._ranged else "calibrated with noise"
        return self._made[form], f"{form.scheme}, {ranges}"

    def _file(self, form):
        (path,) = export_model(
            self._source,
            self._folder / "_".join(map(str, form)),
            (form.scheme,),
            io=form.io,
            calibration=self._calibration,
            input_sizes=self._sizes,
            pixels=self._pixels,
            per_channel_dense=form.per_channel_dense,
        )
        return path


def _document(target, check, path, name, converted):
    """One document of ``check --json``."""
    graph = read_graph(path)
    scopes = Scopes((graph.name_of(each) for each in graph.operators), numbered=tag_of(path) is not None)
    return {
        "file": name,
        "sha256": sha256(path),
        "converted": converted,
        "target": target.name,
        "refused": check.refused,
        "remedy": check.remedy,
        "operators": [
            {**dataclasses.asdict(each), "layers": [*scopes.layers(graph.name_of(graph.operators[each.index]))]}
            for each in check.operators
        ],
        "accelerated": check.counts[ACCELERATOR],
        "total": len(check.operators),
        "by": check.by,
        "memory": check.memory,
        "figures": check.figures,
        "notes": [*filter(None, (choice_in_words(path),)), *check.notes],
    }


def falls_back(check):
    """Whether a document of ``check_files`` is one that ``--strict`` does not pass.

    It is one of a file that is refused, of an operator that runs nowhere, or of one on the CPU of a target that has an
    accelerator.
    """
    places = {operator["where"] for operator in check["operators"]}
    return bool(check["refused"]) or NOWHERE in places or (CPU in places and TARGETS[check["target"]].has_accelerator)
