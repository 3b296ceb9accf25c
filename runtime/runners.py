"""One interface to run a ``.keras`` or a ``.tflite`` file on raw pixels.

A runner is made of ``(path, threads, image_size, pixels)`` and has ``input_shape`` (H, W, C), ``pixels`` (what the file
takes for a raw pixel), ``runtime`` (name and version of what runs it), ``delegated``, ``predict(images)`` for answers
and the pair ``set_input(image)``, ``invoke()`` for timing. Its class has ``module``, what must be imported before it
can be made.
"""

from ..inspection.files import KERAS, kind_of


def runner_class(path):
    """The class that runs a file.

    Raises:
        EdgezooError: the file is missing, empty, or neither ``.keras`` nor ``.tflite``.
    """
    if kind_of(path) == KERAS:
        from .keras_runner import KerasRunner

        return KerasRunner
    from .tflite_runner import TFLiteRunner

    return TFLiteRunner


def load_runner(path, threads=None, image_size=None, pixels=None, **options):
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
        **options: of the runner's class, such as ``keep_tensors`` of a ``.tflite`` file.

    Raises:
        EdgezooError: the file is missing, damaged, needs what the runtime has not, or is no image classifier.
    """
    return runner_class(path)(path, threads, image_size, pixels, **options)
