"""One interface to run a ``.keras`` or a ``.tflite`` file on raw pixels, in any of the runtimes.

A runner is made of ``(path, threads, image_size, pixels)`` and has ``input_shape`` (H, W, C), ``pixels`` (what the file
takes for a raw pixel), ``runtime`` (name and version of what runs it), ``delegated``, ``timing_note`` (why its times
say nothing of a device, or ``None``), ``predict(images)`` for answers and the pair ``set_input(image)``, ``invoke()``
for timing.
"""

from ..common.errors import EdgezooError
from ..common.registry import Registry, from_modules
from ..inspection.files import KERAS, TFLITE, kind_of
from ..inspection.graph import read_graph

#: Name → ``Runtime``. The first that takes a kind of file is the one that runs it where none is named.
RUNTIMES = Registry(
    "runtime",
    "edgezoo.runtimes",
    from_modules(
        __package__,
        (
            "keras_runner",
            "tflite_runner",
            "tflm",
            "gpu",
        ),
        "RUNTIME",
    ),
)


def runtimes_for(path, names=()):
    """The runtimes that a file is run in.

    Args:
        path: the file.
        names: of runtimes; by default the file's own.

    Returns:
        List of ``Runtime``: those of the names that take this kind of file.

    Raises:
        UnknownName: there is no runtime of that name.
        EdgezooError: the file is missing, empty or neither ``.keras`` nor ``.tflite``, none of the runtimes takes it,
            or one is not installed.
    """
    kind = kind_of(path)
    named = [RUNTIMES[name] for name in dict.fromkeys(names)]
    fitting = [runtime for runtime in named or RUNTIMES.values() if kind in runtime.files]
    if not fitting:
        takes = ", ".join(f"{runtime.name} runs .{' and .'.join(runtime.files)} files only" for runtime in named)
        remedy = "; export it first" if kind == KERAS else ""
        raise EdgezooError(f"{path} is a .{kind} file, and the runtime {takes}{remedy}.")
    if not named:
        fitting = fitting[:1]
    for runtime in fitting:
        runtime.require()
    return fitting


def runtime_for(path, name=None):
    """The one ``Runtime`` of that name, or a file's own; raises as ``runtimes_for``."""
    return runtimes_for(path, (name,) if name else ())[0]


def load_runner(path, threads=None, image_size=None, pixels=None, *, runtime=None, **options):
    """Loads a model file in this process.

    A ``.tflite`` file that was made to do harm can end the process: run files of others in a
    :class:`~edgezoo.runtime.worker.Worker`.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        threads: CPU threads of one inference; ``None`` leaves the choice to the runtime. For Keras it must be set
            before TensorFlow has computed anything in this process.
        image_size: (height, width) to use where the file leaves its own open; of a file with graphs for several sizes
            the one for the nearest is run, without ``image_size`` the first.
        pixels: ``inspection.pixels.Pixels`` that the file takes; ``None`` for what the file itself tells.
        runtime: name of one of ``RUNTIMES``; ``None`` for Keras or LiteRT, by the kind of the file.
        **options: of the runner's class, such as ``keep_tensors`` of LiteRT's.

    Raises:
        EdgezooError: the file is missing, damaged, needs what the runtime has not, or is no image classifier.
    """
    if kind_of(path) == TFLITE:
        read_graph(path)  # a runtime believes what a file says
    return runtime_for(path, runtime).runner(path, threads, image_size, pixels, **options)
