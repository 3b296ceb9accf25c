"""The folder that is handed on: ``.tflite`` files, ``labels.txt``, ``example.py``, ``golden``, ``manifest.json`` …"""

import collections
import itertools
import json
import os
import shutil
from pathlib import Path

from ..common.environment import command, environment
from ..common.errors import EdgezooError
from ..common.files import copy, read_small, sha256, write_json, write_text
from ..common.fit import CROP, PAD, SQUASH, Fit
from ..inspection.graph import read_graphs
from ..inspection.pixels import ASSUMED, Pixels
from ..train.run_folder import TRAINED_ON
from .bundle_readme import README, write_readme
from .golden import Golden, is_golden
from .staging import swap

MANIFEST = "manifest.json"
LABELS = "labels.txt"
EXAMPLE = "example.py"
EXAMPLE_FILE = Path(__file__).with_name(EXAMPLE)
_FORMAT = {"format": "edgezoo bundle", "format_version": 1}
#: The pixels of older manifests, which do not tell.
_RAW = {"mean": [0], "std": [1], "known_by": "manifest"}
_FITS = {
    SQUASH: "the aspect ratio is not kept",
    CROP: "the largest part in the middle that has the aspect ratio asked for is cut out before",
    PAD: "the aspect ratio is kept, and what is left over on two sides has the colour of the border under fit",
}
_CHANNELS = {1: "gray", 3: "RGB", 4: "RGBA"}


def entry(path, scheme, calibration, layers=None, recovery=None):
    """The manifest's record of one ``.tflite`` file.

    Args:
        path: the file.
        scheme: name of its number format.
        calibration: record of the calibration images, or ``None``.
        layers: of a mixed file, ``{"precision": of all others, "chosen": {pattern of layers: precision}}``.
        recovery: how these were chosen, as of ``exporting.export_model``.

    Returns:
        JSON-able dict. A tensor's real values are ``scale * (integer - zero_point)``; a side of -1 is open. The
        calibration, the environment and the command belong to the file, since a bundle can grow over days. A file for
        several sizes has ``signatures`` beside, the inputs and outputs of each; without them, they are the first one's.
    """
    return {
        "file": Path(path).name,
        "scheme": scheme,
        **facts_of(path),
        **({"layers": layers} if layers else {}),
        **({"recovery": recovery} if recovery else {}),
        "calibration": calibration,
        "environment": environment(),
        "command": command(),
    }


def facts_of(path):
    """What the record of a ``.tflite`` file has from the file itself.

    Raises:
        EdgezooError: the file is damaged, or has no signature.
    """
    graphs = read_graphs(path)
    signatures = {key: _ends(graph, ends) for graph in graphs.values() for key, ends in graph.signatures.items()}
    if not signatures:
        raise EdgezooError(f"{path} has no signature, and the files of edgezoo have one.")
    return {
        "size_bytes": os.path.getsize(path),
        **next(iter(signatures.values())),
        **({"signatures": signatures} if len(signatures) > 1 else {}),
        "operators": dict(collections.Counter(operator.op for operator in graphs[0].operators)),
    }


def _ends(graph, signature):
    return {
        end: [_tensor(name, graph.tensors[index]) for name, index in signature[end].items()]
        for end in ("inputs", "outputs")
    }


def _tensor(name, tensor):
    return {
        "name": name,
        "shape": list(tensor.shape_signature),
        "dtype": tensor.dtype,
        "scale": tensor.scale[0] if tensor.scale else None,
        "zero_point": tensor.zero_point[0] if tensor.zero_point else None,
    }


def publish(staging, out_dir, origin, entries, labels, trained_on=None, pixels=None, samples=None, fit=None):
    """Moves finished files into a bundle and writes what goes with them, the manifest last.

    Entries of the same model for the same pixels, whose files are still there, unchanged, stay in the manifest.

    Args:
        staging: folder that holds the files of ``entries``, on the file system of ``out_dir``.
        out_dir: the bundle.
        origin: ``{"file", "sha256", "name"}`` of the ``.keras`` file.
        entries: results of ``entry``.
        labels: class names, or ``None``.
        trained_on: path of the fingerprints of the training images, or ``None`` where they are not known.
        pixels: ``Pixels`` that the files take; ``None`` where they take no images.
        samples: ``Calibration`` that golden pictures are taken of, or ``None``; those that are there are kept.
        fit: ``Fit``, how pictures get the size that the files take; squashed if ``None``.
    """
    pixels, fit, before = pixels or Pixels(), fit or Fit(), read_manifest(out_dir)
    golden = Golden(staging, samples, pixels)
    answers = golden.carry(out_dir, _still_valid(out_dir, origin, pixels, fit)[1])
    taken = [row for made in entries for row in golden.take(staging / made["file"], made["scheme"])]
    for made in entries:
        os.replace(staging / made["file"], out_dir / made["file"])
    kept, checksums = _still_valid(out_dir, origin, pixels, fit)
    if labels is None and LABELS not in checksums and _is_unchanged(before, out_dir, LABELS):
        (out_dir / LABELS).unlink()  # those of the model that was here before
    if labels is not None:
        write_labels(out_dir, labels)
    if trained_on is not None:
        copy(trained_on, out_dir / TRAINED_ON)
    copy(EXAMPLE_FILE, out_dir / EXAMPLE)

    new = {made["file"] for made in entries}
    kept = [old for old in kept if old["file"] not in new]
    still = {old["file"] for old in kept}
    entries = kept + entries
    pictures = golden.write(out_dir, [row for row in answers if row["file"] in still] + taken)
    for name in before["files"] if before else ():
        if is_golden(name) and name not in pictures and _is_unchanged(before, out_dir, name):
            (out_dir / name).unlink()
    names = [made["file"] for made in entries] + [EXAMPLE, *pictures]
    if labels is not None or LABELS in checksums:
        names.append(LABELS)
    if trained_on is not None or TRAINED_ON in checksums:
        names.append(TRAINED_ON)
    manifest = manifest_of(out_dir, origin, entries, names, pixels, fit)
    if not os.path.lexists(out_dir / README) or _is_unchanged(before, out_dir, README):  # else it is the user's own
        write_readme(out_dir, None, manifest, bool(pictures))
        manifest["files"][README] = sha256(out_dir / README)
    write_json(out_dir / MANIFEST, manifest)


def write_labels(folder, labels):
    """Writes the class names of a bundle, one a line."""
    write_text(folder / LABELS, "".join(f"{label}\n" for label in labels))


def manifest_of(folder, origin, entries, names, pixels, fit):
    """The manifest of a bundle in ``folder``.

    Args:
        folder, origin, entries: as for ``publish``.
        names: of its files, in ``folder``.
        pixels, fit: ``Pixels`` and ``Fit``.
    """
    return {
        **_FORMAT,
        "model": origin,
        "files": {name: sha256(folder / name) for name in names},
        "models": entries,
        "preprocessing": _preprocessing(entries[-1]["inputs"], pixels, fit),
    }


def replace(staged, folder, staging):
    """Puts a whole bundle in its place, in one step.

    Files of the bundle that was there go if they are unchanged; all else in the folder stays, but for files whose names
    are of the new one.

    Args:
        staged: folder of the bundle, in ``staging``; what stays is added to it.
        folder: its place, in the folder that ``staging`` is in.
        staging: what ``locked_staging`` gave.

    Raises:
        EdgezooError: what stays is in the way of the new files, or the folder cannot be moved.
    """
    if not folder.exists():
        os.rename(staged, folder)
        return
    before = (read_manifest(folder) or {"files": {}})["files"]
    try:
        for path in folder.rglob("*"):
            name = path.relative_to(folder)
            if (path.is_dir() and not path.is_symlink()) or os.path.isfile(staged / name):
                continue
            of_before = path.is_file() and before.get(name.as_posix()) == sha256(path)
            if not of_before:
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                _same_file(path, staged / name)
        shutil.copymode(folder, staged)
        swap(staged, folder, staging)
    except OSError as error:
        raise EdgezooError(f"{folder} cannot be replaced: {error.strerror} ({error.filename}).") from error


def _same_file(path, other):
    """Makes a file, or link, have a second place."""
    try:
        os.link(path, other, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without such links
        shutil.copy2(path, other, follow_symlinks=False)


def read_manifest(folder):
    """The manifest of a bundle, or ``None`` if there is none or it is not one of ours.

    Returns:
        dict; ``model``, ``files`` and ``models`` are there and have the types that ``publish`` gives them.
    """
    try:
        manifest = json.loads(read_small(Path(folder, MANIFEST)).decode())
        sound = (
            isinstance(manifest["model"]["sha256"], str)
            and isinstance(manifest["model"]["file"], str)
            and all(isinstance(checksum, str) for checksum in manifest["files"].values())
            and all(isinstance(entry["file"], str) and isinstance(entry["scheme"], str) for entry in manifest["models"])
        )
        return manifest if sound else None
    except (EdgezooError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def entry_of(path):
    """What the manifest beside a file says of it, or ``None``.

    With the ``model`` that it was made from, and the ``preprocessing`` that it needs. The file is known by its content,
    whatever it is called now.
    """
    path = Path(path)
    manifest = read_manifest(path.parent)
    if manifest is None:
        return None
    checksum = sha256(path)
    for entry in manifest["models"]:
        if checksum in _checksums(manifest, entry):
            return {**entry, "model": manifest["model"], "preprocessing": manifest.get("preprocessing")}
    return None


def is_of_bundle(path):
    """Whether a file is in the bundle that it lies in, or is the ``.keras`` file that it was made from; by content."""
    manifest = read_manifest(Path(path).parent)
    if manifest is None:
        return False
    checksums = (_checksums(manifest, entry) for entry in manifest["models"])
    return sha256(path) in {manifest["model"]["sha256"], *itertools.chain(*checksums)}


def compiled_files(entry):
    """Names of what a compiler made of a manifest's entry, its model first."""
    made = entry.get("compiled")
    names = made.get("files") if isinstance(made, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _checksums(manifest, entry):
    """Of an entry's file, and of what was compiled of it."""
    return {manifest["files"].get(name) for name in (entry["file"], *compiled_files(entry))}


def pixels_in(manifest):
    """``Pixels`` of a manifest, or of ``entry_of`` a file; ``None`` where that part is damaged."""
    try:
        row = manifest["preprocessing"].get("pixels", _RAW)
        return Pixels.of_row({**row, "known_by": ASSUMED if row["known_by"] == ASSUMED else "manifest"})
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
        return None


def fit_in(manifest):
    """``Fit`` of a manifest, or of ``entry_of`` a file; ``None`` where that part is damaged."""
    try:
        return Fit.of_row(manifest["preprocessing"].get("fit", Fit().row()))  # older ones do not tell
    except (ValueError, LookupError, TypeError, AttributeError):
        return None


def trained_on_beside(path):
    """The path of the fingerprints of the images that a ``.tflite`` file's model was trained on, or ``None``.

    They are known where the file lies in its bundle.
    """
    fingerprints = Path(path).with_name(TRAINED_ON)
    known = fingerprints.exists() and entry_of(path) and TRAINED_ON in read_manifest(fingerprints.parent)["files"]
    return fingerprints if known else None


def _still_valid(out_dir, origin, pixels, fit):
    """Entries and checksums of an earlier manifest that are still true and of the same model.

    Entries for other pixels or another fit are not: a bundle has one preprocessing.
    """
    manifest = read_manifest(out_dir)
    if manifest is None or manifest["model"]["sha256"] != origin["sha256"]:
        return [], {}
    checksums = {
        name: checksum
        for name, checksum in manifest["files"].items()
        if (Path(name).name == name or is_golden(name))
        and (out_dir / name).is_file()
        and sha256(out_dir / name) == checksum
    }
    before = pixels_in(manifest)
    is_same = before is not None and (before.mean, before.std) == (pixels.mean, pixels.std) and fit == fit_in(manifest)
    return [old for old in manifest["models"] if is_same and old["file"] in checksums], checksums


def _is_unchanged(manifest, folder, name):
    """Whether a file is as a manifest of its bundle, or ``None``, says."""
    path = folder / name
    known = manifest is not None and path.is_file() and not path.is_symlink()
    return known and manifest["files"].get(name) == sha256(path)


def _preprocessing(inputs, pixels, fit):
    """What a caller has to do to an image; ``example.py`` does it."""
    image = inputs[0]["shape"]
    if pixels.is_raw:
        values, integer = "raw pixels, 0 to 255; rescaling is part of the model", "; for uint8 that is the pixel itself"
    else:
        values, integer = f"{pixels.text}: value = (pixel - mean) / std, the numbers under pixels", ""
    return {
        "orientation": "upright: EXIF orientation is applied",
        "bit_depth": "8: of 16 bits the upper 8 are kept",
        "transparency": "a channel of its own" if image[-1] == 4 else "laid over white",
        "color": "gray is repeated over RGB; RGB becomes gray as 0.299 R + 0.587 G + 0.114 B; profiles are not applied",
        "resize": f"bilinear with antialiasing, as Pillow's BILINEAR; {_FITS[fit.kind]}; before, a JPEG is "
        "decoded at 1/2, 1/4 or 1/8 of its size as long as its sides stay twice as long as the longer one asked for",
        "fit": fit.row(),
        "values": values,
        "pixels": pixels.row(),
        "layout": "NHWC",
        "channels": _CHANNELS.get(image[-1], image[-1]),
        "quantization": f"integer = round(value / scale) + zero_point{integer}",
    }
