"""What int8 loses is brought back: layers are lifted to float32, one at a time, until little enough is lost."""

import dataclasses
import glob
import os

from ..common.errors import EdgezooError
from ..common.files import csv_text, output_folder, replacing
from ..common.progress import note
from ..export import Calibration, export_model
from ..export.bundle import read_manifest, write_labels
from ..export.bundles import Bundle, folders_for
from ..export.choosing import choices_of, layers_of_operators
from ..export.conversion import convert, prepare
from ..export.forms import form_of
from ..export.mixing import Mixer
from ..export.staging import locked_staging
from ..inspection.graph import read_graph
from ..inspection.pixels import GIVEN, Pixels
from ..train.preparing import load_as_trained
from .accuracy import evaluate_files
from .debugger.debugging import by_own_noise, layers_of
from .latency import benchmark_files

#: Validation images that each file is scored on, and those that its layers are looked at on, at most.
_SCORING, _LOOKED_AT = {"split": "validation", "limit": 10_000}, 32
#: What is timed only to be compared with its neighbours need not be timed for long.
_RUNS, _SECONDS = 20, 0.2
_TABLE = "recovery.csv"


@dataclasses.dataclass
class _Step:
    """One file on the way.

    Attributes:
        path: where it lies.
        layer, precision: what was changed for it: the path of a layer, and what that is in now; ``None`` for the first.
        top1: on validation images.
    """

    path: str
    layer: str | None
    precision: str | None
    top1: float


def recover_models(files, out_dir, points, *, data, skip_bad=False, **options):
    """``recover_model`` for each of several ``.keras`` files.

    Args:
        files, out_dir, data, skip_bad: as for ``export_models``.
        points, **options: as for ``recover_model``.

    Returns:
        ``(bundles, documents)``, lists with an item for each file.
    """
    made = [
        recover_model(file, folder, points, data=data, skip_bad=skip_bad, **options)
        for file, folder in folders_for(files, out_dir).items()
    ]
    return [bundle for bundle, _ in made], [document for _, document in made]


def recover_model(model_path, out_dir, points, *, data, skip_bad=False, io="uint8", estimator=None, **options):
    """Exports an int8 file that loses no more than so much against float, on validation images.

    Where the converter's int8 file loses more, layers are lifted to float32, one at a time: each time the one with the
    most noise of its own (``debugger``) in the file so far. Once little enough is lost, each layer that turns out not
    to be needed goes back to int8, the largest first. ``recovery.csv`` in ``out_dir`` has the accuracy, size and
    latency of each file on the way. Test images are never looked at.

    Args:
        model_path, out_dir, io, estimator: as for ``export_model``.
        points: percentage points of accuracy that may be lost.
        data, skip_bad: as for ``export_models``.
        **options: ``input_sizes``, ``labels``, ``pixels`` and ``equalize`` of ``export_model``.

    Returns:
        ``(Bundle, document)``; the document has ``points``, ``split``, ``n``, ``float`` and ``steps`` (of each file
        ``layer``, ``precision``, ``top1``, ``lost_points``, ``size_bytes`` and ``p50_ms``), ``lifted``, the layers that
        are float32 in the end, and ``file``, ``sha256`` and ``top1`` of the exported file.

    Raises:
        EdgezooError: no mixture of int8 and float32 loses so little, the model has several sizes, or as
            ``export_model``; nothing is exported then.
    """
    forms = [form_of("float32", io), form_of("int8", io, estimator=estimator)]
    out_dir, datasets = output_folder(out_dir, "the bundle"), []

    def draw(model):
        datasets.append(load_as_trained(model, model_path, data, fit=options.get("fit"), skip_bad=skip_bad))
        return Calibration.draw(datasets[0])

    prepared = prepare(model_path, forms, calibration=data and draw, **options)
    for error in prepared.refused.values():
        raise error
    # An equalized network answers as the model does, with other ranges inside: all files are made from that one.
    prepared = dataclasses.replace(prepared, model=prepared.network_for(forms[1]), networks={})
    if len(prepared.shapes) > 1:
        raise EdgezooError("--recover is for one input size at a time; give one --input-size.")
    (dataset,) = datasets
    with locked_staging(out_dir) as staging:
        if prepared.labels is not None:
            write_labels(staging, prepared.labels)
        made = convert(prepared, forms, staging)
        for each in made:
            if each.error:
                raise EdgezooError(f"could not convert {each.name}: {each.error}.")
        climb = _Climb(prepared, dataset, staging, *(each.path for each in made), points)
        with Mixer(climb.float_file, climb.calibration, climb.pixels, forms[1].io, estimator) as mixer:
            climb.up(mixer)
            climb.down(mixer)
        document = {"points": points, "split": "validation", "n": climb.n, **climb.rows()}
    layers = tuple((glob.escape(layer), "float32") for layer in climb.lifted)
    paths = export_model(
        model_path,
        out_dir,
        calibration=prepared.samples,
        io=io,
        estimator=estimator,
        layers=layers,
        recovery=document,
        **options,
    )
    (exported,) = evaluate_files(paths, dataset, **_SCORING)["results"]
    document |= {key: exported[key] for key in ("file", "sha256", "top1")}
    with replacing(out_dir / _TABLE) as table:
        table.write_text(csv_text([{"layer": None, **document["float"]}, *document["steps"]]), encoding="utf-8")
    return Bundle(os.fspath(out_dir), read_manifest(out_dir), paths), document


class _Climb:
    """The files on the way from int8 up to little enough loss.

    Attributes:
        lifted: paths of the layers that are float32 now.
        n: images that files are scored on.
        float_file: path of the float32 file.
        calibration: images, uint8 [n, H, W, C].
        pixels: ``Pixels`` that the files take.
    """

    def __init__(self, prepared, dataset, folder, float_file, int8_file, points):
        self.lifted, self.float_file = [], float_file
        # They were told when the model was loaded.
        self.pixels = dataclasses.replace(prepared.pixels or Pixels(), known_by=GIVEN)
        ((self.calibration, shape),) = (
            (prepared.calibrations[size].images, shapes[0]) for size, shapes in prepared.shapes.items()
        )
        self._model, self._graph = prepared.model, read_graph(float_file)
        self._layers = layers_of_operators(self._graph, prepared.model)
        self._dataset, self._folder, self._points = dataset, folder, points
        self._looked_at = dataset.validation.take(_LOOKED_AT).at(shape)
        results = evaluate_files([float_file, int8_file], dataset, pixels=self.pixels, **_SCORING)["results"]
        self._float_top1, top1 = (result["top1"] for result in results)
        self.n, self._steps = results[0]["n"], [_Step(int8_file, None, None, top1)]

    def up(self, mixer):
        """Lifts layers until little enough is lost."""
        while not self._is_enough(self._steps[-1].top1):
            layer = self._worst()
            if layer is None:
                least = min(map(self._lost, (step.top1 for step in self._steps)))
                raise EdgezooError(
                    f"no mixture of int8 and float32 layers comes within {self._points:g} points of float: with "
                    f"{len(self.lifted)} layers lifted, all that can be, {least:.2f} are lost; allow more, or export "
                    "--quantize float32 or float16."
                )
            self.lifted.append(layer)
            self._steps.append(self._made(mixer, self.lifted, layer, "float32"))
            self._tell()

    def down(self, mixer):
        """Gives back what is not needed."""
        for layer in sorted(self.lifted, key=self._bytes, reverse=True):
            others = [each for each in self.lifted if each != layer]
            if others and self._is_enough((step := self._made(mixer, others, layer, "int8")).top1):
                self.lifted = others
                self._steps.append(step)
                self._tell()

    def rows(self):
        """``float`` and ``steps`` of the document; all files are timed now, in turns."""
        paths = [str(self.float_file), *(str(step.path) for step in self._steps)]
        timed = benchmark_files(paths, min_runs=_RUNS, min_seconds=_SECONDS, pixels=self.pixels)["results"]
        measured = {row["file"]: {"size_bytes": row["size_bytes"], "p50_ms": row["latency_ms"]["p50"]} for row in timed}
        steps = [
            {
                "layer": step.layer,
                "precision": step.precision,
                "top1": step.top1,
                "lost_points": self._lost(step.top1),
                **measured[str(step.path)],
            }
            for step in self._steps
        ]
        whole = {"precision": "float32", "top1": self._float_top1, "lost_points": 0.0, **measured[paths[0]]}
        return {"float": whole, "steps": steps, "lifted": self.lifted}

    def _lost(self, top1):
        return round(100 * (self._float_top1 - top1), 9)

    def _is_enough(self, top1):
        return self._lost(top1) <= self._points

    def _tell(self):
        step = self._steps[-1]
        lost, size = self._lost(step.top1), f"{os.path.getsize(step.path):,} bytes"
        side = "above" if lost < 0 else "below"
        note(f"{step.layer} in {step.precision}: {abs(lost):.2f} points {side} float, {size}")

    def _choices(self, layers):
        return choices_of([(glob.escape(layer), "float32") for layer in layers], self._graph, self._model)

    def _made(self, mixer, lifted, layer, precision):
        path = self._folder / f"step_{len(list(self._folder.glob('step_*')))}.tflite"
        mixer.make(self._choices(lifted), path)
        (result,) = evaluate_files([path], self._dataset, pixels=self.pixels, **_SCORING)["results"]
        return _Step(path, layer, precision, result["top1"])

    def _worst(self):
        """The path of the layer with the most noise of its own in the last file, of those that can be lifted."""
        lifted, rows = self._choices(self.lifted), self._looked_into()
        for row in (rows[place] for place in by_own_noise(rows)):
            operator = self._graph.operators[row["against_index"]]
            paths = self._layers[operator.index]
            if paths and self._graph.name_of(operator) not in lifted:
                return "/".join(layer.name for layer in paths[-1])
        return None

    def _looked_into(self):
        return layers_of(self._steps[-1].path, self.float_file, self._looked_at, self.pixels)

    def _bytes(self, layer):
        """Of the constants of a layer in the float file."""
        chosen = self._choices([layer])
        return sum(
            self._graph.tensors[index].size_bytes
            for operator in self._graph.operators
            if self._graph.name_of(operator) in chosen
            for index in operator.inputs
            if index >= 0 and self._graph.tensors[index].is_constant
        )
