"""Measurements on devices, as rows of the documents."""

import collections
import contextlib
import hashlib
import tempfile
from pathlib import Path

import numpy as np

from ..common.errors import EdgezooError
from ..common.files import sha256
from ..common.progress import bar
from ..export.pixels import pixels_of
from ..inspection.files import KERAS, kind_of
from ..runtime import runtimes_for
from ..runtime.devices import Setup, answers_on, device_at, latency_on, prepare
from .unfinished import Unfinished

#: The device that stands for Keras and the runtimes in processes here.
LOCAL = "local"


class Devices:
    """The devices that files are measured on, and what became of them.

    Args:
        addresses: texts as ``runtime.devices.device_at`` takes them.
        delegate: library of an external delegate, which runs what it can of the files; ``None`` for the runtimes' own.
        paths: the files.
        runtimes: that were asked for by name; or a dict from paths to the one that runs the file on this machine.
        before: ``Unfinished``, what the same command has measured before it ended early.

    Attributes:
        others: ``Address`` of each that is not measured by the runtimes here.
        descriptions: what each of these is, and how it was before and after; one a device that was measured to the end.
        failures: sentences on the others.

    Raises:
        EdgezooError: an address is none, or a file or a runtime cannot be had there.
    """

    def __init__(self, addresses, delegate, paths, runtimes, before=None):
        self._before, self._runtimes = before or Unfinished(), runtimes
        found = [device_at(text) for text in dict.fromkeys(addresses)]
        self.delegate, self.descriptions, self.failures = delegate, [], []
        # With a delegate, this machine is a device as all others are.
        self.others = [each for each in found if delegate or each.scheme != LOCAL or "python" in each.settings]
        self.has_local = len(self.others) < len(found)
        for path in paths if self.others else ():
            if kind_of(path) == KERAS:
                raise EdgezooError(f"{path} is a .keras file, and devices run .tflite files; export it first.")
        if runtimes and not self.has_local:
            raise EdgezooError(f"--runtime is for this machine; {self.others[0]} has the one that is installed there.")

    def here(self, path):
        """The ``Runtime`` of each kind that runs a file on this machine."""
        if isinstance(self._runtimes, dict):
            return runtimes_for(path, [self._runtimes[path]] if path in self._runtimes else ())
        return runtimes_for(path, self._runtimes)

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
        key = {"latency": [(_facts(setup), setup.threads) for setup in asked], "on": self._place(address), **protocol}
        if kept := self._before.get(**key):
            record, times = kept
            ends = np.cumsum(record["runs"])[:-1]
            rows = [{**row, "times": own} for row, own in zip(record["rows"], np.split(times, ends), strict=True)]
            description = record["description"]
        else:
            rows, description = self._timed(address, asked, protocol)
            record = {
                "rows": [{name: value for name, value in row.items() if name != "times"} for row in rows],
                "runs": [len(row["times"]) for row in rows],
                "description": description,
            }
            self._before.put(record, np.concatenate([row["times"] for row in rows]), **key)
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

    def _timed(self, address, asked, protocol):
        turns = sum(map(len, protocol["rounds"]))
        with bar() as progress:
            task = progress.add_task(f"latency on {address}", total=len(asked) + turns)
            return latency_on(address, asked, **protocol, advance=lambda steps: progress.advance(task, steps))

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
            shards, taken = {}, []
            for path, file in zip(paths, files, strict=True):
                split = fitting(path, file.input_shape)
                taken.append((file.input_shape, split.fit))
                if taken[-1] not in shards:
                    shards[taken[-1]] = shard = Path(folder) / str(len(shards))
                    with open(shard, "wb") as out:
                        for images, _ in split.batches(256):
                            out.write(np.ascontiguousarray(images).data)
            images = {key: sha256(shard) for key, shard in shards.items()}
            setups = [Setup(file, shards[key], delegate=self.delegate) for file, key in zip(files, taken, strict=True)]
            keys = [
                {"answers": _facts(setup), "images": images[key], "on": self._place(address)}
                for setup, key in zip(setups, taken, strict=True)
            ]
            found = {number: kept for number, key in enumerate(keys) if (kept := self._before.get(**key))}
            missing = collections.deque(number for number in range(len(files)) if number not in found)
            waiting = collections.deque(range(len(files)))

            def hand_on():
                """All that are there, in the order of the files."""
                while waiting and waiting[0] in found:
                    file, (record, scores) = files[waiting[0]], found[waiting.popleft()]
                    finished(scores, file.input_shape, file.pixels, self._named(record["runtime"]))

            def done(scores, runtime):
                number = missing.popleft()
                found[number] = {"runtime": runtime}, scores
                self._before.put(*found[number], **keys[number])
                hand_on()

            hand_on()
            if missing:
                task = progress.add_task(f"{address}", total=count * len(missing))
                asked = [setups[number] for number in missing]
                description = answers_on(address, asked, count, done, lambda images: progress.advance(task, images))
                self._before.put(description, np.zeros(0), description=self._place(address))
            else:
                description, _ = self._before.get(description=self._place(address)) or ({"device": str(address)}, None)
            self.descriptions.append(description)

    def _place(self, address):
        """What tells one device, and the way that files run there, from others."""
        return {"address": str(address), "settings": address.settings, "delegate": self.delegate}

    def _named(self, runtime):
        return f"{runtime} with {self.delegate}" if self.delegate else runtime


def _facts(setup):
    """What is measured of a file, for what was measured before."""
    file = setup.file
    content = hashlib.sha256(file.content).hexdigest()
    return {"sha256": content, "shape": file.input_shape, "pixels": file.pixels.row()}
