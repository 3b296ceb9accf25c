"""``describe``: the layer table of a network, from a Keras model or a file."""

import os


def describe(model, input_shape=None, *, bytes_per_element=1):
    """The layer table of a network, for batch 1.

    The peak is the largest sum of tensors alive at once: a tensor lives from the operator that writes it to the last
    that reads it, inputs from the start, outputs to the end; no operator writes over its input. Reshaping makes no
    tensor. The tensors of a ``.tflite`` file have their own types.

    A Keras model counts as what an int8 file makes of it: one byte a value, and without the tensors that the converter
    folds away, which are those of

    - layers that do nothing at inference (dropout, augmentation);
    - batch normalization directly behind a convolution or dense layer, and ReLU or ReLU6 behind any operator, if
      nothing else reads the tensor between them;
    - zero padding directly before a ``"valid"`` convolution that together with it is a ``"same"`` one.

    Every other activation takes an operator of its own, SiLU two.

    Args:
        model: a functional or sequential ``keras.Model``, or the path of a ``.keras`` or ``.tflite`` file.
        input_shape: ``(height, width, channels)`` for a network that takes any size.
        bytes_per_element: size of a value in a Keras model's tensors; 1 is int8, 4 float32.

    Returns:
        A ``Summary``.

    Raises:
        EdgezooError: the file cannot be read, a layer's multiplications cannot be counted, or the network takes any
            size and ``input_shape`` is not given or does not fit.
    """
    if isinstance(model, (str, os.PathLike)):
        if os.fspath(model).endswith(".tflite"):
            from .tflite_table import describe_tflite

            return describe_tflite(os.fspath(model), input_shape)
        from ..zoo.loading import load_model

        model = load_model(model)
    from .keras_table import describe_keras

    return describe_keras(model, input_shape, bytes_per_element)
