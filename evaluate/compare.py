"""Accuracy, latency and size of files side by side, as one document and a report."""

import contextlib
import json
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import csv_text, output_folder, replacing
from ..common.progress import note
from ..export.checks import checkable
from ..inspection.files import TFLITE, kind_of
from .accuracy import evaluate_files
from .documents import FORMAT_VERSION
from .latency import benchmark_files
from .pixel_range import pixels_in_words
from .placement import placements, require_unchanged
from .report import render_html
from .seen import in_words
from .tables import summary_rows

#: Medians that differ by less are called equal: so much two runs of one file differ on a quiet machine.
CLEARLY_SLOWER = 1.05


def compare_files(paths, dataset, report_dir, *, threads=(1,), title=None, pixels=None, targets=(), **how):
    """Evaluates and benchmarks files, and writes ``results.json``, ``results.csv`` and ``report.html``.

    The three are moved to their names when all are written: an interrupted comparison leaves what was there before.

    Args:
        paths, dataset, pixels: as for :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        report_dir: folder of the report; made if it is not there.
        threads: as for :func:`~edgezoo.evaluate.latency.benchmark_files`.
        title: heading of the report.
        targets: names of targets, which are asked where the operators of ``.tflite`` files would run.
        **how: ``split``, ``limit`` and ``classes_by_position`` of ``evaluate_files``.

    Returns:
        The document of ``results.json``: that of ``evaluate --json`` with three more keys in every result (``params``,
        ``macs``, ``peak_activation_bytes``) and under ``benchmarks`` the file's results of ``benchmark --json``;
        ``title``, ``protocol`` and ``notes`` beside them. With targets the document has their names (``targets``), and
        of a ``.tflite`` file each result what they make of it (``targets``, see
        :func:`~edgezoo.evaluate.placement.placements`) and the rows of ``describe --json`` (``layers``).

    Raises:
        EdgezooError: a file cannot be run, does not fit the data set, or was changed in the meantime; a target is not
            known.
    """
    report_dir = output_folder(report_dir, "the report")  # known before the measuring
    targets = [target.name for target in checkable(targets)]  # as well
    document = evaluate_files(paths, dataset, pixels=pixels, **how)
    unasked = []
    timed = benchmark_files(paths, threads=threads, image_size=tuple(dataset.input_shape[:2]), pixels=pixels)
    for result in document["results"]:
        own = [row for row in timed["results"] if row["file"] == result["file"]]
        for row in own:
            require_unchanged(result, row)
        # Device and runtime are told of accuracy and of times.
        told_once = result.keys() - {"device", "runtime"}
        result["benchmarks"] = [{key: value for key, value in row.items() if key not in told_once} for row in own]
        result |= _static_columns(result, targets)
        checks, failures = placements(result, targets)
        result |= {"targets": checks} if targets else {}
        unasked += failures
    document = {
        "format_version": FORMAT_VERSION,
        "title": title or f"{len(document['results'])} files on {dataset.name}",
        **document,
        "protocol": timed["protocol"],
    }
    document |= {"targets": targets} if targets else {}
    document["notes"] = [*notes(document), *unasked]
    write_report(document, report_dir, dataset.splits[document["dataset"]["split"]])
    return document


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
    rows = summary_rows(document)
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
