"""Networks of ``keras.applications`` on the targets, and whether the remedies that ``check`` names for them work.

    python benchmarks/applications.py

Where a file is refused, or an operator is not where it should be, what ``check`` says to do is done to the network or
to its export, and the result is checked again. A remedy that this script cannot carry out is an error. The networks
have random weights, since places do not depend on them.
"""

import collections
import dataclasses
import functools
from pathlib import Path

import click
import numpy as np
from documents import write_results
from script import run

from edgezoo.common.errors import EdgezooError
from edgezoo.common.files import sha256
from edgezoo.common.images import resized
from edgezoo.common.quiet import import_tensorflow
from edgezoo.export import TARGETS, Calibration, export_model
from edgezoo.export.fresh import settle
from edgezoo.export.targets.checking import ACCELERATOR, CPU, NOWHERE
from edgezoo.inspection.pixels import Pixels

SIDE, CLASSES = 96, 10
#: One Ethos-U of each family: what is left to the CPU is the same of all configurations of one.
DEVICES = ("phone", "coral", "ethos-u55-128", "ethos-u65-256", "ethos-u85-512", "tflm", "browser")
#: Activations that devices lack, by Keras' names.
SMOOTH = ("hard_silu", "silu", "gelu")


def application(name, **options):
    """A function that builds a network of ``keras.applications``."""

    def build():
        import keras

        shape = (SIDE, SIDE, 3)
        return getattr(keras.applications, name)(input_shape=shape, weights=None, classes=CLASSES, **options)

    return build


def resizing():
    """MobileNet that resizes the images by itself."""
    import keras

    layers = [keras.Input((SIDE, SIDE, 3)), keras.layers.Resizing(SIDE, SIDE), NETWORKS["MobileNet 0.25"]()]
    return keras.Sequential(layers)


NETWORKS = {
    "MobileNet": application("MobileNet"),
    "MobileNet 0.25": application("MobileNet", alpha=0.25),
    "MobileNetV2": application("MobileNetV2"),
    "MobileNetV3Small": application("MobileNetV3Small"),
    "EfficientNetB0": application("EfficientNetB0"),
    "ResNet50": application("ResNet50"),
    "MobileNet 0.25 behind Resizing": resizing,
}


@dataclasses.dataclass(frozen=True)
class Form:
    """A network as one ``.tflite`` file.

    Attributes:
        network: key of ``NETWORKS``.
        scheme, io, per_channel_dense: as for ``export_model``.
        side: of the images in pixels; ``None`` leaves it open.
        changes: what is changed in the network, keys of ``CHANGES``.
    """

    network: str
    scheme: str = "int8"
    io: str = "uint8"
    per_channel_dense: bool = True
    side: int | None = SIDE
    changes: tuple[str, ...] = ()

    def changed(self, *names):
        """The same with further ``changes``."""
        return dataclasses.replace(self, changes=(*self.changes, *(name for name in names if name not in self.changes)))

    @property
    def words(self):
        """The export in words."""
        io = f", {self.io} in and out" if self.scheme == "int8" else ""
        dense = "" if self.per_channel_dense else ", one scale per dense layer"
        return f"{self.scheme}{io}{dense}, {f'{self.side} px' if self.side else 'any size'}"


def with_activations(model, new):
    """A copy of a network with the same weights and other activations, ``{old name: new name}``."""
    import keras

    def copied(layer):
        config = layer.get_config()
        if config.get("activation") in new:
            config["activation"] = new[config["activation"]]
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=copied, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def with_pooling(model):
    """``resizing`` with average pooling in the place of the resize, which so halves the images."""
    import keras

    pool = keras.layers.AveragePooling2D(2)
    return keras.Sequential([keras.Input((2 * SIDE, 2 * SIDE, 3)), pool, *model.layers[1:]])


CHANGES = {
    "ReLU6": functools.partial(with_activations, new=dict.fromkeys(SMOOTH, "relu6")),
    "logits": functools.partial(with_activations, new={"softmax": "linear"}),
    "pooling": with_pooling,
}

#: What a remedy says → a function from a ``Form`` to one that heeds it. The first that fits counts.
REMEDIES = {
    "--quantize int8": lambda form: dataclasses.replace(form, scheme="int8", io="uint8", side=form.side or SIDE),
    "or int8": lambda form: dataclasses.replace(form, scheme="int8"),
    "export int8": lambda form: dataclasses.replace(form, scheme="int8"),
    "--io int8": lambda form: dataclasses.replace(form, io="int8"),
    "--io uint8": lambda form: dataclasses.replace(form, scheme="int8", io="uint8"),
    "uint8 in and out": lambda form: dataclasses.replace(form, io="uint8"),
    "--input-size": lambda form: dataclasses.replace(form, side=SIDE),
    "per_channel": lambda form: dataclasses.replace(form, per_channel_dense=False),
    "ReLU6": lambda form: form.changed("ReLU6"),
    "in logits": lambda form: form.changed("logits"),
    "resize by 2": lambda form: dataclasses.replace(form, side=2 * SIDE),
    "shrink by pooling": lambda form: dataclasses.replace(form, side=2 * SIDE).changed("pooling"),
}


def starts():
    """``(Form, targets)``: every network as int8, and one in all the ways in which devices refuse it."""
    for network in NETWORKS:
        side = 4 * SIDE // 3 if NETWORKS[network] is resizing else SIDE
        for target in DEVICES:
            yield Form(network, per_channel_dense=TARGETS[target].per_channel_dense, side=side), target
    small = Form("MobileNet 0.25")
    ways = [{"scheme": "float32"}, {"scheme": "float16"}, {"scheme": "dynamic"}, {"scheme": "int16x8"}]
    ways += [{"io": "int8"}, {"io": "float32"}, {"scheme": "float32", "side": None}]
    for way in ways:
        yield from ((dataclasses.replace(small, **way), target) for target in DEVICES)


def images(side):
    """Coloured clouds, uint8 [8, side, side, 3]."""
    return resized(np.random.default_rng(0).integers(0, 256, (8, 6, 6, 3), np.uint8), (side, side))


class Files:
    """The ``.tflite`` files of forms, each made once and kept in a folder."""

    def __init__(self, folder):
        self._folder = Path(folder)
        self._networks = {}

    def path(self, form):
        """The file of a ``Form``."""
        name = "_".join(filter(None, (form.network, *form.changes, "" if form.side else "open")))
        source = self._folder / f"{name.replace(' ', '_')}.keras"
        out = self._folder / "_".join([source.stem, *form.words.replace(",", "").split()])
        if made := sorted(out.glob("*.tflite")):
            return made[0]
        if not source.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._changed(form).save(source)
        calibration = Calibration(images(form.side or SIDE), {"clouds": {"seed": 0}})
        options = {"input_sizes": (form.side,)} if form.side and self._is_open(form) else {}
        (path,) = export_model(
            source,
            out,
            (form.scheme,),
            io=form.io,
            calibration=calibration,
            pixels=Pixels(known_by="--pixels"),
            per_channel_dense=form.per_channel_dense,
            **options,
        )
        return path

    @staticmethod
    def _is_open(form):
        return NETWORKS[form.network] is resizing and "pooling" not in form.changes

    def _changed(self, form):
        """The network of a form, the same each time."""
        import keras

        if form.network not in self._networks:
            keras.utils.set_random_seed(0)
            model = NETWORKS[form.network]()
            settle(model, images(SIDE))
            self._networks[form.network] = model
        model = self._networks[form.network]
        for name in form.changes:
            model = CHANGES[name](model)
        if form.side is None or self._is_open(form):
            weights = model.get_weights()
            model = keras.models.clone_model(model, keras.Input((None, None, 3)))
            model.set_weights(weights)
        return model


def problems(check, target):
    """``[{op, where, reason, remedy, count}]`` of what a ``Check`` complains of; ``op`` is ``None`` for a refusal.

    What only follows another operator on the CPU is left out.
    """
    if check.refused:
        return [{"op": None, "where": None, "reason": check.refused, "remedy": check.remedy, "count": 1}]
    wrong = {NOWHERE, CPU} if TARGETS[target].has_accelerator else {NOWHERE}
    counted = collections.Counter(
        (each.op, each.where, each.reason, each.remedy)
        for each in check.operators
        if each.where in wrong and not (each.remedy or "").startswith("mend operator")
    )
    keys = ("op", "where", "reason", "remedy")
    return [{**dict(zip(keys, found, strict=True)), "count": count} for found, count in counted.items()]


def heeded(form, remedies):
    """The ``Form`` in which what remedies say is done.

    Raises:
        EdgezooError: this script knows no way to do it.
    """
    for remedy in remedies:
        for words, change in REMEDIES.items():
            if words in (remedy or ""):
                form = change(form)
                break
        else:
            raise EdgezooError(f"benchmarks/applications.py has not tried this remedy: {remedy}")
    return form


def outcome(files, form, target):
    """What a target makes of a form, and of what becomes of it when all remedies are heeded, as often as there are any.

    Args:
        files: ``Files``.
        form: ``Form``.
        target: name.

    Returns:
        Dict: ``network``, ``form``, ``target``, ``by``, ``before`` and ``after`` (``sha256``, ``accelerated``,
        ``total``, ``refused``), ``problems`` as of ``problems``, with ``left``: how many remain of each in the end.
    """
    first = last = TARGETS[target].check(str(files.path(form)))
    now, met = form, []
    while found := [each for each in problems(last, target) if each not in met]:
        met += found
        now = heeded(now, [each["remedy"] for each in found])
        last = TARGETS[target].check(str(files.path(now)))
    remaining = {(each["op"], each["reason"]): each["count"] for each in problems(last, target)}
    return {
        "network": form.network,
        "form": form.words,
        "target": target,
        "by": first.by,
        "before": _counts(first, files.path(form)),
        "problems": [{**each, "left": remaining.get((each["op"], each["reason"]), 0)} for each in met],
        "after": {**_counts(last, files.path(now)), "form": now.words, "changes": list(now.changes)} if met else None,
    }


def _counts(check, path):
    return {
        "sha256": sha256(path),
        "accelerated": check.counts[ACCELERATOR],
        "total": len(check.operators),
        "refused": check.refused,
    }


@click.command()
@click.option("--output", default="build/applications", show_default=True, help="Folder of the files, which are kept.")
def main(output):
    """Checks every network for every target, does what is said to be done, and checks again."""
    import_tensorflow()
    files, rows = Files(output), []
    for form, target in starts():
        row = outcome(files, form, target)
        rows.append(row)
        left = sum(each["left"] for each in row["problems"])
        print(f"{form.network}, {form.words}, {target}: {len(row['problems'])} problems, {left} left", flush=True)
    write_results("applications", {"rows": rows})


if __name__ == "__main__":
    run(main)
