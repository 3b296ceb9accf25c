"""Options that several commands share, and the types of their values.

Names out of a registry are looked up when a value is checked, completed or explained, so that a command's file imports
no registry.
"""

import functools
import itertools

import click


class Shape(click.ParamType):
    """``H,W,C`` as a tuple; ``?`` or ``None`` stands for a variable side."""

    name = "shape"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        try:
            sides = tuple(None if side.strip() in ("?", "None") else int(side) for side in value.split(","))
        except ValueError:
            sides = ()
        if len(sides) != 3 or any(side is not None and side < 1 for side in sides):
            self.fail(f"{value!r} is not HEIGHT,WIDTH,CHANNELS such as 28,28,1 (?,?,1 for any size).", param, ctx)
        return sides


class Numbers(click.ParamType):
    """``1,2`` as a tuple of positive ints; nothing as an empty one."""

    name = "numbers"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(int(number) for number in value.split(",")) if value else ()
        except ValueError:
            numbers = (0,)
        if any(number < 1 for number in numbers):
            self.fail(f"{value!r} is not a list of positive whole numbers such as 1,2.", param, ctx)
        return numbers


class Setting(click.ParamType):
    """``key=value`` as a pair; the value is read as YAML, so 3, true, [8, 16] and words mean what they look like."""

    name = "setting"

    def convert(self, value, param, ctx):
        if isinstance(value, tuple):
            return value
        import yaml

        key, separator, text = value.partition("=")
        if not separator or not key:
            self.fail(f"{value!r} is not KEY=VALUE, such as padding=valid or filters=[8,16].", param, ctx)
        try:
            read = yaml.safe_load(text)
        except Exception:  # of yaml's own kind, but also ValueError for a date that is none, KeyError for «!!bool 3», …
            self.fail(f"the value of {value!r} cannot be read.", param, ctx)
        return key, tuple(read) if isinstance(read, list) else read

    def fail(self, message, param=None, ctx=None):
        # The option's name as it is; click would put it in quotes.
        raise click.BadParameter(message, ctx, param, param_hint=param and param.opts[0])


class LayerChoice(click.ParamType):
    """``PATTERN=PRECISION`` as a pair."""

    name = "layer"

    def convert(self, value, param, ctx):
        from ..common.errors import UnknownName
        from ..export.quantizing import PRECISIONS

        if isinstance(value, tuple):
            return value
        pattern, _, precision = value.rpartition("=")
        if not pattern:
            self.fail(f"{value!r} is not PATTERN=PRECISION, such as stage1*=int16x8.", param, ctx)
        if precision not in PRECISIONS:
            self.fail(str(UnknownName("precision", precision, PRECISIONS, f"there are {', '.join(PRECISIONS)}")))
        return pattern, precision


class WindowSettings(click.ParamType):
    """``n=28,f=3,p=same,s=2,d=1`` as the arguments of ``explain.Window``; ``3x5`` is a height and a width."""

    name = "window"

    def convert(self, value, param, ctx):
        if isinstance(value, dict):
            return value
        try:
            given = dict(part.strip().split("=") for part in value.split(","))
            if not {"n", "f"} <= set(given):
                raise ValueError
            return {_WINDOW_ARGUMENTS[key]: _window_argument(key, text) for key, text in given.items()}
        except (KeyError, ValueError):
            expected = "n=SIZE,f=KERNEL and any of p=PADDING,s=STRIDE,d=DILATION, such as n=28,f=3,p=same"
            self.fail(f"{value!r} is not {expected}.", param, ctx)


_WINDOW_ARGUMENTS = {"n": "input_size", "f": "kernel", "p": "padding", "s": "stride", "d": "dilation"}


def _window_argument(key, text):
    if key == "p" and text in ("same", "valid"):
        return text
    height, width = map(int, text.split("x") if "x" in text else (text, text))
    return ((height, height), (width, width)) if key == "p" else (height, width)


class PixelRange(click.ParamType):
    """``0..1`` or ``MEAN,STD`` as ``inspection.pixels.Pixels``."""

    name = "pixels"

    def convert(self, value, param, ctx):
        from ..inspection.pixels import Pixels, parse

        if isinstance(value, Pixels):
            return value
        try:
            return parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Names(click.Choice):
    """One of some names.

    Args:
        names: function without arguments that returns them.
    """

    def __init__(self, names):
        self._names, self.case_sensitive = names, True

    @functools.cached_property
    def choices(self):
        """The names, as ``click.Choice`` has them."""
        return tuple(self._names())


class NameList(click.ParamType):
    """``a,b`` as a tuple of names; ``all`` stands for every one.

    Args:
        kind: what a name is for, in messages.
        names: function without arguments that returns the names.
    """

    name = "names"

    def __init__(self, kind, names):
        self._kind, self._names = kind, names

    def convert(self, value, param, ctx):
        from ..common.errors import UnknownName

        if isinstance(value, tuple):
            return value
        known, chosen = tuple(self._names()), tuple(name.strip() for name in value.split(","))
        for name in chosen:
            if name not in (*known, "all"):
                self.fail(str(UnknownName(self._kind, name, known, f"there are {', '.join(known)}")), param, ctx)
        return known if "all" in chosen else chosen

    def shell_complete(self, ctx, param, incomplete):
        from click.shell_completion import CompletionItem

        before, comma, begun = incomplete.rpartition(",")
        offered = (f"{before}{comma}{name}" for name in (*self._names(), "all") if name.startswith(begun))
        return [CompletionItem(text) for text in offered]


class NameOrFile(click.ParamType):
    """Any text; a shell is offered names, and files where none of them fits.

    Args:
        names: function without arguments that returns the names.
    """

    name = "text"

    def __init__(self, names):
        self._names = names

    def shell_complete(self, ctx, param, incomplete):
        from click.shell_completion import CompletionItem

        fitting = [CompletionItem(name) for name in self._names() if name.startswith(incomplete)]
        # Shells drop what is offered beside files.
        return fitting or [CompletionItem(incomplete, type="file")]


def _models():
    from ..zoo import list_models

    return list_models()


def _runtimes():
    from ..runtime import RUNTIMES

    return RUNTIMES


def _datasets():
    from ..datasets import known_datasets

    return [row["name"] for row in known_datasets()]


def _targets():
    from ..export.targets import TARGETS

    return TARGETS


MODEL, DATASET = NameOrFile(_models), NameOrFile(_datasets)
PATH = click.Path()  # so that shells complete the names of files

files = click.argument("files", nargs=-1, required=True, metavar="FILE...", type=PATH)


def _recipes():
    from ..train import list_recipes

    return list_recipes()


def _trained():
    from ..zoo.imagenet import IMAGENET
    from ..zoo.weights import index

    return [*index(), IMAGENET]


weights = click.option(
    "--weights",
    metavar="DATASET|FILE",
    type=NameOrFile(_trained),
    help="Weights to begin with: a data set that `edgezoo list` shows trained weights for, or an .h5 or .keras file of "
    "the same network; a classifier for other classes is new.",
)
output = click.option("-o", "--output", required=True, metavar="DIR", type=PATH, help="Folder to write to.")
input_shape = click.option(
    "--input-shape", type=Shape(), metavar="H,W,C", help="Height, width, channels; ? for a variable side."
)
_data = functools.partial(click.option, "--data", metavar="D", type=DATASET)
data = _data(required=True, help="A data set's name, a folder of images (a sub-folder per class), or an .npz file.")
data_if_any = _data(help="Images for the accuracy: a data set's name, a folder or an .npz file.")
split = click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="test",
    show_default=True,
    help="Images to use.",
)
limit = click.option("--limit", type=click.IntRange(1), metavar="N", help="Use only N images.")
threads = click.option(
    "--threads", type=Numbers(), default="1", show_default=True, metavar="N[,N...]", help="Threads per inference."
)
classes_by_position = click.option(
    "--classes-by-position", is_flag=True, help="Take outputs in the order of D's classes, whatever they are called."
)
pixels = click.option(
    "--pixels",
    type=PixelRange(),
    metavar="RANGE",
    help="Pixels that the files take: 0..255, 0..1, -1..1, or MEAN,STD of 0 to 255 (default: what each file tells).",
)


def _joined(ctx, param, values):
    """Each once, of an option that is repeatable and takes lists."""
    return tuple(dict.fromkeys(itertools.chain(*values)))


#: With ``help``, as ``targets``.
settings = functools.partial(click.option, "--set", "settings", multiple=True, metavar="KEY=VALUE", type=Setting())
#: With ``help``, and whatever else a ``click.option`` takes.
targets = functools.partial(
    click.option,
    "--target",
    "targets",
    multiple=True,
    type=NameList("target", _targets),
    metavar="T[,T...]",
    callback=_joined,
)
runtimes = click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    type=NameList("runtime", _runtimes),
    metavar="R[,R...]",
    callback=_joined,
    help="What runs the files, such as litert,tflm; repeatable (default: keras for .keras, litert for .tflite files).",
)


def _device(ctx, param, values):
    """The texts as they are; what is none is said at once."""
    from ..common.errors import EdgezooError
    from ..runtime.devices import device_at

    for text in values:
        try:
            device_at(text)
        except EdgezooError as error:
            raise click.BadParameter(str(error), ctx, param) from None
    return values


devices = click.option(
    "--device",
    "devices",
    multiple=True,
    default=("local",),
    metavar="ADDRESS",
    callback=_device,
    help="Where the files run, such as ssh://pi@raspberrypi; repeatable (default: local, this machine).",
)
delegate = click.option(
    "--delegate",
    metavar="LIBRARY",
    help="External delegate that runs what it can of the files there, such as libedgetpu.so.1.",
)


def _use_custom(ctx, param, path):
    if path is not None and not ctx.resilient_parsing:
        from ..zoo import use_custom

        ctx.with_resource(use_custom(path))


custom = click.option(
    "--custom",
    metavar="FILE.py",
    type=PATH,
    expose_value=False,
    callback=_use_custom,
    help="Python file of yours that defines layers of the model; it is run.",
)
run = click.option("-o", "--output", required=True, metavar="RUN", type=PATH, help="Folder of the run.")
recipe = click.option("--recipe", metavar="R", type=NameOrFile(_recipes), help="A recipe's name or a YAML file.")
recipe_settings = settings(help="Setting of the recipe, such as class_weights=auto; repeatable.")
batch_size = click.option("--batch-size", type=click.IntRange(1), help="Images per step, over all devices.")
seed = click.option("--seed", type=click.IntRange(0), help="Seed of every random draw.")
resume = click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
skip_bad = click.option("--skip-bad", is_flag=True, help="Leave out image files that cannot be read.")


def teaching(command):
    """``--teacher``, as ``teachers``, and what they teach by."""
    teachers = click.option(
        "--teacher",
        "teachers",
        multiple=True,
        metavar="FILE.keras",
        type=PATH,
        help="Trained model whose answers are learned besides the labels; repeatable.",
    )
    temperature = click.option(
        "--temperature", type=click.FloatRange(0.1, 100), metavar="T", help="Softens the answers that are compared."
    )
    alpha = click.option("--alpha", type=click.FloatRange(0, 1), metavar="A", help="The teachers' share of the loss.")
    return teachers(temperature(alpha(command)))


def is_given(ctx, name):
    """Whether an option was given, and does not just have its default."""
    return ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT
