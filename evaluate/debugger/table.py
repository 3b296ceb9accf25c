"""The noise of layers, for people."""

#: A cause of ``causes_of`` in a word or two.
_WORDS = {
    "bias": "bias",
    "clipping": "clipped values",
    "channel_range": "ranges of channels",
    "weight_range": "ranges of weights",
    "dead_channels": "dead channels",
    "outliers": "outliers",
    "weights": "weights",
    "output": "steps of its values",
    "inherited": "from above",
}
_HEADINGS = ("worst", ">#", "layer", "operator", ">SQNR, dB", ">its own, dB", ">in channels", ">cosine", "noise of")


def layer_rows(document):
    """``(headings, rows)``: a row for each layer, in file order; the worst have their rank in the first cell.

    Args:
        document: of ``debug_files``.
    """
    ranks = {place: str(rank) for rank, place in enumerate(document["worst"], start=1)}
    rows = []
    for place, layer in enumerate(document["layers"]):
        error, own = (layer[key] or {} for key in ("error", "own_error"))
        row = (
            ranks.get(place),
            layer["index"],
            layer["layer"],
            layer["op"],
            _text(error.get("sqnr_db"), ".1f"),
            _text(own.get("sqnr_db"), ".1f"),
            _text(own.get("channel_sqnr_db"), ".1f"),
            _text(error.get("cosine"), ".4f"),
            ", ".join(dict.fromkeys(_WORDS[cause["kind"]] for cause in layer["causes"])),
        )
        rows.append(row)
    return _HEADINGS, rows


def worst_in_words(document):
    """Sentences on the worst layers, and why they are."""
    for rank, place in enumerate(document["worst"], start=1):
        layer = document["layers"][place]
        causes = [cause["text"] for cause in layer["causes"] if cause["kind"] != "inherited"]
        of = f" of {layer['layers'][-1]}" if layer["layers"][1:] else ""
        yield f"{rank}. {layer['layer']} ({layer['op']}{of}): {'; '.join(causes)}."


def _text(value, form):
    return None if value is None else format(value, form)
