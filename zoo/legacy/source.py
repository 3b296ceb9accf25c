"""What a file of a Keras model says of itself, before any of it is built."""

import contextlib
import dataclasses
import json
import zipfile
import zlib
from pathlib import Path

from ...common.errors import EdgezooError
from ...common.files import existing_file
from ...common.text import one_line

KERAS_FILE, HDF5, SAVED_MODEL = "keras", "hdf5", "saved_model"
#: Suffixes of the files; a SavedModel is a folder.
SUFFIXES = {".keras": KERAS_FILE, ".h5": HDF5, ".hdf5": HDF5}
#: What is said of a model with code in it.
HOLDS_CODE = "it holds a Lambda layer, that is code, which is never run; use a registered layer instead"
#: A configuration is text: 16 MiB is that of a network of ten thousand layers.
_LONGEST_TEXT = 1 << 24


@dataclasses.dataclass(frozen=True)
class Source:
    """A file that holds, or may hold, a Keras model.

    Attributes:
        path: ``Path`` of the file, or of a SavedModel's folder.
        format: ``KERAS_FILE``, ``HDF5`` or ``SAVED_MODEL``.
        keras_version: text such as ``"2.15.0"``; ``None`` where the file does not tell, as a SavedModel.
        config: the model's configuration as JSON text; ``""`` of a SavedModel, or where it cannot be read.
    """

    path: Path
    format: str
    keras_version: str | None
    config: str

    @property
    def is_keras_2(self):
        """Whether Keras 2 wrote it, as it has every SavedModel that still has layers."""
        return self.format == SAVED_MODEL or (self.keras_version or "2").startswith(("1", "2"))


def read_source(path):
    """The ``Source`` of a path.

    Raises:
        EdgezooError: it is missing, empty, of another kind, damaged, or holds weights or functions alone.
    """
    path = Path(path)
    return {KERAS_FILE: _of_archive, HDF5: _of_hdf5, SAVED_MODEL: _of_folder}[format_of(path)](path)


def format_of(path):
    """``KERAS_FILE``, ``HDF5`` or ``SAVED_MODEL``, by the suffix; nothing is read.

    Raises:
        EdgezooError: it is missing, empty, or of another kind.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / "saved_model.pb").is_file():
            raise EdgezooError(
                f"{path} is a folder, but no SavedModel (it has no saved_model.pb); give a model's file."
            )
        return SAVED_MODEL
    path = existing_file(path)
    if path.suffix not in SUFFIXES:
        raise EdgezooError(
            f"{path} is not a .keras file, nor an .h5 file or a SavedModel's folder; "
            "save the model with model.save('NAME.keras')."
        )
    return SUFFIXES[path.suffix]


def _of_folder(path):
    if not (path / "keras_metadata.pb").is_file():
        raise EdgezooError(
            f"{path} is a SavedModel without Keras layers, as model.export and tf.saved_model.save write it; "
            "its graph cannot be turned back into layers: give the .keras or .h5 file of the model."
        )
    for each in path.rglob("*"):
        if not (each.is_file() or each.is_dir()):  # a named pipe would never end
            raise EdgezooError(f"{path} is damaged: {each.relative_to(path)} is neither a file nor a folder.")
    return Source(path, SAVED_MODEL, None, "")


def _of_archive(path):
    if not zipfile.is_zipfile(path):
        raise EdgezooError(f"{path} is damaged or not a .keras file (it is no zip archive).")
    try:
        with zipfile.ZipFile(path) as archive:
            config = member(archive, "config.json", _LONGEST_TEXT).decode()
            version = "3"  # so that Keras 3 finds out what is wrong with a file that does not tell
            with contextlib.suppress(EdgezooError, ValueError, LookupError, TypeError, RecursionError):
                version = str(json.loads(member(archive, "metadata.json", _LONGEST_TEXT))["keras_version"])
    except EdgezooError as error:
        raise EdgezooError(f"cannot load {path}: {error}.") from error
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise EdgezooError(f"{path} is damaged: {one_line(error)}.") from error
    return Source(path, KERAS_FILE, version, config)


def member(archive, name, most):
    """The content of a file in an archive, which is as long as the archive declares, or shorter.

    Args:
        archive: ``zipfile.ZipFile``.
        name: of the file.
        most: bytes that it may have.

    Raises:
        EdgezooError: it is not there, longer, damaged, or packed as Keras does not; half a sentence that names it.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise EdgezooError(f"it has no {name}") from None
    if info.file_size > most:
        raise EdgezooError(f"its {name} unpacks to {info.file_size / 1e6:.0f} MB, more than its network can need")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack in one go
        raise EdgezooError(f"its {name} is packed in a way that Keras does not use; pack it with deflate, or not")
    try:
        return archive.read(info)
    except (OSError, RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise EdgezooError(f"its {name} is damaged: {one_line(error) if str(error) else 'it ends too soon'}") from error


def _of_hdf5(path):
    import h5py

    try:
        with h5py.File(path) as file:
            version, config = (file.attrs.get(name) for name in ("keras_version", "model_config"))
            weights = "layer_names" in file.attrs or bool(len(file))
    except (OSError, RuntimeError, ValueError) as error:
        raise EdgezooError(f"{path} is damaged or not an HDF5 file; save the model again.") from error
    if config is None:
        holds = "weights alone, without the network" if weights else "no Keras model"
        raise EdgezooError(
            f"{path} holds {holds}; build the network, load the weights into it (model.load_weights), and save both "
            "with model.save('NAME.keras')."
        )
    return Source(path, HDF5, _decoded(version), _decoded(config))


def parsed(text):
    """A configuration out of its JSON text, in which a SavedModel has tuples and shapes as objects of their own."""
    return json.loads(text, object_hook=_plain)


def _plain(found):
    return found["items"] if found.get("class_name") in ("__tuple__", "TensorShape") and "items" in found else found


def refuse_code(config):
    """Raises an ``EdgezooError`` if there is Python code anywhere in a configuration."""
    if isinstance(config, list):
        for each in config:
            refuse_code(each)
    elif isinstance(config, dict):
        if config.get("class_name") in ("Lambda", "__lambda__"):
            raise EdgezooError(HOLDS_CODE)
        for each in config.values():
            refuse_code(each)


def _decoded(text):
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text and str(text)
