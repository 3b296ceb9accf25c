"""Which layer a tensor of a ``.tflite`` file comes from, by the name that the converter gave it."""

import collections
import re

#: Scopes that normalization layers open inside themselves.
_INNER = ("batchnorm", "moments")


class Scopes:
    """The layers of one file.

    A tensor is called after the operation that writes it, which stands in the scopes of its layer and of the models
    that this is nested in: ``net/backbone/conv/convolution``. Of operations that were fused the names are joined, the
    last one first: ``net/relu/Relu;net/conv/convolution``. Keras 3 adds a number to each scope, a higher one to that of
    a layer's second call: ``net_1/conv_3/convolution``.

    In a packed file stands the layer alone, as ``layer`` says it, with a slash behind it: ``relu/;backbone/conv:2/``.
    What would be called as another tensor has a number besides: ``relu/;1``.

    Args:
        names: of the tensors that operators write.
        numbered: whether scopes are known to have such numbers; if not, they have them where all end in ``_1``.
    """

    def __init__(self, names, numbered=False):
        everything = [operation for name in names for operation in name.split(";")]
        operations = [operation for operation in everything if not _is_layer(operation)]
        first = [parts[1] for parts in (_bare(operation).split("/") for operation in operations) if len(parts) > 2]
        outer = {operation.partition("/")[0] for operation in everything if _is_layer(operation)}
        self._numbered = numbered or all(scope.endswith("_1") and scope not in outer for scope in first)
        scopes = {self._scope(operation) for operation in operations}
        self._calls = collections.defaultdict(list)
        for scope in sorted(scopes, key=_numbers):
            self._calls[self._path(scope)].append(scope)
        paths = {*self._calls, *(tuple(operation[:-1].split("/")) for operation in everything if _is_layer(operation))}
        self._models = {path[:depth] for path in paths for depth in range(len(path))}

    def layer(self, operation):
        """Name of an operation's layer, as ``layers.by_name`` has it; its own name behind that of its model if none."""
        if _is_layer(operation):
            return operation[:-1]
        scope = self._scope(operation)
        path = self._path(scope)
        if path in self._models:
            return "/".join((*path, operation.rpartition("/")[-1]))
        return nth_call("/".join(path), self._calls[path].index(scope) + 1)

    def layers(self, name):
        """Names of the layers that went into the operator that writes a tensor, the last one first.

        None where its name, such as ``PartitionedCall:0``, tells no layer, and not those that were folded into
        constants before.
        """
        found = (self.layer(each) for each in name.split(";") if self._has_layer(each))
        return tuple(dict.fromkeys(filter(None, found)))

    def shortened(self, name, is_written=True):
        """What a tensor is called in a packed file, but for a number.

        Args:
            name: of the tensor.
            is_written: whether its name is one of those that were given. Others, such as those of constants, tell one
                layer: that of the convolution among their operations, or of the last one.
        """
        operations = [each for each in map(_bare, name.split(";")) if each and not each.isdigit()] or [name]
        if is_written:
            return ";".join(dict.fromkeys(map(self._shortened, operations)))
        own = next(filter(_convolves, operations), operations[-1])
        path = self._path(self._scope(own))
        return own if _is_layer(own) or not path or path in self._models else "/".join((*path, ""))

    def _shortened(self, operation):
        layer = self._has_layer(operation) and self.layer(operation)
        return f"{layer}/" if layer else operation

    def belongs(self, operation, other):
        """Whether an operation is of the same call of the same layer as another one."""
        if _is_layer(operation) or not self._has_layer(other) or _is_layer(other):
            return operation == other
        return self._scope(operation) == self._scope(other)

    def _has_layer(self, operation):
        return _is_layer(operation) or self._path(self._scope(operation)) not in self._models

    def _scope(self, operation):
        """The scopes of an operation's layer, without that of the whole network."""
        scope = _bare(operation).split("/")[1:-1]
        if self._numbered:
            inner = (depth for depth, part in enumerate(scope) if not re.search(r"_\d+$", part))
            return tuple(scope[: next(inner, len(scope))])
        return tuple(scope[:-1] if scope and scope[-1] in _INNER else scope)

    def _path(self, scope):
        return tuple(re.sub(r"_\d+$", "", part) if self._numbered else part for part in scope)


def convolution_among(name, kernel):
    """The operation that convolves, of those that were fused; ``None`` where no name tells.

    Args:
        name: of the tensor that the operator writes.
        kernel: that of its kernel, which is called after the convolution alone in a packed file.
    """
    own = kernel.partition(";")[0]

    def convolves(operation):
        is_own = _is_layer(operation) and re.sub(r":\d+/$", "/", operation) == own
        return is_own or _convolves(operation)

    return next(filter(convolves, name.split(";")), None)


def _convolves(operation):
    *scopes, own = operation.split("/")
    return len(scopes) > 1 and own.startswith(("convolution", "depthwise"))


def _bare(operation):
    """Without the calls of a SavedModel around the network's own scope."""
    return operation if _is_layer(operation) else re.sub(r"^((Stateful)?PartitionedCall/)+", "", operation)


def _is_layer(operation):
    """Whether it is a layer that a packed file has in the place of its operation."""
    return operation.endswith("/")


def nth_call(path, number):
    """The name of a layer's call, counted from 1."""
    return path if number == 1 else f"{path}:{number}"


def _numbers(scope):
    return [int(re.search(r"\d*$", part)[0] or 0) for part in scope]
