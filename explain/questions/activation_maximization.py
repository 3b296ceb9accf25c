"""Pictures that excite a class or a channel most."""

from .question import Answer, Question


def answer(subject):
    import numpy as np

    from ..figures import COLUMNS, Band, draw_bands, few
    from ..layers import choose
    from ..maximization import maximize_activation

    network, (height, width, depth) = subject.model.with_logits(), subject.model.input_shape
    names = [each.name for each in network.layers if len(getattr(each.output, "shape", ())) in (2, 4)]
    layer = choose(names, subject.layer, "channels")[-1] if subject.layer else names[-1]
    channels, left_out = few(range(network.get_layer(layer).output.shape[-1]), COLUMNS)
    shape = height or 64, width or 64, depth
    images = maximize_activation(network, layer, shape, channels, seed=subject.seed)
    lowest, highest = (bound(images, axis=(1, 2, 3), keepdims=True) for bound in (np.min, np.max))
    images = (images - lowest) / np.maximum(highest - lowest, 1)  # the full contrast for each
    images = images[..., 0] if depth == 1 else images[..., :3]
    text = f"{layer}, channels 0 to {len(channels) - 1}{left_out}"
    band = Band(text, images, columns=COLUMNS // 2, are_pictures=True)
    return Answer(draw_bands(f"activation maximization · {subject.title}", [band]), [layer])


QUESTION = Question(
    "activation-maximization",
    "pictures that excite a class, or a channel of `--layer`, most",
    answer,
    needs_gradients=True,
)
