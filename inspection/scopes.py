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

    Args:
        names: of the tensors that operators write.
        numbered: whether scopes are known to have such numbers; if not, they have them where all end in ``_1``.
    """

    def __init__(self, names, numbered=False):
        operations = [operation for name in names for operation in name.split(";")]
        first = [parts[1] for parts in (operation.split("/") for operation in operations) if len(parts) > 2]
        self._numbered = numbered or all(scope.endswith("_1") for scope in first)
        scopes = {self._scope(operation) for operation in operations}
        self._models = {scope[:depth] for scope in scopes for depth in range(len(scope))}
        self._calls = collections.defaultdict(list)
        for scope in sorted(scopes, key=_numbers):
            self._calls[self._path(scope)].append(scope)

    def layer(self, operation):
        """Name of an operation's layer, as ``layers.by_name`` has it; its own name behind that of its model if none."""
        scope = self._scope(operation)
        path = self._path(scope)
        if scope in self._models:
            own = operation.rpartition("/")[-1]
            return f"{path}/{own}" if path else own
        return nth_call(path, self._calls[path].index(scope) + 1)

    def layers(self, name):
        """Names of the layers that went into the operator that writes a tensor, the last one first.

        None where its name, such as ``PartitionedCall:0``, tells no layer, and not those that were folded into
        constants before.
        """
        operations = name.split(";")
        found = (self.layer(each) for each in operations if self._scope(each) not in self._models)
        return tuple(dict.fromkeys(filter(None, found)))

    def belongs(self, operation, other):
        """Whether an operation is of the same call of the same layer as another one."""
        scope = self._scope(other)
        return operation == other if scope in self._models else self._scope(operation) == scope

    def _scope(self, operation):
        """The scopes of an operation's layer, without that of the whole network."""
        scope = operation.split("/")[1:-1]
        if self._numbered:
            inner = (depth for depth, part in enumerate(scope) if not re.search(r"_\d+$", part))
            return tuple(scope[: next(inner, len(scope))])
        return tuple(scope[:-1] if scope and scope[-1] in _INNER else scope)

    def _path(self, scope):
        return "/".join(re.sub(r"_\d+$", "", part) if self._numbered else part for part in scope)


def nth_call(path, number):
    """The name of a layer's call, counted from 1."""
    return path if number == 1 else f"{path}:{number}"


def _numbers(scope):
    return [int(re.search(r"\d*$", part)[0] or 0) for part in scope]
