"""Measurements on devices, as rows of the documents."""

import contextlib
import tempfile
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.progress import bar
from ..export.pixels import pixels_of
from ..inspection.files import KERAS, kind_of
from ..runtime.devices import Setup, answers_on, device_at, latency_on, prepare

#: The device that stands for Keras and the runtimes in processes here.
LOCAL = "local"


class Devices:
    """The devices that files are measured on, and what became of them.

    Args:
        addresses: texts as ``runtime.devices.device_at`` takes them.
        delegate: library of an external delegate, which runs what it can of the files; ``None`` for the runtimes' own.
        paths: the files.
        runtimes: that were asked for by name.

    Attributes:
        others: ``Address`` of each that is not measured by the runtimes here.
        descriptions: what each of these is, and how it was before and after; one a device that was measured to the end.
        failures: sentences on the others.

    Raises:
        EdgezooError: an address is none, or a file or a runtime cannot be had there.
    """

    def __init__(self, addresses, delegate, paths, runtimes):
        found = [device_at(text) for text in dict.fromkeys(addresses)]
        self.delegate, self.descriptions, self.failures = delegate, [], []
        # With a delegate, this machine is a device as all others are.
        self.others = [each for each in found if delegate or each.scheme != LOCAL or "python" in each.settings]
        self.has_local = len(self.others) < len(found)
        for path in paths if self.others else ():
            if kind_of(path) == KERAS:
                raise EdgezooError(f"{path} is a .keras file, and devices run .tflite files; export it first.")
        if self.others and runtimes:
            raise EdgezooError(f"--runtime is for this machine; {self.others[0]} has the one that is installed there.")

    @contextlib.contextmanager
    def kept(self):
        """Where a device fails, what was measured on others, or of other files before, is kept."""
        try:
            yield
        except EdgezooError as error:
            self.failures.append(str(error))

    def finish(self, document):
        """Adds to a document what is known of the devices, and what has failed."""
        if not document["results"]:
            raise EdgezooError(" ".join(self.failures))
        if self.others:
            document["devices"] = self.descriptions
        if self.failures:
            document["failure"] = " ".join(self.failures)
        return document

    def timed(self, address, setups, *, pixels, image_size, seed, **protocol):
        """Rows of files and thread counts on one device.

        Args:
            address: one of ``others``.
            setups: ``(file, threads)``, the file as ``describe_file`` tells.
            pixels: path → ``Pixels``.
            image_size, seed: as for ``benchmark_files``.
            **protocol: ``rounds``, ``warm_up`` and ``turn`` as for ``runtime.devices.latency_on``.

        Returns:
            Rows with ``times``, int64 nanoseconds.
        """
        asked = []
        for file, threads in setups:
            prepared = prepare(file["file"], image_size, pixels[file["file"]])
            image = np.random.default_rng(seed).integers(0, 256, prepared.input_shape, np.uint8)
            asked.append(Setup(prepared, image.tobytes(), threads, self.delegate))
        turns = sum(map(len, protocol["rounds"]))
        with bar() as progress:
            task = progress.add_task(f"latency on {address}", total=len(asked) + turns)
            rows, description = latency_on(
                address, asked, **protocol, advance=lambda steps: progress.advance(task, steps)
            )
        self.descriptions.append(description)
        return [
            {
                **file,
                "device": str(address),
                "timing_note": None,
                "threads": threads,
                "input_shape": list(setup.file.input_shape),
                "pixels": setup.file.pixels.row(),
                **row,
                "runtime": self._named(row["runtime"]),
            }
            for (file, threads), setup, row in zip(setups, asked, rows, strict=True)
        ]

    def answers(self, address, paths, fitting, count, *, pixels, image_size, finished):
        """Runs files on images on one device.

        Args:
            address: one of ``others``.
            paths: the files.
            fitting: function from a path and an input shape to a ``Split`` of images in that shape.
            count: number of images.
            pixels: ``Pixels`` that were asked for, or ``None``.
            image_size: (height, width) for files that take any.
            finished: called for each file in order with scores, input shape, pixels and what ran it.
        """
        with tempfile.TemporaryDirectory() as folder, bar() as progress:
            files = [prepare(path, image_size, pixels_of(path, pixels)) for path in paths]
            shards = {}
            for path, file in zip(paths, files, strict=True):
                if file.input_shape not in shards:
                    shards[file.input_shape] = shard = Path(folder) / str(len(shards))
                    with open(shard, "wb") as out:
                        for images, _ in fitting(path, file.input_shape).batches(256):
                            out.write(np.ascontiguousarray(images).data)
            task = progress.add_task(f"{address}", total=count * len(files))
            waiting = iter(files)

            def done(scores, runtime):
                file = next(waiting)
                finished(scores, file.input_shape, file.pixels, self._named(runtime))

            setups = [Setup(file, shards[file.input_shape], delegate=self.delegate) for file in files]
            self.descriptions.append(
                answers_on(address, setups, count, done, lambda images: progress.advance(task, images))
            )

    def _named(self, runtime):
        return f"{runtime} with {self.delegate}" if self.delegate else runtime
