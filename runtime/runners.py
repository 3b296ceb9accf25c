"""One interface to run a ``.keras`` or a ``.tflite`` file on raw pixels.

A runner has ``input_shape`` (H, W, C), ``runtime``, ``delegated``, ``predict(images)`` for answers and the pair
``set_input(image)``, ``invoke()`` for timing.
"""

import numpy as np

from ..common.environment import version
from ..common.errors import EdgezooError
from ..common.files import existing_file


def load_runner(path, threads=None, image_size=None, keep_tensors=False):
    """Loads a model file in this process.

    A ``.tflite`` file that was made to do harm can end the process: run files of others in a
    :class:`~edgezoo.runtime.worker.Worker`.

    Args:
        path: ``.keras`` or ``.tflite`` file.
        threads: CPU threads of one inference; ``None`` leaves the choice to the runtime. For Keras it must be set
            before TensorFlow has computed anything in this process.
        image_size: (height, width) to use where the file leaves its own open.
        keep_tensors: a ``.tflite`` file only: all tensors can be read afterwards, at the price of memory and speed.

    Raises:
        EdgezooError: the file is missing, damaged, needs what the runtime has not, or is no image classifier.
    """
    path = existing_file(path)
    kinds = {".keras": KerasRunner, ".tflite": TFLiteRunner}
    if path.suffix not in kinds:
        raise EdgezooError(f"{path} is neither a .keras nor a .tflite file.")
    options = {"keep_tensors": True} if keep_tensors else {}
    return kinds[path.suffix](path, threads, image_size, **options)


def quantize(values, dtype, scale, zero_point):
    """Real numbers as a tensor of the file's type: ``q = clip(round(x / scale) + zero_point)``.

    Halves are rounded away from zero and the division is done in float32, as TFLite's reference QUANTIZE kernel does
    (Jacob et al., https://arxiv.org/abs/1712.05877, equation 1). A scale of 0 means that the file declares no
    quantization: the values are passed as they are.

    Raises:
        ValueError: there is no scale, and an integer type that cannot hold the values.
    """
    dtype = np.dtype(dtype)
    values = np.asarray(values)
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    if scale == 0:
        if values.size and not (limits.min <= values.min() and values.max() <= limits.max):
            raise ValueError(f"values from {values.min()} to {values.max()} do not fit {dtype}")
        return values.astype(dtype)
    ratio = (values.astype(np.float32) / np.float32(scale)).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(ratio) + 0.5), ratio)
    return np.clip(rounded + zero_point, limits.min, limits.max).astype(dtype)


def dequantize(tensor, scale, zero_point):
    """A tensor of the file as float32: ``x = scale · (q − zero_point)``; with scale 0 the numbers themselves."""
    if scale == 0:
        return np.asarray(tensor, np.float32)
    return np.float32(scale) * (tensor.astype(np.int32) - zero_point).astype(np.float32)


def _side(side):
    return None if side in (-1, None) else int(side)


def _fixed_shape(path, shape, image_size):
    """(H, W, C) of an input [B, H, W, C], sides that the file leaves open filled in; -1 and ``None`` stand for open."""
    if len(shape) != 4:
        raise EdgezooError(
            f"{path} is no image classifier: its input has the shape {[*map(_side, shape)]}, not [1, H, W, C]."
        )
    batch, *sides, channels = map(_side, shape)
    if batch not in (None, 1):
        raise EdgezooError(f"{path} takes batches of {batch} images; export it with batch 1.")
    if None in sides and image_size is None:
        raise EdgezooError(f"{path} takes images of any size; say which size to measure it at.")
    height, width = (own or given for own, given in zip(sides, image_size or (None, None), strict=True))
    return height, width, channels


def _gist(error):
    return " ".join(str(error).split())[:300]


class KerasRunner:
    """A Keras model compiled by ``tf.function`` (without XLA), so that no time goes into Python layer calls."""

    delegated = None

    def __init__(self, path, threads=None, image_size=None):
        from ..common.quiet import import_tensorflow, quiet_stderr
        from ..zoo import load_model

        self._tf = tf = import_tensorflow()
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        self.runtime = f"keras {version('keras')}, tensorflow {version('tensorflow')}"
        with quiet_stderr():
            model = load_model(path)
        if len(model.inputs) != 1 or len(model.outputs) != 1:
            raise EdgezooError(
                f"{path} has {len(model.inputs)} inputs and {len(model.outputs)} outputs; one of each can be measured."
            )
        self.input_shape = _fixed_shape(path, model.inputs[0].shape, image_size)
        self._call = tf.function(
            lambda images: model(images, training=False),
            input_signature=[tf.TensorSpec([None, *self.input_shape], tf.float32)],
        )
        self._input = None

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → the model's output, float32 [n, classes]."""
        scores = self._call(self._tf.constant(images, self._tf.float32)).numpy().astype(np.float32)
        return scores.reshape(len(images), -1)

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        self._input = self._tf.constant(image[None], self._tf.float32)

    def invoke(self):
        """One inference, from a tensor to a NumPy array."""
        self._call(self._input).numpy()


class TFLiteRunner:
    """A ``.tflite`` file in LiteRT's interpreter, with its default delegate (XNNPACK) unless it keeps all tensors."""

    def __init__(self, path, threads=None, image_size=None, keep_tensors=False):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        from ..common.quiet import quiet_stderr

        self._path = path
        self.runtime = f"ai-edge-litert {version('ai-edge-litert')}"
        with quiet_stderr():
            try:
                self._interpreter = interpreter = Interpreter(
                    str(path),
                    num_threads=threads,
                    experimental_preserve_all_tensors=keep_tensors,
                    # What passes between a delegate's operators is not in the file's tensors.
                    experimental_op_resolver_type=(
                        OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES if keep_tensors else OpResolverType.AUTO
                    ),
                )
            except ValueError as error:
                raise EdgezooError(f"{path} is damaged or not a .tflite file ({_gist(error)}).") from error
            inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
            if len(inputs) != 1 or len(outputs) != 1:
                raise EdgezooError(
                    f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; one of each can be measured."
                )
            self._in, self._out = inputs[0], outputs[0]
            # shape_signature has -1 where a side is open; files without one declare a plain shape.
            declared = self._in["shape_signature"]
            self.input_shape = _fixed_shape(path, declared if len(declared) else self._in["shape"], image_size)
            try:
                if tuple(self._in["shape"]) != (1, *self.input_shape):
                    interpreter.resize_tensor_input(self._in["index"], (1, *self.input_shape))
                interpreter.allocate_tensors()
            except (ValueError, RuntimeError) as error:
                raise EdgezooError(f"the runtime here cannot run {path}: {_gist(error)}") from error

    @property
    def delegated(self):
        """``{"operators": N, "of": M}``: how many of the file's operators the delegate runs.

        After delegation the interpreter lists the original operators and behind them one DELEGATE node per partition,
        with the tensors that go in and come out. An operator is in a partition if an output of the partition depends on
        it and no input of the partition lies between.
        """
        nodes = self._interpreter._get_ops_details()
        operators = [node for node in nodes if node["op_name"] != "DELEGATE"]
        producer = {int(tensor): node for node in operators for tensor in node["outputs"]}
        covered = set()
        for node in nodes:
            if node["op_name"] != "DELEGATE":
                continue
            seen = set(map(int, node["inputs"]))
            pending = list(map(int, node["outputs"]))
            while pending:
                tensor = pending.pop()
                if tensor in producer and tensor not in seen:
                    covered.add(producer[tensor]["index"])
                    pending.extend(map(int, producer[tensor]["inputs"]))
                seen.add(tensor)
        return {"operators": len(covered), "of": len(operators)}

    def predict(self, images):
        """Raw pixels uint8 [n, H, W, C] → the file's output, dequantized, float32 [n, classes]."""
        scores = []
        for image in images:
            self.set_input(image)
            self.invoke()
            output = self._interpreter.get_tensor(self._out["index"])
            scores.append(dequantize(output, *self._out["quantization"]).reshape(-1))
        return np.stack(scores)

    def set_input(self, image):
        """The image, uint8 [H, W, C], that :meth:`invoke` runs on."""
        try:
            tensor = quantize(image[None], self._in["dtype"], *self._in["quantization"])
            self._interpreter.set_tensor(self._in["index"], tensor)
        except ValueError as error:
            raise EdgezooError(f"{self._path} does not take pixels from 0 to 255: {error}") from error

    def invoke(self):
        """One inference, from the input tensor to the output tensor."""
        try:
            self._interpreter.invoke()
        except RuntimeError as error:
            raise EdgezooError(f"{self._path} fails while running: {_gist(error)}") from error

    def tensor(self, index):
        """The values of a tensor of the file after :meth:`invoke`, as they are stored; needs ``keep_tensors``."""
        try:
            return self._interpreter.get_tensor(index)
        except ValueError as error:
            raise EdgezooError(f"{self._path}: tensor {index} cannot be read: {_gist(error)}") from error
