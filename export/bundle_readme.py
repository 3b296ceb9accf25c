"""The ``README.md`` of a bundle for a target: what is in it, and how it comes onto the device."""

import functools
from pathlib import Path

from ..common.files import write_text

README = "README.md"


def write_readme(folder, target, manifest):
    """Writes it.

    Args:
        folder: the bundle.
        target: ``Target``; its ``guide`` has the fields ``target`` (its name), ``file`` (the first ``.tflite`` file),
            ``stem`` (that without the suffix) and ``compiled`` (what the compiler made of it, or ``None``).
        manifest: of the bundle, as far as it is known.
    """
    first = manifest["models"][0]
    compiled = first["compiled"]["files"][0] if first.get("compiled") else None
    facts = {"target": target.name, "file": first["file"], "stem": Path(first["file"]).stem, "compiled": compiled}
    environment = _environment()
    guide = environment.from_string(target.guide.strip()).render(**facts)
    page = environment.get_template("README.md.j2").render(
        **facts, device=target, models=manifest["models"], pixels=manifest["preprocessing"], guide=guide
    )
    write_text(Path(folder, README), page)


@functools.cache
def _environment():
    import jinja2

    environment = jinja2.Environment(  # of Markdown: nothing is escaped, and names are those of files
        loader=jinja2.PackageLoader(f"{__package__}.targets"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["tensor"] = _tensor
    return environment


def _tensor(row):
    """A tensor of the manifest in words."""
    scale = f", real = {row['scale']:.6g} × (integer − {row['zero_point']})" if row["scale"] is not None else ""
    return f"`{row['name']}`: {row['dtype']} {row['shape']}{scale}"
