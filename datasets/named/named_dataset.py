"""What a data set known by name is."""

import dataclasses
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class NamedDataset:
    """A data set known by name.

    Attributes:
        name: what ``load_dataset`` and ``--data`` take.
        class_names: in the order of the labels.
        image_shape: (h, w, c) as published.
        counts: images per class of each published part, ``"train"`` and perhaps ``"test"``.
        find: -> where it is on this machine, or ``None``; cheap.
        fetch: -> ``{part: (uint8 [n, h, w, c] or [n, h, w], labels [n] or [n, 1])}``; downloads where it must. In place
            of the images it may give a function that reads them: they are read when they are asked for.
        how: how to get it, for people.
        sha256: of all images and labels, see ``loading.content_sha256``; ``None`` where the download is checked.
        part_sha256: the same of each part, where ``fetch`` gives functions.
        image_size: (H, W) that the images are read in by default, where not as published.
    """

    name: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    counts: dict[str, tuple[int, ...]]
    find: Callable
    fetch: Callable
    how: str
    sha256: str | None = None
    part_sha256: dict[str, str] = dataclasses.field(default_factory=dict)
    image_size: tuple[int, int] | None = None

    @property
    def input_shape(self):
        """(H, W, C) that the images are read in by default."""
        return (*(self.image_size or self.image_shape[:2]), self.image_shape[2])
