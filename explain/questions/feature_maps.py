"""Feature maps, of one file or of two forms of one network side by side."""

import os

from .question import Answer, Question


def answer(subject):
    from ..bands import band_of_maps
    from ..features import maps_of_stages
    from ..figures import draw_bands
    from ..layers import spread

    if subject.other:
        return _side_by_side(subject)
    maps = maps_of_stages(subject.model, subject.pixels, subject.layer)
    maps = maps if subject.layer else spread(maps)
    figure = draw_bands(f"feature maps · {subject.title}", [band_of_maps(each) for each in maps])
    return Answer(figure, [each.layer for each in maps])


def _side_by_side(subject):
    import numpy as np

    from ..bands import band_of_maps
    from ..features import pairs_of_stages
    from ..figures import COLUMNS, Band, draw_bands
    from ..layers import spread

    pairs = pairs_of_stages(subject.model, subject.other, subject.pixels, subject.layer)
    pairs = pairs if subject.layer else spread(pairs)
    bands, differences = [], []
    for one, two in pairs:
        difference = two.values - one.values
        rms, largest = float(np.sqrt(np.mean(difference**2))), float(np.abs(difference).max())
        step = two.scale or one.scale
        differences.append({"layer": one.layer, "rms": rms, "max": largest, "step": step})
        limit = float(max(np.abs(one.values).max(), np.abs(two.values).max())) or None
        in_steps = f" = {rms / step:.2f} steps" if step else ""
        text = f"{one.layer}, difference · rms {rms:.3g}{in_steps} · largest {largest:.3g}"
        bands += [
            band_of_maps(one, f", {os.path.basename(subject.model.path)}", limit, COLUMNS),
            band_of_maps(two, f", {os.path.basename(subject.other.path)}", limit, COLUMNS),
            Band(text, difference.transpose(2, 0, 1)[:COLUMNS]),
        ]
    return Answer(draw_bands(subject.title, bands), [one.layer for one, _ in pairs], {"differences": differences})


QUESTION = Question(
    "feature-maps",
    "what each stage, or each layer that fits `--layer`, puts out for the picture",
    answer,
    needs_picture=True,
    takes_two=True,
)
