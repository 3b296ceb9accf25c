"""What a training run is told to do."""

import dataclasses
import math
from importlib import resources
from pathlib import Path

import yaml

from ..common.errors import EdgezooError, UnknownName
from ..common.files import read_small
from ..common.text import one_line

#: A recipe has a score of short lines; YAML takes seconds a megabyte.
_MOST_BYTES = 1 << 16


#: What is written for values that are no text.
_YAML = {None: "null", True: "true", False: "false"}


def _choice(default, *choices):
    return dataclasses.field(default=default, metadata={"choices": choices})


def _whole(default, low, high):
    return dataclasses.field(default=default, metadata={"kind": int, "low": low, "high": high})


def _number(default, low, high):
    return dataclasses.field(default=default, metadata={"kind": float, "low": low, "high": high})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a training run is told to do. The defaults suit small images of any kind; 0 switches a thing off.

    Attributes:
        epochs: passes over the training images.
        batch_size: images a step, over all devices together; 0 for 128, of few images 64, 32 or 16, which makes more
            steps of an epoch.
        optimizer: ``"adamw"``, ``"muon"`` (AdamW for what is no matrix; see ``ConvMuon``), ``"sgd"`` (Nesterov
            momentum 0.9) or ``"rmsprop"`` (momentum 0.9).
        learning_rate: the highest of the schedule.
        schedule: ``"cosine"``, down to 0 at the last step, or ``"constant"``.
        warmup: share of all steps in which the learning rate rises linearly from 0.
        weight_decay: decoupled, relative to the learning rate; kernels only, not biases or normalization.
        label_smoothing: share of the target that is spread evenly over all classes; training images only.
        flip: ``None``, ``"horizontal"``, ``"vertical"`` or ``"horizontal_and_vertical"``; off by default, since a
            mirrored digit is no digit.
        crop: smallest area, as a share, of a random part that is brought to the size of the image, at an aspect ratio
            of 3/4 to 4/3 of the image's (Szegedy et al. 2015, «Going Deeper with Convolutions»); 1 is the whole image.
        jitter: largest change of brightness, contrast and saturation, as a share; 1 or 3 channels.
        shift: furthest random shift in each direction, as a share of the side.
        erase: probability that a random rectangle becomes noise (Zhong et al. 2017, «Random Erasing»).
        randaugment: strength of two random operations a batch (Cubuk et al. 2019, «RandAugment»); 1 or 3 channels.
        mixup: α of Beta(α, α) for blending two images (Zhang et al. 2017, «mixup»).
        cutmix: the same for pasting a rectangle (Yun et al. 2019, «CutMix»); with both, each batch takes one at random.
        resize: largest growth or shrinkage of a whole batch, so that one network learns many image sizes: 0.5 makes
            sides of 2/3 to 3/2 (multi-scale training, Redmon & Farhadi 2017, «YOLO9000»); variable input size only.
        ema: decay per step of the averaged weights, which are then the ones validated and saved.
        batch_norm_momentum: of the averages that batch normalization uses once the network is trained; few steps need a
            lower one than Keras' 0.99; 0 leaves each layer's own, as compression always does.
        patience: epochs in a row without a better one on the validation images, after which the training ends.
        class_weights: ``None``, ``"balanced"`` (images of rare classes count more in the loss, one by the number of the
            class' images) or ``"auto"`` (one by their effective number, β 0.999; Cui et al. 2019, «Class-Balanced Loss
            Based on Effective Number of Samples»); 1 on average over the images. The best epoch is then that of the
            best balanced accuracy.
        sampling: ``None`` or ``"balanced"``: each class is shown equally often, in as many steps as ever; the best
            epoch as with ``class_weights``, of which it takes the place.
        precision: ``"float32"``, ``"mixed_bfloat16"``, ``"mixed_float16"``, or ``"auto"``: what is measured to be
            faster here. The saved model is float32 in any case.
        tf32: whether GPUs from Ampere on may compute float32's products in TF32, of 10 bits behind the point, which is
            faster; nothing elsewhere.
        jit_compile: ``true`` takes many steps as one program that XLA compiles, with all images on the device,
            ``false`` takes them one by one, and ``"auto"`` what is measured to be faster on a GPU.
        temperature: of distillation: what logits are divided by before teacher and student are compared (Hinton et al.
            2015, «Distilling the Knowledge in a Neural Network»); needs a teacher.
        alpha: of distillation: the teachers' share of the loss, the labels have the rest; 1 learns without labels;
            needs a teacher.
        seed: of the order of images, augmentation and dropout.

    Raises:
        EdgezooError: a value has the wrong type or is out of range; the message names it.
    """

    epochs: int = _whole(20, 1, 100_000)
    batch_size: int = _whole(0, 0, 1_000_000)
    optimizer: str = _choice("adamw", "adamw", "muon", "sgd", "rmsprop")
    learning_rate: float = _number(2e-3, 1e-12, 1e3)
    schedule: str = _choice("cosine", "cosine", "constant")
    warmup: float = _number(0.1, 0, 0.9)
    weight_decay: float = _number(0.02, 0, 10)
    label_smoothing: float = _number(0.05, 0, 0.9)
    flip: str | None = _choice(None, None, "horizontal", "vertical", "horizontal_and_vertical")
    crop: float = _number(0.0, 0, 1)
    jitter: float = _number(0.0, 0, 1)
    shift: float = _number(0.05, 0, 0.9)
    erase: float = _number(0.0, 0, 1)
    randaugment: float = _number(0.0, 0, 1)
    mixup: float = _number(0.0, 0, 1)
    cutmix: float = _number(0.0, 0, 1)
    resize: float = _number(0.0, 0, 4)
    ema: float = _number(0.0, 0, 0.99999)
    batch_norm_momentum: float = _number(0.0, 0, 0.99999)
    patience: int = _whole(0, 0, 100_000)
    class_weights: str | None = _choice(None, None, "auto", "balanced")
    sampling: str | None = _choice(None, None, "balanced")
    precision: str = _choice("auto", "auto", "float32", "mixed_bfloat16", "mixed_float16")
    tf32: bool = _choice(True, True, False)
    jit_compile: str | bool = _choice("auto", "auto", True, False)
    temperature: float = _number(4.0, 0.1, 100)
    alpha: float = _number(0.9, 0, 1)
    seed: int = _whole(0, 0, 2**31 - 1)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            object.__setattr__(self, field.name, _checked(field, getattr(self, field.name)))
        if self.class_weights and self.sampling:
            raise EdgezooError("recipe: class_weights and sampling make up for the same; set one of them to null.")

    @property
    def balances(self):
        """Whether it makes up for classes that have few images."""
        return bool(self.class_weights or self.sampling)

    @classmethod
    def load(cls, name_or_path=None, /, **overrides):
        """The recipe of a name or a YAML file.

        Args:
            name_or_path: a name of ``list_recipes()``, the path of a YAML file that sets any of the attributes, or
                ``None`` for the defaults.
            **overrides: attributes that replace the file's.

        Raises:
            UnknownName: no such recipe or attribute.
            EdgezooError: the file cannot be read, or a value is wrong.
        """
        settings = {**({} if name_or_path is None else _read(name_or_path)), **overrides}
        known = [field.name for field in dataclasses.fields(cls)]
        for key in settings:
            if key not in known:
                raise UnknownName("recipe setting", key, known, f"known are {', '.join(known)}")
        return cls(**settings)


def list_recipes():
    """Names of the recipes that ship with edgezoo."""
    return sorted(_shipped())


def _shipped():
    folder = resources.files(__package__) / "recipes"
    return {Path(file.name).stem: file for file in folder.iterdir() if file.name.endswith(".yaml")}


def _read(name_or_path):
    """The mapping in a YAML file; no code is run."""
    shipped = _shipped()
    if name_or_path in shipped:
        file = shipped[name_or_path]
    elif Path(name_or_path).exists() or Path(name_or_path).suffix in (".yaml", ".yml"):
        file = Path(name_or_path)
    else:
        raise UnknownName("recipe", name_or_path, shipped, "give one of these names or the path of a .yaml file")
    try:
        text = read_small(file, _MOST_BYTES).decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise EdgezooError(f"{file} is no recipe: it has aliases, such as *name, which no setting needs.")
        settings = yaml.safe_load(text)
    except EdgezooError:
        raise
    # Not only of yaml's own kind: ValueError for a date that is none, KeyError for «!!bool 3» …
    except Exception as error:
        raise EdgezooError(f"cannot read the recipe {file}: {one_line(error, 300)}") from error
    if not isinstance(settings, dict):
        raise EdgezooError(f"{file} is no recipe; it must be lines of `key: value`, such as `epochs: 10`.")
    return settings


def _checked(field, value):
    """``value`` as the field's type, or an ``EdgezooError`` that says what it must be."""
    rules = field.metadata
    if "choices" in rules:
        if isinstance(value, (str, bool, type(None))) and value in rules["choices"]:
            return value
        choices = ", ".join(choice if isinstance(choice, str) else _YAML[choice] for choice in rules["choices"])
        raise EdgezooError(f"recipe: {field.name} must be one of {choices}. Received: {_shown(value)}")
    number = _as_number(value, rules["kind"])
    if number is None or not rules["low"] <= number <= rules["high"]:
        kind = "a whole number" if rules["kind"] is int else "a number"
        raise EdgezooError(
            f"recipe: {field.name} must be {kind} from {rules['low']} to {rules['high']}. Received: {_shown(value)}"
        )
    return number


def _as_number(value, kind):
    """``value`` as ``kind``, or ``None``. YAML 1.1 reads ``1e-3`` as a string, so such strings count as numbers."""
    if isinstance(value, str) and kind is float:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, kind)):
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else kind(value)


def _shown(value):
    """A plain value as it is; of anything else the type, since YAML aliases can make a text of astronomic length."""
    return repr(value)[:80] if isinstance(value, (str, int, float, bool, type(None))) else type(value).__name__
