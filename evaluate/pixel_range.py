"""What is to be said of the pixels that a file was given."""

from ..inspection.pixels import ASSUMED, Pixels


def pixels_in_words(result):
    """A row of results as a sentence on its pixels, or ``None`` where there is nothing to be said.

    Accuracy at the level of chance, where the range of pixels was assumed, is most likely of the wrong range.
    """
    pixels, file = Pixels.of_row(result["pixels"]), result["file"]
    if pixels.known_by != ASSUMED or not _is_chance(result):
        return pixels.in_words(file)
    return (
        f"Warning: {file} is right no more often than by chance. It does not say which range of pixels it takes, and "
        f"{pixels.text} was assumed: give another with --pixels, such as 0..1 or -1..1."
    )


def _is_chance(result):
    confusion = result.get("confusion")
    if not confusion:  # it was timed alone
        return False
    always_the_same = sum(any(column) for column in zip(*confusion, strict=True)) <= 1
    return always_the_same or result["top1_ci95"][0] <= 1 / len(confusion)
