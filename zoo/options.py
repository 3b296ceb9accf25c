"""The options that families share: how convolutions are built, and what each option means, said once for all."""

import functools
import inspect
import re
import textwrap

from .blocks import Style

#: Option → what it means, where a family's own docstring does not say.
MEANINGS = {
    "input_shape": "``(height, width, channels)`` of the raw pixels (0–255), fixed; rescaling is part of the model.",
    "classes": "number of classes.",
    "include_top": "``False`` leaves the head off; the output is the last feature map.",
    "weights": "``None`` or the path of a weights file, whose classifier may be for other classes.",
    "filters": "width of each stage; its length is the number of stages.",
    "blocks": "convolution blocks per stage, a strided one included; one number or one a stage.",
    "kernel_size": "side of the convolution kernels, an int or a pair.",
    "padding": '``"same"`` or ``"valid"``, for convolutions and pooling alike.',
    "dilation": "spacing of the kernel's taps in the stride-1 convolutions; strided ones are never dilated.",
    "activation": "any Keras activation.",
    "normalization": '``"batch"`` or ``None``.',
    "residual": "stride-1 blocks of two convolutions and a shortcut in place of single convolutions.",
    "separable": "depthwise and pointwise convolutions in place of full ones (all but the first).",
    "expansion": "widening of the features in front of each depthwise convolution; with ``separable`` and "
    "``residual``, 3 to 6 make MobileNetV2's inverted residual blocks.",
    "squeeze_excite": "weigh the channels of each stride-1 block by their means over the image.",
    "stem_kernel_size": "kernel of the very first convolution; ``None`` means ``kernel_size``.",
    "units": "widths of the fully connected layers before the classifier; ``()`` for none.",
    "dropout": "rate before the classifier.",
    "classifier_activation": '``"softmax"``, or ``None`` for logits.',
    "name": "name of the model.",
}
_RETURNS = "    A functional ``keras.Model``: float32 ``[batch, height, width, channels]`` → ``[batch, classes]``."
_RAISES = """\
    ValueError: an argument is out of range, or the image is too small for the stages; the message says which."""
#: Options of the head, which stand behind those of the body.
_HEAD = ("units", "dropout")


def shared_options(build):
    """Decorator of a family's function, for what it has in common with the others.

    ``**style`` becomes the options of ``Style``, with their defaults, in front of the head's. The docstring gets the
    meaning of every option, and what is returned and raised, where it does not say so itself.
    """
    signature = _signature(build)

    @functools.wraps(build)
    def builder(*arguments, **options):
        for option in options:
            if option not in signature.parameters:
                raise TypeError(f"{build.__name__}() got an unexpected keyword argument {option!r}")
        return build(*arguments, **options)

    builder.__signature__ = signature
    builder.__doc__ = _docstring(build.__doc__, signature.parameters)
    return builder


def _signature(build):
    """The signature of ``build`` with the options of ``Style`` in place of ``**style``."""
    signature = inspect.signature(build)
    parameters = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
    if len(parameters) < len(signature.parameters):
        own = {each.name for each in parameters}
        style = inspect.signature(Style).parameters.values()
        style = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in style if each.name not in own]
        head = next(place for place, each in enumerate(parameters) if each.name in _HEAD)
        parameters[head:head] = [each.replace(annotation=inspect.Parameter.empty) for each in style]
    return signature.replace(parameters=parameters)


def _docstring(text, parameters):
    """``text`` with every parameter explained, in the order of the signature."""
    summary, *sections = re.split(r"\n\n(Args|Returns|Raises):\n", inspect.cleandoc(text))
    sections = {"Returns": _RETURNS, "Raises": _RAISES} | dict(zip(sections[::2], sections[1::2], strict=True))
    own = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", sections.pop("Args", ""), re.MULTILINE)
    meanings = MEANINGS | {name: " ".join(meaning.split()) for name, meaning in own}
    wrapper = textwrap.TextWrapper(120, initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False)
    explained = [wrapper.fill(f"{name}: {meanings[name]}") for name in parameters if name in meanings]
    sections = {"Args": "\n".join(explained)} | sections
    return "\n\n".join([summary, *(f"{title}:\n{content}" for title, content in sections.items())])
