"""Bundles on devices: verified, put there, held against their golden answers, and measured like any other files."""

import dataclasses
from pathlib import Path

from ..common.errors import EdgezooError
from ..common.files import output_folder
from ..common.progress import note
from ..export.bundle import compiled_files, read_manifest
from ..export.golden import DOCUMENT, read_golden
from ..export.pixels import pixels_of
from ..export.targets import TARGETS
from ..export.verifying import verify_bundle
from ..inspection.files import TFLITE, kind_of
from ..runtime import Worker
from ..runtime.devices import device_at
from .compare import compare_files, measure, unfinished_in
from .latency import benchmark_files
from .on_devices import LOCAL, Devices


@dataclasses.dataclass(frozen=True)
class Deployed:
    """A file of a bundle that goes to devices.

    Attributes:
        path: of the file here.
        cases: ``Case`` of each of its signatures; none in a bundle without golden answers.
        runtime: name of the runtime that has its target's own arithmetic on this machine; ``None`` for LiteRT.
    """

    path: str
    cases: tuple
    runtime: str | None = None


def deploy_bundles(bundles, load=None, report_dir=None, *, devices=(LOCAL,), delegate=None, threads=(1,), **how):
    """Verifies bundles, puts their files on devices and runs them there.

    Nothing of a bundle is executed but its models, by a runtime in a process of its own.

    Args:
        bundles: folders.
        load: function without arguments that returns the ``Dataset`` to measure the accuracy on, called once the
            bundles are verified; ``None`` measures none.
        report_dir: folder of a report as ``compare_files`` writes it, which needs images; ``None`` writes none.
        devices, delegate: as for ``evaluate_files``. With a delegate, what a compiler made of a file takes its place.
        threads: as for :func:`~edgezoo.evaluate.latency.benchmark_files`.
        **how: ``split``, ``limit`` and ``classes_by_position`` of ``evaluate_files``.

    Returns:
        The document of ``benchmark --json``, with images that of ``compare --json``. Every result has
        ``self_test`` beside: ``images``, how many golden pictures there are, how many of them ``passed``, and
        ``faults``, sentences on the others; ``None`` where the bundle has no golden answers. Of a device that fails
        results may be missing; ``failure`` says why.

    Raises:
        EdgezooError: a bundle is none or not as its manifest says, or no device could be used.
    """
    if report_dir is not None:
        if load is None:
            raise EdgezooError("a report is about accuracy and latency; give it images with --data.")
        report_dir = output_folder(report_dir, "the report")
    bundles = list(dict.fromkeys(map(str, bundles)))
    for bundle in bundles:
        if failure := verify_bundle(bundle, golden=False)["failure"]:
            raise EdgezooError(failure)
    files = [file for bundle in bundles for file in _files(bundle, devices, delegate)]
    dataset = load and load()
    tests = SelfTests(files, devices, delegate, unfinished_in(report_dir, devices))
    where = {
        "devices": tests.answered,
        "delegate": delegate,
        "runtimes": {file.path: file.runtime for file in files if file.runtime},
    }
    paths, title = [file.path for file in files], f"{', '.join(bundles)} on {', '.join(devices)}"
    if dataset is None:
        document = tests.added_to(benchmark_files(paths, threads=threads, **where))
    elif report_dir is None:
        document = tests.added_to(measure(paths, dataset, threads=threads, title=title, **where, **how))
    else:
        how = {"threads": threads, "title": title, "complete": tests.added_to, **where, **how}
        document = compare_files(paths, dataset, report_dir, **how)
    if faults := tests.faults():
        document["failure"] = " ".join((*faults, *filter(None, (document.get("failure"),))))
    return document


def _files(bundle, devices, delegate):
    """``Deployed`` of each file of a bundle."""
    folder, manifest = Path(bundle), read_manifest(bundle)
    found, here = [], LOCAL in devices and not delegate
    for entry in manifest["models"]:
        made = [name for name in compiled_files(entry) if name.endswith(".tflite")]
        name = made[0] if delegate and made else entry["file"]
        path = str(folder / name)
        if kind_of(path) != TFLITE:
            raise EdgezooError(f"{path} is no .tflite file.")
        cases = read_golden(folder, {"file": name}) if DOCUMENT in manifest["files"] else ()
        found.append(Deployed(path, cases, _runtime(path, manifest) if here else None))
    if not found:
        raise EdgezooError(f"{bundle} has no .tflite file.")
    if not any(file.cases for file in found):
        note(f"{bundle} has no golden answers: whether it computes the same there is not checked; export it again.")
    return found


def _runtime(path, manifest):
    """The runtime of a bundle's target, if it runs here."""
    target = manifest.get("target")
    name = target.get("name") if isinstance(target, dict) else None
    run = TARGETS[name].run if isinstance(name, str) and name in TARGETS else None
    if run:
        try:
            Worker(path, runtime=run).close()
        except EdgezooError as error:
            note(f"LiteRT runs {path} here, its target's own runtime does not: {error}")
            return None
    return run


class SelfTests:
    """What files make of their golden pictures on devices.

    Args:
        files: list of ``Deployed``.
        devices, delegate, before: as for ``Devices``.

    Attributes:
        answered: texts of the devices that have run all files.

    Raises:
        EdgezooError: none has.
    """

    def __init__(self, files, devices, delegate, before):
        self._rows = {}
        self._places = Devices(devices, delegate, [file.path for file in files], (), before)
        if self._places.has_local:
            self._run_here(files)
        lost = {str(address) for address in self._places.others if not self._run_on(address, files)}
        self.answered = tuple(text for text in devices if str(device_at(text)) not in lost)
        self._failures = self._places.failures
        if not self.answered:
            raise EdgezooError(" ".join(self._failures))

    def _run_here(self, files):
        for file in files:
            for case in file.cases:
                size, pixels = case.images.shape[1:3], pixels_of(file.path)
                with Worker(file.path, image_size=size, pixels=pixels, runtime=file.runtime) as worker:
                    self._add(file, case, LOCAL, worker.predict(case.images))

    def _run_on(self, address, files):
        """Runs files on one device; whether all did."""
        # Files that take the same pictures run in one go.
        together = {}
        for file, case in ((each, case) for each in files for case in each.cases):
            together.setdefault((case.images.shape, case.images.tobytes()), []).append((file, case))
        failures = len(self._places.failures)
        for (shape, _), pairs in together.items():
            with self._places.kept():
                waiting, images = iter(pairs), pairs[0][1].images
                self._places.answers(
                    address,
                    [file.path for file, _ in pairs],
                    lambda path, shape: _Pictures(images),  # noqa: B023 (called in this turn)
                    shape[0],
                    pixels=None,
                    image_size=shape[1:3],
                    finished=lambda scores, *_: self._add(*next(waiting), str(address), scores),  # noqa: B023
                )
            if len(self._places.failures) > failures:
                return False
        return True

    def _add(self, file, case, device, scores):
        faults = case.faults(scores)
        row = self._rows.setdefault((file.path, device), {"images": 0, "passed": 0, "faults": []})
        row["passed"] += faults.count(None)
        row["images"] += len(faults)
        row["faults"] += filter(None, faults)

    def added_to(self, document):
        """The document with ``self_test`` in every result, and what has failed."""
        for result in document["results"]:
            result["self_test"] = self._rows.get((result["file"], result["device"]))
        if failures := [*self._failures, *filter(None, (document.get("failure"),))]:
            document["failure"] = " ".join(dict.fromkeys(failures))
        return document

    def faults(self):
        """A sentence for each file and device with other answers than the golden ones."""
        return [
            f"{path} on {device} gives other answers than the golden ones for {len(row['faults'])} of {row['images']} "
            f"pictures: {row['faults'][0]}."
            for (path, device), row in self._rows.items()
            if row["faults"]
        ]


@dataclasses.dataclass(frozen=True, eq=False)
class _Pictures:
    """Golden pictures in place of a split of a data set."""

    images: object
    fit = None  # they have the size

    def batches(self, size):
        """Yields ``(images, None)``."""
        for first in range(0, len(self.images), size):
            yield self.images[first : first + size], None
