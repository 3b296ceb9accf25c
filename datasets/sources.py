"""Many images of one shape, read by number: in memory, or from files as they are needed.

A source has ``shape`` (H, W, C), ``fit``, ``read(rows)``, ``tensor_reader()``, ``digests(rows)`` and ``name(row)``; its
``at(shape, fit)`` is one of the same images in another shape, or got into it in another way.
"""

import copy
import functools
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from ..common.errors import EdgezooError
from ..common.fit import Fit
from ..common.images import resized
from ..common.quiet import import_tensorflow
from ..common.text import one_line, printable
from .fingerprints import fingerprint
from .images import open_image, to_pixels

#: Pillow lets go of Python's lock while it decodes, so threads are enough.
DECODERS = min(16, os.cpu_count() or 1)


class _Source:
    fit = Fit()

    def __init__(self, shape):
        self.shape = tuple(int(side) for side in shape)

    def at(self, shape, fit=None):
        """The source of the same images, (H, W, C) each; ``fit`` is how they get that size, by default as before."""
        source = copy.copy(self)
        source.shape, source.fit = tuple(int(side) for side in shape), fit or self.fit
        return source

    def tensor_reader(self):
        """A function from int64 [n] to uint8 [n, H, W, C] tensors that can be mapped over a ``tf.data.Dataset``."""
        tensorflow = import_tensorflow()
        return lambda rows: tensorflow.numpy_function(self.read, [rows], tensorflow.uint8)


class ArraySource(_Source):
    """Images in one array; those of another size or count of channels are converted as they are read.

    Args:
        array: uint8 [n, h, w, c].
        shape: (H, W, C) to read them in; the array's own by default.
        called: name of the array.
    """

    def __init__(self, array, shape=None, called="images"):
        super().__init__(shape or array.shape[1:])
        self.array, self.called = array, called
        self._digests = np.zeros(len(array), np.uint64)  # 0: not known yet

    @property
    def _as_stored(self):
        return self.array.shape[1:] == self.shape

    def read(self, rows):
        """uint8 [n, H, W, C] for int [n]."""
        picked = self.array[rows]
        if self.array.shape[3] == self.shape[2]:
            return resized(picked, self.shape[:2], self.fit)
        pixels = np.empty((len(picked), *self.shape), np.uint8)
        for i, image in enumerate(picked):
            image = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
            pixels[i] = to_pixels(image, self.shape, self.fit)
        return pixels

    def digests(self, rows):
        """uint64 [n], the ``fingerprint`` of each image; made when it is first asked for."""
        for row in rows[self._digests[rows] == 0]:
            self._digests[row] = fingerprint(self.array[row])
        return self._digests[rows]

    def name(self, row):
        """``"x_test[7]"``."""
        return f"{self.called}[{row}]"

    @functools.cached_property
    def _tensor(self):
        tensorflow = import_tensorflow()
        with tensorflow.device("CPU"):
            tensor = tensorflow.constant(self.array)
        self.array = np.asarray(tensor)  # a view: TensorFlow copies what it is given, and once in memory is enough
        return tensor

    def tensor_reader(self):
        """As for every source; what needs no conversion is gathered without coming back to Python."""
        if not self._as_stored:
            return super().tensor_reader()
        tensorflow, images = import_tensorflow(), self._tensor
        return lambda rows: tensorflow.gather(images, rows)


class DeferredSource(ArraySource):
    """An ``ArraySource`` whose array is read when the first of its images is.

    Args:
        read: function without arguments that returns the array.
        stored: shape of the array, (n, h, w, c).
        shape, called: as for ``ArraySource``.
    """

    def __init__(self, read, stored, shape=None, called="images"):
        _Source.__init__(self, shape or stored[1:])
        self._read, self.called = read, called
        self._digests = np.zeros(stored[0], np.uint64)

    @functools.cached_property
    def array(self):
        return self._read()


class FileSource(_Source):
    """Images in picture files; holds their paths, and decodes each time anew.

    Args:
        paths: sequence of paths.
        shape: (H, W, C) to read them in; C is 1 or 3.
        digests: the ``fingerprint`` of each picture, for those who ask for them.
        root: folder that ``name`` leaves out of their names.
    """

    def __init__(self, paths, shape, digests=(), root="."):
        super().__init__(shape)
        self.paths, self.root = paths, root
        self._digests = np.asarray(digests, np.uint64)

    def digests(self, rows):
        """uint64 [n], the ``fingerprint`` of each picture as it was when the folder was loaded."""
        return self._digests[rows]

    def name(self, row):
        """The path below the root."""
        return printable(os.path.relpath(self.paths[row], self.root))

    def read(self, rows):
        """uint8 [n, H, W, C] for int [n]; decoded in parallel.

        Raises:
            EdgezooError: a file that was good when the folder was loaded cannot be read any more.
        """
        pixels = np.empty((len(rows), *self.shape), np.uint8)

        def decode(i):
            path = self.paths[rows[i]]
            try:
                # Twice the size asked for leaves the bilinear filter enough to work on.
                pixels[i] = to_pixels(open_image(path, at_least=2 * max(self.shape[:2])), self.shape, self.fit)
            except Exception as error:
                raise EdgezooError(f"{path} can no longer be read: {one_line(error)}") from error

        # A pool a call: nothing to close, and nothing that breaks when the process forks.
        with ThreadPoolExecutor(DECODERS) as pool:
            list(pool.map(decode, range(len(rows))))
        return pixels
