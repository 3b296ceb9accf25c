"""The shapes of a resizable ``.tflite`` file's tensors, which only the runtime can tell: in a child process."""

from ..common import child
from ..common.child import Child, ChildDied, serve
from ..common.errors import EdgezooError
from ..common.quiet import quiet_stderr
from ..common.text import one_line
from .interpreter import make_interpreter


def shapes_at(path, image, shape):
    """Asks LiteRT for the shapes of all tensors at one size of the image.

    Args:
        path: ``.tflite`` file.
        image: number of the input that takes it.
        shape: (H, W, C).

    Returns:
        Number of a tensor → its shape, a tuple.

    Raises:
        EdgezooError: the file cannot be run at that size, or ends the child.
    """
    with Child(__spec__.name) as process:
        try:
            request = {"path": str(path), "image": image, "shape": shape}
            shapes = process.ask(request, patience=child.PATIENCE)[0]["shapes"]
        except ChildDied as death:
            raise EdgezooError(f"{path} cannot be run: the process that ran it {death.how}.") from death
    return {index: tuple(shape) for index, shape in shapes}


def _answer(message, array):
    path, shape = message["path"], tuple(message["shape"])
    try:
        with quiet_stderr():
            interpreter = make_interpreter(path, delegate=False)
            interpreter.resize_tensor_input(message["image"], (1, *shape), strict=True)
            interpreter.allocate_tensors()
            interpreter.invoke()  # some shapes are computed by operators
    except (ValueError, RuntimeError) as error:
        raise EdgezooError(f"{path} cannot be run on an image of shape {shape}: {one_line(error, 300)}") from error
    return {"shapes": [(each["index"], each["shape"].tolist()) for each in interpreter.get_tensor_details()]}


if __name__ == "__main__":
    serve(_answer)
