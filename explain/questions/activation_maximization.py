"""Pictures that excite a class or a channel most."""

from .question import Answer, Question


def answer(subject):
    import numpy as np

    from ..figures import COLUMNS, Band, draw_bands, few
    from ..layers import by_name, choose, rank
    from ..maximization import maximize_activation

    flat, (height, width, depth) = subject.model.logits(), subject.model.input_shape
    steps = {name: step for name, step in by_name(flat).items() if rank(step) > 1}
    layer = choose(list(steps), subject.layer, "channels")[-1] if subject.layer else None
    target = steps[layer].output if layer else flat.network.outputs[0]
    channels, left_out = few(range(target.shape[-1]), COLUMNS)
    shape = height or 64, width or 64, depth
    images = maximize_activation(flat, layer, shape, channels, seed=subject.seed)
    lowest, highest = (bound(images, axis=(1, 2, 3), keepdims=True) for bound in (np.min, np.max))
    images = (images - lowest) / np.maximum(highest - lowest, 1)  # the full contrast for each
    images = images[..., 0] if depth == 1 else images[..., :3]
    layer = layer or list(steps)[-1]
    text = f"{layer}, channels 0 to {len(channels) - 1}{left_out}"
    band = Band(text, images, columns=COLUMNS // 2, are_pictures=True)
    return Answer(draw_bands(f"activation maximization · {subject.title}", [band]), [layer])


QUESTION = Question(
    "activation-maximization",
    "pictures that excite a class, or a channel of `--layer`, most",
    answer,
    needs_gradients=True,
)
