"""``pack_files``: anybody's ``.tflite`` files in fewer bytes."""

from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import output_folder, read_small, replacing
from ..inspection.damage import naming_damage
from ..inspection.files import LONGEST
from ..inspection.graph import read_graph
from ..inspection.packing import packed
from .identity import tag_of


def pack_files(files, out_dir):
    """Writes ``.tflite`` files anew, as exports are written (``inspection.packing.packed``); the answers are the same.

    Args:
        files: paths, whose names are different.
        out_dir: folder of the new files, which are called as the old ones are; made if it does not exist. It may be
            the old ones', which are then replaced.

    Returns:
        ``(rows, failures)``: of each file ``{"file", "output", "bytes_before", "bytes_after", "unchanged"}``, the last
        of which is ``None`` or why it was copied as it is; and why there is no new file of others, a sentence each.

    Raises:
        EdgezooError: two have the same name, the folder cannot be written to, or there is no space.
    """
    paths = [Path(file) for file in files]
    for number, path in enumerate(paths):
        if twin := next((each for each in paths[:number] if each.name == path.name), None):
            raise EdgezooError(f"{twin} and {path} have the same name; pack them into different folders.")
    out_dir = output_folder(out_dir, "the packed files")
    rows, failures = [], []
    for path in paths:
        try:
            content, new, why = _packed(path)
        except EdgezooError as error:
            failures.append(str(error))
            continue
        output = out_dir / path.name
        with replacing(output) as temporary:
            temporary.write_bytes(new)
        sizes = {"bytes_before": len(content), "bytes_after": len(new)}
        rows.append({"file": str(path), "output": str(output), **sizes, "unchanged": why})
    return rows, failures


def _packed(path):
    content = read_small(path, LONGEST)
    read_graph(path)  # says what is wrong with a file
    with naming_damage(path):
        return content, *packed(content, numbered=tag_of(path) is not None)
