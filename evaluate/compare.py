"""Accuracy, latency and size of files side by side, as one document and a report."""

import contextlib
import json
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import csv_text, output_folder, replacing
from ..common.progress import note
from ..export.checks import checkable
from ..inspection.files import TFLITE, kind_of
from ..runtime.devices import device_at
from .accuracy import evaluate_files
from .documents import FORMAT_VERSION
from .latency import benchmark_files
from .on_devices import LOCAL
from .pixel_range import pixels_in_words
from .placement import placements, require_unchanged
from .report import render_html
from .seen import in_words
from .tables import summary_rows
from .unfinished import FOLDER, Unfinished

#: Medians that differ by less are called equal: so much two runs of one file differ on a quiet machine.
CLEARLY_SLOWER = 1.05


def compare_files(paths, dataset, report_dir, *, devices=(LOCAL,), complete=None, **how):
    """Evaluates and benchmarks files, and writes ``results.json``, ``results.csv`` and ``report.html``.

    The three are moved to their names when all are written: an interrupted comparison leaves what was there before.
    What was measured on devices stays in the folder ``unfinished`` until a comparison comes to its end.

    Args:
        paths, dataset, devices: as for :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        report_dir: folder of the report; made if it is not there.
        complete: function from the document to the one that is written and returned.
        **how: as for ``measure``.

    Returns:
        The document of ``results.json``, see ``measure``.

    Raises:
        EdgezooError: as ``measure``.
    """
    report_dir = output_folder(report_dir, "the report")  # known before the measuring
    before = unfinished_in(report_dir, devices)
    document = measure(paths, dataset, devices=devices, before=before, **how)
    document = complete(document) if complete else document
    write_report(document, report_dir, dataset.splits[document["dataset"]["split"]])
    if "failure" not in document:
        before.remove()
    return document


def unfinished_in(report_dir, devices):
    """What is kept of measurements in a report's folder: nothing without a report, or where all runs here."""
    keeps = report_dir is not None and set(devices) != {LOCAL}
    return Unfinished(report_dir / FOLDER if keeps else None)


def measure(
    paths,
    dataset,
    *,
    threads=(1,),
    title=None,
    pixels=None,
    targets=(),
    devices=(LOCAL,),
    delegate=None,
    before=None,
    runtimes=(),
    **how,
):
    """Accuracy, latency and size of files on devices.

    Args:
        paths, dataset, pixels, runtimes, devices, delegate, before: as for
            :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        threads: as for :func:`~edgezoo.evaluate.latency.benchmark_files`.
        title: heading of the report.
        targets: names of targets, which are asked where the operators of ``.tflite`` files would run.
        **how: ``split``, ``limit``, ``fit`` and ``classes_by_position`` of ``evaluate_files``.

    Returns:
        The document of ``compare --json``: that of ``evaluate --json`` with three more keys in every result
        (``params``, ``macs``, ``peak_activation_bytes``) and under ``benchmarks`` the file's results of
        ``benchmark --json`` on that device; ``title``, ``protocol`` and ``notes`` beside them. With targets the
        document has their names (``targets``), and of a ``.tflite`` file each result what they make of it (``targets``,
        see :func:`~edgezoo.evaluate.placement.placements`) and the rows of ``describe --json`` (``layers``).

    Raises:
        EdgezooError: a file cannot be run, does not fit the data set, or was changed in the meantime; a target is not
            known.
    """
    targets = [target.name for target in checkable(targets)]  # known before the measuring, too
    where = {"devices": devices, "delegate": delegate, "before": before, "pixels": pixels, "runtimes": runtimes}
    document = evaluate_files(paths, dataset, **where, **how)
    answered = {result["device"] for result in document["results"]}
    where["devices"] = [device for device in devices if str(device_at(device)) in answered]
    unasked, static = [], {}
    timed = benchmark_files(paths, threads=threads, image_size=tuple(dataset.input_shape[:2]), **where)
    for result in document["results"]:
        own = [row for row in timed["results"] if _place(row) == _place(result)]
        for row in own:
            require_unchanged(result, row)
        # Device and runtime are told of accuracy and of times.
        told_once = result.keys() - {"device", "runtime"}
        result["benchmarks"] = [{key: value for key, value in row.items() if key not in told_once} for row in own]
        if result["file"] not in static:
            checks, failures = placements(result, targets)
            static[result["file"]] = {**_static_columns(result, targets), **({"targets": checks} if targets else {})}
            unasked += failures
        result |= static[result["file"]]
    document = {
        "format_version": FORMAT_VERSION,
        "title": title or f"{len({*map(str, paths)})} files on {dataset.name}",
        **document,
        "protocol": timed["protocol"],
    }
    document |= {"targets": targets} if targets else {}
    if "devices" in document:
        # Of a device that was asked twice, what it was while it timed.
        described = {each["device"]: each for each in (*document["devices"], *timed.get("devices", ()))}
        document["devices"] = [*described.values()]
    if failures := [*filter(None, (each.pop("failure", None) for each in (document, timed)))]:
        document["failure"] = " ".join(failures)
    document["notes"] = [*notes(document), *unasked]
    return document


def _place(row):
    return row["file"], row["device"], row["runtime"]


def _static_columns(result, targets):
    from ..inspection import describe

    columns = ("params", "macs", "peak_activation_bytes")
    try:
        summary = describe(result["file"], tuple(result["input_shape"]))
    except EdgezooError as error:  # a stranger's network that runs, but whose layers cannot all be counted
        note(f"{result['file']}: parameters and MACs are left blank, {error}")
        return dict.fromkeys(columns)
    found = {column: getattr(summary, column) for column in columns}
    if targets and kind_of(result["file"]) == TFLITE:
        found["layers"] = [
            {key: [*value] if isinstance(value, tuple) else value for key, value in row.as_dict().items()}
            for row in summary.rows
        ]
    return found


def write_report(document, report_dir, images):
    """Writes the three files of a comparison into ``report_dir``, all or none.

    Args:
        document: as ``compare_files`` returns it.
        images: ``Split`` that it is about, for the report's pictures.
    """
    report_dir = Path(report_dir)
    with contextlib.ExitStack() as stack:
        as_json, as_csv, as_html = (
            stack.enter_context(replacing(report_dir / name)) for name in ("results.json", "results.csv", "report.html")
        )
        as_json.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        rows = summary_rows(document)
        as_csv.write_text(csv_text(rows), encoding="utf-8")
        as_html.write_text(render_html(document, rows, images), encoding="utf-8")


def notes(document):
    """Sentences on rows that would surprise a reader, each computed from the document's own numbers."""
    sentences = []
    results = document["results"]
    for result in results:
        named = (result.get("classes") or {}).get("note")
        sentences += filter(None, (named, pixels_in_words(result), in_words(result)))
        if result["resized_to"]:
            sentences.append(
                f"{result['file']} takes {result['resized_to'][0]}×{result['resized_to'][1]} pixels: the images were "
                "resized for it, so its accuracy is that of resized images."
            )
    # Of other devices this machine cannot tell why.
    rows = [row for row in summary_rows(document) if row["device"] == LOCAL and row["p50_ms"] is not None]
    for row in rows:
        twins = [
            other
            for other in rows
            if (other["network"], other["scheme"], other["threads"]) == (row["network"], "float32", row["threads"])
            and row["network"]
        ]
        if row["scheme"] != "int8" or not twins or row["p50_ms"] <= CLEARLY_SLOWER * twins[0]["p50_ms"]:
            continue
        twin = twins[0]
        sentence = (
            f"{row['file']} is slower than {twin['file']} here: {row['p50_ms']:.3g} against {twin['p50_ms']:.3g} ms at "
            f"the median with {row['threads']} thread{'s' * (row['threads'] > 1)}. XNNPACK runs {row['delegated']} of "
            f"its {row['operators']} operators, and {twin['delegated']} of {twin['operators']} in float32."
        )
        if document["environment"]["machine"] in ("x86_64", "AMD64"):
            sentence += " This is an x86 CPU: it says nothing about int8 on Arm, a microcontroller or an NPU."
        sentences.append(sentence)
    return sentences
