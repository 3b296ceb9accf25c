"""One model, one picture, one question: ``edgezoo explain``."""

import os

import numpy as np

from ..common.errors import EdgezooError, UnknownName
from ..common.files import sha256
from .class_names import class_names
from .features import feature_maps, matching, stages
from .figures import COLUMNS, ROWS, Band, draw_bands, draw_heat, draw_overlays, few, require_format, save, size
from .filters import kernels
from .model_file import KerasFile, choose, open_model
from .picture import read_picture
from .pipeline import draw_pipeline
from .questions import QUESTIONS

#: Layers in one figure, unless a pattern asks for more.
_LAYERS = 8


def explain(file, what, output, *, image=None, layer=None, compare=None, labels=None, seed=0):
    """Draws what a model sees.

    Args:
        file: ``.keras`` or ``.tflite`` file.
        what: key of ``QUESTIONS``.
        output: ``.png`` or ``.svg`` file to write.
        image: path of a picture; it is converted to what the model takes.
        layer: shell pattern of layers' names; ``None`` is a choice that can be read.
        compare: a second file, another form of the same network: its feature maps beside the first one's.
        labels: text file with the class names, one a line; see ``class_names``.
        seed: of activation maximization.

    Returns:
        dict: ``file, sha256, what, output, layers`` (that are shown), ``prediction`` (``class``, ``name``,
        ``score``; ``None`` without a picture), ``notes``, and with ``compare`` a row a layer of ``differences``.

    Raises:
        EdgezooError: a file or picture is missing or damaged, the pattern fits nothing, or the model cannot answer.
    """
    require_format(output)
    if what not in QUESTIONS:
        raise UnknownName("question", what, QUESTIONS)
    if QUESTIONS[what] and image is None:
        raise EdgezooError(f"{what} is asked about a picture; give one (--image).")
    if compare and what != "feature-maps":
        raise EdgezooError(f"only feature maps of two files can be compared, not {what}.")
    model = open_model(file)
    document = {"file": os.fspath(file), "sha256": sha256(file), "what": what, "output": os.fspath(output)}
    document |= {"layers": [], "prediction": None, "notes": []}
    name = os.path.basename(file)
    pixels, title = None, name
    if QUESTIONS[what]:
        pixels, changes = read_picture(image, model.input_shape)
        document["notes"] += [changes] if changes else []
        scores = model.predict(pixels[None])[0]
        best = int(scores.argmax())
        names = class_names(file, len(scores), labels)
        document["prediction"] = {"class": best, "name": names[best], "score": float(scores[best])}
        title = f"{name} · {os.path.basename(image)} · {names[best]}, score {scores[best]:.3f}"

    if compare:
        figure = _compare(document, title, model, open_model(compare), pixels, layer)
    elif what == "pipeline":
        maps = feature_maps(model, pixels, layer or "*")
        shown = maps if layer else stages(maps, pixels.shape)
        document["layers"] = [each.layer for each in shown]
        figure = draw_pipeline(title, pixels, shown, scores, names)
    else:
        figure = _ANSWERS[what](document, title, model, pixels, layer, seed)
    save(figure, output)
    return document


def _draw_feature_maps(document, title, model, pixels, layer, seed):
    maps = feature_maps(model, pixels, layer or "*")
    maps = maps if layer else _spread(stages(maps, pixels.shape))
    document["layers"] = [each.layer for each in maps]
    return draw_bands(f"feature maps · {title}", [_band_of(each) for each in maps])


def _spread(items):
    """At most ``_LAYERS`` of the items, evenly, with the first and the last."""
    if len(items) <= _LAYERS:
        return items
    return [items[round(k * (len(items) - 1) / (_LAYERS - 1))] for k in range(_LAYERS)]


def _band_of(each, label="", limit=None, channels=2 * COLUMNS):
    values = each.values.transpose(2, 0, 1)
    shown, left_out = few(values, channels)
    step = f" · step {each.scale:.3g}" if each.scale else ""
    text = f"{each.layer}{label} · {size(each.values.shape)} · {values.min():.3g} … {values.max():.3g}{step}{left_out}"
    return Band(text, shown, limit)


def _compare(document, title, model, other, pixels, layer):
    pairs = matching(feature_maps(model, pixels), feature_maps(other, pixels))
    if layer:
        names = choose([one.layer for one, _ in pairs], layer, "feature maps in both files")
        pairs = [pair for pair in pairs if pair[0].layer in names]
    else:
        ends = stages([one for one, _ in pairs], pixels.shape)
        pairs = _spread([(one, two) for one, two in pairs if any(one is end for end in ends)])
    bands, document["differences"] = [], []
    for one, two in pairs:
        difference = two.values - one.values
        rms, largest = float(np.sqrt(np.mean(difference**2))), float(np.abs(difference).max())
        step = two.scale or one.scale
        document["differences"].append({"layer": one.layer, "rms": rms, "max": largest, "step": step})
        limit = float(max(np.abs(one.values).max(), np.abs(two.values).max())) or None
        in_steps = f" = {rms / step:.2f} steps" if step else ""
        text = f"{one.layer}, difference · rms {rms:.3g}{in_steps} · largest {largest:.3g}"
        bands += [
            _band_of(one, f", {os.path.basename(model.path)}", limit, COLUMNS),
            _band_of(two, f", {os.path.basename(other.path)}", limit, COLUMNS),
            Band(text, difference.transpose(2, 0, 1)[:COLUMNS]),
        ]
    document["layers"] = [one.layer for one, _ in pairs]
    return draw_bands(title, bands)


def _draw_filters(document, title, model, pixels, layer, seed):
    found = kernels(model, layer or "*")
    found = found if layer else _spread(found)
    document["layers"] = [each.layer for each in found]
    return draw_bands(f"filters · {title}", [_band_of_filters(each) for each in found])


def _band_of_filters(each):
    height, width, inputs, filters = each.values.shape
    text = f"{each.layer} · {height}×{width}, {inputs} → {filters}"
    if inputs == 1:
        shown, left_out = few(each.values[:, :, 0].transpose(2, 0, 1), ROWS * COLUMNS)
        return Band(f"{text}{left_out}", shown)
    # A column for each filter, a row for each of its input channels.
    rows, columns = min(inputs, ROWS), min(filters, 2 * COLUMNS)
    part = each.values[:, :, :rows, :columns].transpose(2, 3, 0, 1).reshape(rows * columns, height, width)
    left_out = "" if (rows, columns) == (inputs, filters) else f" (first {rows} inputs of first {columns} filters)"
    return Band(f"{text}{left_out}", part, columns=columns)


def _draw_saliency(document, title, model, pixels, layer, seed):
    from .attribution import saliency

    heat = saliency(_differentiable(model, "saliency"), pixels, document["prediction"]["class"])
    return draw_heat(f"saliency · {title}", pixels, heat, "|∂logit / ∂pixel|, mean")


def _draw_grad_cam(document, title, model, pixels, layer, seed):
    from .attribution import grad_cam

    network = _differentiable(model, "grad-cam")
    heat, chosen = grad_cam(network, pixels, document["prediction"]["class"], layer)
    document["layers"] = chosen
    places = chosen[0] if len(chosen) == 1 else f"{chosen[0]} and {len(chosen) - 1} more"
    return draw_heat(f"Grad-CAM at {places} · {title}", pixels, heat, "weight for the class")


def _draw_occlusion(document, title, model, pixels, layer, seed):
    from .attribution import occlusion

    heat = occlusion(model.predict, pixels, document["prediction"]["class"])
    return draw_heat(f"occlusion · {title}", pixels, heat, "loss of score where it is covered")


def _draw_maximization(document, title, model, pixels, layer, seed):
    from .maximization import maximize_activation

    network = _differentiable(model, "activation-maximization")
    names = [each.name for each in network.layers if len(getattr(each.output, "shape", ())) in (2, 4)]
    chosen = choose(names, layer, "channels")[-1] if layer else names[-1]
    shape = (*(side or 64 for side in model.input_shape[:2]), model.input_shape[2])
    count = network.get_layer(chosen).output.shape[-1]
    channels, left_out = few(range(count), COLUMNS)
    images = maximize_activation(network, chosen, shape, channels, seed=seed)
    lowest, highest = (bound(images, axis=(1, 2, 3), keepdims=True) for bound in (np.min, np.max))
    images = (images - lowest) / np.maximum(highest - lowest, 1)  # the full contrast for each
    document["layers"] = [chosen]
    images = images[..., 0] if shape[2] == 1 else images[..., :3]
    text = f"{chosen}, channels 0 to {len(channels) - 1}{left_out}"
    band = Band(text, images, columns=COLUMNS // 2, are_pictures=True)
    return draw_bands(f"activation maximization · {title}", [band])


def _draw_receptive_field(document, title, model, pixels, layer, seed):
    from .fields import box_of, effective_receptive_field, perturbed_receptive_fields, receptive_fields

    maps = feature_maps(model, pixels, layer or "*")
    names = [each.layer for each in (maps if layer else _spread(stages(maps, pixels.shape)))]
    if isinstance(model, KerasFile):
        heats = {name: effective_receptive_field(model.model, name, pixels) for name in names}
        boxes = receptive_fields(model.model, names, pixels.shape)
    else:
        heats = perturbed_receptive_fields(model, pixels, names)
        boxes = {name: box_of(heat) for name, heat in heats.items()}
    document["layers"] = names
    document["boxes"] = boxes
    panels = [
        (f"{name} · {boxes[name][2] - boxes[name][0]}×{boxes[name][3] - boxes[name][1]}", heats[name], boxes[name])
        for name in names
    ]
    meaning = "box: what the middle unit depends on; colour: what moves it in this picture"
    return draw_overlays(f"receptive field · {title}", pixels, panels, meaning)


def _differentiable(model, what):
    """A network with logits and gradients."""
    if not isinstance(model, KerasFile):
        raise EdgezooError(
            f"{what} needs gradients, which a .tflite file has none of; give the .keras file, or take --what occlusion."
        )
    from ..zoo.surgery import with_logits

    return with_logits(model.model)


_ANSWERS = {
    "feature-maps": _draw_feature_maps,
    "filters": _draw_filters,
    "saliency": _draw_saliency,
    "grad-cam": _draw_grad_cam,
    "occlusion": _draw_occlusion,
    "activation-maximization": _draw_maximization,
    "receptive-field": _draw_receptive_field,
}
