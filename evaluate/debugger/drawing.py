"""The noise of layers as a picture."""

from ...common.figures import new_figure

#: Height of a layer's line in inches, and the most layers in one picture.
_LINE, _MOST = 0.2, 300
_ALL, _OWN, _WORST = "#0072B2", "#E69F00", "#D55E00"  # Okabe and Ito's palette, safe for the colour-blind


def draw_layers(document):
    """The signal-to-noise ratio of each layer, with all noise and with its own alone.

    Args:
        document: of ``debug_files``.

    Returns:
        ``matplotlib`` figure; the first layer is at the top, the names of the worst are in colour. Layers without noise
        have no point, and of more than 300 only the first are drawn.
    """
    layers, dataset = document["layers"][:_MOST], document["dataset"]
    figure = new_figure(1.3 + _LINE * len(layers))
    axes = figure.subplots()
    for key, colour, label in (("error", _ALL, "all noise"), ("own_error", _OWN, "its own, on exact inputs")):
        points = [
            (layer[key]["sqnr_db"], place)
            for place, layer in enumerate(layers)
            if layer[key] and layer[key]["sqnr_db"] is not None
        ]
        axes.plot(*zip(*points, strict=True) if points else ((), ()), "o-", color=colour, label=label, markersize=4)
    axes.set_yticks(range(len(layers)), [f"{layer['layer']}  {layer['op']}" for layer in layers], fontsize=7)
    for place in document["worst"]:
        if place < len(layers):
            axes.get_yticklabels()[place].set_color(_WORST)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel(
        f"signal to quantization noise, dB ({dataset['used']} {dataset['split']} images of {dataset['name']})"
    )
    axes.set_title(document["file"].rpartition("/")[2], fontsize=9, parse_math=False)
    axes.legend(fontsize=8, frameon=False)
    return figure
