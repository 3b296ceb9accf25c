"""The ``README.md`` of a bundle: what is in it, and how it comes onto its device."""

import functools
from pathlib import Path

from ..common.files import write_text
from ..common.fit import Fit

README = "README.md"
#: Files that have a row.
_MOST_FILES = 12


def write_readme(folder, target, manifest, golden=False):
    """Writes it.

    Args:
        folder: the bundle.
        target: ``Target``, or ``None`` of a bundle for none; its ``guide`` has the fields ``target`` (its name),
            ``file`` (the first ``.tflite`` file), ``stem`` (that without the suffix) and ``compiled`` (what the
            compiler made of it, or ``None``).
        manifest: of the bundle, as far as it is known.
        golden: whether the bundle has golden pictures.
    """
    first = manifest["models"][0]
    compiled = first["compiled"]["files"][0] if first.get("compiled") else None
    stem, environment, guide = Path(first["file"]).stem, _environment(), ""
    facts = {"target": target and target.name, "file": first["file"], "stem": stem, "compiled": compiled}
    if target:
        guide = environment.from_string(target.guide.strip()).render(**facts)
    page = environment.get_template("README.md.j2").render(
        **facts,
        device=target,
        name=Path(manifest["model"]["file"]).stem,
        models=manifest["models"],
        most=_MOST_FILES,
        pixels=manifest["preprocessing"],
        fit=Fit.of_row(manifest["preprocessing"]["fit"]),
        guide=guide,
        golden=golden,
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
