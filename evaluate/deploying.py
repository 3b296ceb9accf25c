"""``deploy_bundle``: a bundle is put on devices, and run there."""

from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import output_folder
from ..export.bundle import MANIFEST, read_manifest
from ..export.golden import read_golden
from ..export.targets import TARGETS
from ..runtime import Worker
from .compare import measure, write_report
from .latency import benchmark_files
from .on_devices import LOCAL, Devices
from .unfinished import FOLDER, Unfinished


def deploy_bundle(bundle, devices=(LOCAL,), *, dataset=None, report_dir=None, threads=(1,), delegate=None, **how):
    """Verifies a bundle, puts its files on devices, and measures them there.

    The golden pictures of the bundle must get the golden answers on each device. This machine runs the files in the
    runtime of the bundle's target, where it has that. With a delegate, what the target's compiler made goes there, too.

    Args:
        bundle: folder that ``edgezoo export`` made.
        devices, delegate: as for :func:`~edgezoo.evaluate.accuracy.evaluate_files`.
        dataset: ``Dataset`` to measure the accuracy on; without, only the golden pictures are run.
        report_dir: folder for ``results.json``, ``results.csv`` and ``report.html`` as ``compare`` writes them; needs a
            data set.
        threads: as for :func:`~edgezoo.evaluate.latency.benchmark_files`.
        **how: ``split`` and ``limit`` of ``evaluate_files``.

    Returns:
        The document of ``compare --json``, without a data set that of ``benchmark --json``. Each result has
        ``self_test``: ``images``, how many of them ``passed``, and ``faults``, sentences on the others; ``None`` where
        the bundle has no golden pictures for the file. ``failure`` tells of devices that failed, or gave other answers.

    Raises:
        EdgezooError: the folder is no bundle, or not as its manifest says; or nothing ran anywhere.
    """
    bundle = Path(bundle)
    if report_dir is not None:
        if dataset is None:
            raise EdgezooError("a report is about accuracy and latency; give it images with --data.")
        report_dir = output_folder(report_dir, "the report")
    manifest = manifest_of(bundle)
    target = TARGETS.get((manifest.get("target") or {}).get("name"))
    files = _files(bundle, manifest, delegate)
    runtimes = (target.run,) if target and target.run and LOCAL in devices and not delegate else ()
    before = Unfinished(Path(report_dir) / FOLDER if report_dir and set(devices) != {LOCAL} else None)
    where = {"devices": devices, "delegate": delegate, "runtimes": runtimes, "before": before}
    paths = [path for path, _ in files]
    tests, failures = _self_tests(files, where)
    if dataset is None:
        document = benchmark_files(paths, threads=threads, **where)
    else:
        title = f"{bundle.name} on {', '.join(devices)}"
        document = measure(paths, dataset, threads=threads, title=title, **where, **how)
    for result in document["results"]:
        result["self_test"] = tests.get((result["file"], result["device"]))
    if failures := [*failures, *filter(None, [document.pop("failure", None)])]:
        document["failure"] = " ".join(dict.fromkeys(failures))
    if report_dir is not None:
        write_report(document, report_dir, dataset.splits[document["dataset"]["split"]])
        if not failures:
            before.remove()
    return document


def manifest_of(bundle):
    """The manifest of a folder, which is a bundle.

    Raises:
        EdgezooError: it is none.
    """
    if not Path(bundle).is_dir():
        raise EdgezooError(f"{bundle} is no folder; name the bundle that `edgezoo export` made.")
    manifest = read_manifest(bundle)
    if manifest is None or not manifest["models"]:
        raise EdgezooError(f"{bundle} is no bundle: it has no {MANIFEST} of edgezoo's; `edgezoo export` makes one.")
    return manifest


def _files(bundle, manifest, delegate):
    """Paths of what is run, and the manifest's record that each belongs to."""
    files = []
    for entry in manifest["models"]:
        files.append((str(bundle / entry["file"]), entry))
        compiled = (entry.get("compiled") or {}).get("files") if delegate else None
        files += [(str(bundle / name), entry) for name in compiled or () if name.endswith(".tflite")]
    return files


def _self_tests(files, where):
    """What becomes of the golden pictures: (file, device) → its ``self_test``; and sentences on what fails."""
    places = Devices(where["devices"], where["delegate"], [path for path, _ in files], where["runtimes"])
    tests, failures = {}, []
    for path, entry in files:
        for case in read_golden(Path(path).parent, entry):
            if places.has_local:
                (runtime,) = where["runtimes"] or (None,)
                with Worker(path, image_size=case.images.shape[1:3], runtime=runtime) as worker:
                    _judge(tests, path, LOCAL, case, worker.predict(case.images))
            for address in places.others:
                with places.kept():
                    places.answers(
                        address,
                        [path],
                        lambda path, shape: _Pictures(case.images),  # noqa: B023 (called in this turn)
                        len(case.images),
                        pixels=None,
                        image_size=case.images.shape[1:3],
                        finished=lambda scores, *_: _judge(tests, path, str(address), case, scores),  # noqa: B023
                    )
    for (path, device), test in tests.items():
        if test["faults"]:
            failures.append(
                f"{path} gives other answers on {device} than here: {test['passed']} of {test['images']} golden "
                f"pictures are right, and of the first other one {test['faults'][0]}."
            )
    return tests, [*failures, *places.failures]


class _Pictures:
    """Golden pictures as a ``Split`` gives images."""

    def __init__(self, images):
        self._images = images

    def batches(self, size):
        """All at once: they are few."""
        yield self._images, None


def _judge(tests, path, device, case, scores):
    faults = [fault for fault in case.faults(np.asarray(scores)) if fault]
    test = tests.setdefault((path, device), {"images": 0, "passed": 0, "faults": []})
    test["images"] += len(case.images)
    test["passed"] += len(case.images) - len(faults)
    test["faults"] += faults
