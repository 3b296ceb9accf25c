"""The child process that answers for TensorFlow Lite Micro."""

from ...common.child import serve
from .model import Model


class _Server:
    """Answers for the file whose content the first request brings."""

    def __call__(self, request, array):
        match request["do"]:
            case "load":
                self._model = Model(array.tobytes())
                return {}
            case "allocate":
                return {"recorded": self._model.recorded(request["arena"])}
            case "infer":
                return {}, self._model.infer(array, request["arena"])
            case "try":
                self._model.try_once(request["types"])
                return {}


if __name__ == "__main__":
    serve(_Server())
