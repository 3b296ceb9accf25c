"""A bundle's page on this machine: a web server on loopback that has the files of the manifest and nothing else."""

from pathlib import Path

from ..common.errors import EdgezooError
from ..common.loopback import Loopback
from ..runtime.litertjs import litertjs_files
from . import bundle
from .targets.browser import LITERTJS


def serve(folder, port=0):
    """A server of a browser's bundle; LiteRT.js comes with it where the bundle has none.

    Args:
        folder: the bundle.
        port: 0 takes a free one.

    Returns:
        ``Loopback``, a context in which it answers at its ``address``.

    Raises:
        EdgezooError: the folder is no bundle with a page, LiteRT.js cannot be had, or the port.
    """
    folder = Path(folder).resolve()
    manifest = bundle.read_manifest(folder)
    if manifest is None or "index.html" not in manifest["files"]:
        raise EdgezooError(f"{folder} is no bundle with a page; make one with edgezoo export --target browser.")
    own = {*manifest["files"], bundle.MANIFEST}
    has_runtime = any(name.startswith(f"{LITERTJS}/") for name in own)
    added = {} if has_runtime else {f"{LITERTJS}/{name}": content for name, content in litertjs_files().items()}

    def get(name):
        if name in added:
            return added[name]
        try:
            path = (folder / name).resolve()
            # Of a stranger's manifest neither a name nor a link leads out of the bundle.
            return path.read_bytes() if name in own and path.is_relative_to(folder) and path.is_file() else None
        except (OSError, ValueError):
            return None

    return Loopback(get, port=port)
