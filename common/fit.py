"""How a picture gets into the height and width that a network takes."""

import dataclasses

SQUASH, CROP, PAD = "squash", "crop", "pad"
KINDS = (SQUASH, CROP, PAD)


@dataclasses.dataclass(frozen=True)
class Fit:
    """One of three ways, the same in training, calibration, evaluation and on a device.

    ``squash`` stretches the whole picture; ``crop`` takes the largest part from its middle that has the proportions
    asked for; ``pad`` keeps the whole picture and its proportions, and lays it on a border.

    Attributes:
        kind: one of ``KINDS``.
        border: of ``pad``, the border's colour, 0 to 255: a number a channel, or one for all.

    Raises:
        ValueError: another kind, a border that is no colour, or one without ``pad``.
    """

    kind: str = SQUASH
    border: tuple[int, ...] = ()

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"a fit is one of {', '.join(KINDS)}")
        sound = all(type(value) is int and 0 <= value <= 255 for value in self.border)
        if not sound or bool(self.border) != (self.kind == PAD):
            raise ValueError(f"{PAD} has a border of numbers from 0 to 255, and nothing else has one")

    @classmethod
    def of_row(cls, row):
        """The ``Fit`` of a document's ``row``; a ``ValueError``, ``TypeError`` or ``LookupError`` if it is none."""
        return cls(row["kind"], tuple(row["border"]) if "border" in row else ())

    def row(self):
        """What a document says of it, JSON-able."""
        return {"kind": self.kind, **({"border": list(self.border)} if self.border else {})}

    @property
    def text(self):
        """``"are squashed to"`` and the like, between pictures and a size."""
        return {SQUASH: "are squashed to", CROP: "are cropped to", PAD: "are padded to"}[self.kind]

    def border_in(self, channels):
        """The border's colour in so many channels; a gray one where it has another number of them."""
        border = self.border if len(self.border) in (1, channels) else (round(sum(self.border) / len(self.border)),)
        return border * (channels // len(border))

    def in_bands(self, channels):
        """The ``Fit`` of each of so many channels, on its own."""
        if self.kind != PAD:
            return [self] * channels
        return [Fit(PAD, (value,)) for value in self.border_in(channels)]

    def applied(self, image, size):
        """A picture in another size, resized with Pillow's antialiasing, bilinear filter.

        Args:
            image: ``PIL.Image.Image`` of 8 bits a channel.
            size: (height, width).

        Returns:
            ``PIL.Image.Image``; the very image that came in if it has that size.
        """
        from PIL import Image

        target, own = (size[1], size[0]), image.size
        if own == target:
            return image
        if self.kind == SQUASH:
            return image.resize(target, Image.Resampling.BILINEAR)
        if self.kind == CROP:
            part = largest(target, own)
            left, top = _margins(part, own)
            return image.crop((left, top, left + part[0], top + part[1])).resize(target, Image.Resampling.BILINEAR)
        whole = Image.new(image.mode, target, self.border_in(len(image.getbands())))
        part = largest(own, target)
        whole.paste(image.resize(part, Image.Resampling.BILINEAR), _margins(part, target))
        return whole


SQUASHED = Fit()


def chosen(given, known):
    """What is asked for, where that is not what is known already.

    Args:
        given: a ``Fit``, one of ``KINDS``, or ``None``.
        known: ``Fit`` or ``None``.

    Returns:
        ``known`` where nothing is asked for, or no other kind: the border is that of the training then. Else ``given``.
    """
    kind = given.kind if isinstance(given, Fit) else given
    return known if known and kind in (None, known.kind) else given


def largest(proportions, within):
    """The largest rectangle of some proportions in another one, both (width, height) in whole pixels."""
    (wide, high), (width, height) = proportions, within
    if width * high > height * wide:
        return max(1, (2 * height * wide + high) // (2 * high)), height
    return width, max(1, (2 * width * high + wide) // (2 * wide))


def _margins(part, whole):
    """What is left of and above a part in the middle of a whole, both (width, height)."""
    return (whole[0] - part[0]) // 2, (whole[1] - part[1]) // 2
