"""``export_for_targets``: a bundle of a model for each of several devices, checked, compiled and packaged."""

import itertools
import shutil

from ..common.errors import EdgezooError
from ..common.files import copy, output_folder, sha256, write_json
from ..common.progress import note, track
from ..common.text import by_names
from ..inspection.pixels import Pixels
from ..train.run_folder import trained_on_beside
from . import bundle
from .bundle_readme import README, write_readme
from .conversion import convert, prepare
from .forms import form_for, require_one
from .golden import Golden
from .staging import locked_staging
from .targets import TARGETS
from .targets.checking import CPU, NOWHERE, Unchecked
from .targets.settings import chosen_settings

#: Figures of a compiler that have a row for each layer, and are no part of the manifest.
_LONG = ("layers", "by_operator")


def export_for_targets(
    model_path,
    out_dir,
    targets,
    schemes=(),
    *,
    io=None,
    settings=(),
    one_file=False,
    estimator=None,
    layers=(),
    **options,
):
    """Converts a ``.keras`` file for devices, and makes ``out_dir/TARGET`` a bundle for each.

    What several targets take alike is converted once. A target's own compiler is used where it is here. A bundle takes
    its place once it is whole, and replaces the one of that target that was there.

    Args:
        model_path: file of a Keras model.
        out_dir: folder of the bundles; made if it does not exist.
        targets: names from ``TARGETS``.
        schemes: names from ``SCHEMES``; none takes what each target ships.
        io: type of input and output of int8 files; ``None`` takes what each target needs.
        settings: pairs of a name and a value for the targets that have such a setting.
        one_file: as for ``export_model``; refused by targets whose runtime has no signatures.
        estimator, layers: as for ``export_model``.
        **options: ``calibration``, ``input_sizes``, ``labels``, ``pixels``, ``fit``, ``equalize`` and ``correct_bias``
            of ``export_model``.

    Returns:
        ``(folders, failures)``: ``Path`` of each bundle; and why targets have none now, sentences that begin with their
        names.

    Raises:
        EdgezooError, UnknownName: a target or setting is not known, or as ``export_model``; no bundle was made then.
    """
    chosen = [TARGETS[name] for name in dict.fromkeys(targets)]
    settings = chosen_settings(chosen, settings)
    require_one(schemes, layers)
    out_dir = output_folder(out_dir, "the bundles")
    for target in chosen:
        if output_folder(out_dir / target.name, "the bundle").is_symlink():
            raise EdgezooError(
                f"{out_dir / target.name} is a link, and a bundle takes the place of a folder; remove it."
            )
    forms, failures = {}, {}
    for target in chosen:
        try:
            if one_file and not target.signatures:
                raise EdgezooError("it runs one graph of a file only; export a file for each size, without --one-file.")
            forms[target.name] = [
                form_for(target, scheme, io, settings[target.name].get("rgb", False), estimator, layers)
                for scheme in dict.fromkeys(schemes or (None,))
            ]
        except EdgezooError as error:
            failures[target.name] = error
    folders, notes = [], []
    if forms:
        prepared = prepare(model_path, _distinct(forms), one_file=one_file, **options)
        for name in list(forms):
            if refused := [prepared.refused[form.scheme] for form in forms[name] if form.scheme in prepared.refused]:
                failures[name] = refused[0]
                del forms[name]
    if forms:
        distinct = _distinct(forms)
        with locked_staging(out_dir) as staging:
            converted = convert(prepared, distinct, staging, all_or_none=False)
            golden = Golden(staging, prepared.samples, prepared.pixels)
            for name in track(forms, "targets"):
                files = [file for file in converted if file.form in forms[name]]
                staged = staging / f"bundle-{name}"
                try:
                    for text in _assemble(TARGETS[name], files, staged, prepared, golden, settings[name]):
                        notes.append((name, text))
                    bundle.replace(staged, out_dir / name, staging)
                    folders.append(out_dir / name)
                except EdgezooError as error:
                    failures[name] = error
    for text in by_names(notes):
        note(text)
    return folders, by_names((name, failures[name]) for name in settings if name in failures)


def _distinct(forms):
    """The different ones of all targets, in order."""
    return list(dict.fromkeys(itertools.chain(*forms.values())))


def _assemble(target, files, folder, prepared, golden, settings):
    """Makes the bundle of a target in a new folder.

    Args:
        files: ``Converted`` of each of its files.
        golden: ``Golden`` of the export.

    Returns:
        List of notes for the user.
    """
    folder.mkdir()
    entries, answers, notes = [], [], []
    for file in files:
        if file.error:
            raise EdgezooError(f"could not convert {file.name}: {file.error}.")
        path = folder / file.name
        shutil.copyfile(file.path, path)
        if target.finish:
            notes += target.finish(path, prepared.labels, prepared.pixels or Pixels())
        entry = bundle.entry(path, file.form.scheme, file.calibration, file.form.record)
        sources = folder if len(files) == 1 else folder / path.stem
        entries.append({**entry, **_on_device(target, path, sources, settings, notes)})
        answers += golden.take(file.path, file.form.scheme, file.name)
        if made := entries[-1].get("compiled"):
            answers += golden.take(file.path, file.form.scheme, made["files"][0])
    pictures = golden.write(folder, answers, halves=target.run == "gpu")
    if prepared.labels is not None:
        bundle.write_labels(folder, prepared.labels)
    for source in filter(None, (trained_on_beside(prepared.path), bundle.EXAMPLE_FILE, *target.extras)):
        (_copy_folder if source.is_dir() else copy)(source, folder / source.name)
    if target.furnish:
        notes += target.furnish(folder)
    manifest = bundle.manifest_of(folder, prepared.origin, entries, (), prepared.pixels or Pixels(), prepared.fit)
    if not (folder / README).exists():  # that of the package tells more
        write_readme(folder, target, manifest, bool(pictures))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    manifest["files"] = {name: sha256(folder / name) for name in names}
    tool = target.tool.found()
    manifest["target"] = {"name": target.name, "runtime": target.runtime, "tool": tool, "settings": settings}
    write_json(folder / bundle.MANIFEST, manifest)
    return notes


def _copy_folder(source, target):
    shutil.copytree(source, target, copy_function=shutil.copyfile)


def _on_device(target, path, sources, settings, notes):
    """What the manifest says of one file on its target: where it runs, what was compiled and written for it.

    Args:
        path: of the file, in the bundle.
        sources: folder for what ``package`` writes.
        notes: list that sentences for the user are added to.

    Raises:
        EdgezooError: the target does not run the file, or its compiler fails.
    """
    bundled, made, packaged = path.parent, None, None
    missing = None if target.tool.found() else f"{target.tool.name} is not here; {target.tool.how}"
    if target.compile and not missing:
        made = target.compile(path, bundled, **settings)
    check = (made or {}).get("check")
    try:
        check = check or (target.check and target.check(path, **settings))
    except Unchecked as error:
        notes.append(f"it was not checked: {error}")
    if check:
        notes += _judged(check, target, path.name)
    if target.package and not missing:
        packaged = target.package(made["files"][0] if made else path, sources)
    if missing and (target.compile or target.package):
        notes.append(f"nothing is compiled: {missing}.")
    entry = {"check": check and _record(check)}
    for part, name, result in ((target.compile, "compiled", made), (target.package, "packaged", packaged)):
        if part:
            entry[name] = result and _made(result, bundled)
            if not result:
                entry[f"not_{name}"] = missing
    return entry


def _judged(check, target, name):
    """Notes on a ``Check``; an error of one that says that the file does not run."""
    if check.refused:
        raise EdgezooError(f"it takes nothing of {name}: {_with_remedy(check.refused, check.remedy)}.")
    for each in check.operators:
        if each.where == NOWHERE:
            why = _with_remedy(each.reason, each.remedy)
            raise EdgezooError(f"operator {each.index} of {name}, {each.op}, runs nowhere: {why}.")
    left = [each for each in check.operators if each.where == CPU]
    if not left or not target.has_accelerator:
        return []
    first = left[0]
    return [
        f"{len(left)} of {len(check.operators)} operators of {name} fall back to the CPU, the first of them, "
        f"{first.op}, because {_with_remedy(first.reason, first.remedy)}."
    ]


def _with_remedy(reason, remedy):
    return f"{reason}; {remedy}" if remedy else reason


def _record(check):
    """A ``Check`` for the manifest: reasons once each, without rows for each operator."""
    reasons = {}
    for each in check.operators:
        if each.reason:
            reasons.setdefault((each.op, each.where, each.reason, each.remedy), []).append(each.index)
    keys = ("op", "where", "reason", "remedy")
    return {
        "by": check.by,
        "accelerated": check.counts["accelerator"],
        "total": len(check.operators),
        "refused": check.refused,
        "reasons": [{**dict(zip(keys, row, strict=True)), "operators": found} for row, found in reasons.items()],
        "memory": check.memory,
        "figures": _short(check.figures),
        "notes": list(check.notes),
    }


def _made(result, folder):
    """What a compiler or packager has made, for the manifest; paths as they are in the bundle."""
    names = [file.relative_to(folder).as_posix() for file in result["files"]]
    return {"files": names, "figures": _short(result["figures"])}


def _short(figures):
    return {name: value for name, value in figures.items() if name not in _LONG}
