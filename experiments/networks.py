"""Networks of equal parameters or multiplications: their widths are found, for images of any shape."""

import functools

#: The ways to downsample. A blur of two pixels would be the average of two, so it takes three.
DOWNSAMPLING = {
    "max": {"downsampling": "max"},
    "average": {"downsampling": "average"},
    "min": {"downsampling": "min"},
    "blur": {"downsampling": "blur", "pool_size": 3},
    "strided": {"downsampling": "strided"},
}
#: Widths of the stages at scale 1: twice the channels for a quarter of the pixels.
STAGES = (1, 2, 4)
#: Finer than the distance of any two scales at which one of ``STAGES`` becomes a channel wider.
_RESOLUTION = 0.05


def widths(scale):
    """Filters of three stages, ``STAGES`` times ``scale`` in whole channels."""
    return tuple(max(round(scale * width), 1) for width in STAGES)


def scale_for(make_model, measure, target):
    """The scale whose network comes nearest to a target.

    Doubling, then bisection: between neighbouring scales one stage differs by one channel, so what remains of a
    difference is half of what that channel makes, 1 or 2 % in networks of 50,000 parameters.

    Args:
        make_model: function from a positive scale to a ``keras.Model`` that does not shrink as the scale grows.
        measure: function from the model to a number.
        target: number that the measure shall be.
    """

    @functools.cache
    def size(scale):
        return measure(make_model(scale))

    low, high = 0.0, 1.0
    while size(high) < target:
        low, high = high, 2 * high
    while high - low > _RESOLUTION:
        middle = (low + high) / 2
        low, high = (middle, high) if size(middle) < target else (low, middle)
    return min((low, high), key=lambda scale: abs(size(scale) - target))


def parameters(shape):
    """Function from a model to its parameters, as ``describe`` counts them for images of ``shape`` (H, W, C)."""
    return lambda model: _describe(model, shape).params


def multiplications(shape):
    """Function from a model to the multiply-accumulates of one image of ``shape`` (H, W, C)."""
    return lambda model: _describe(model, shape).macs


def _describe(model, shape):
    from ..inspection import describe

    return describe(model, shape)


def matched(make_model, measure, target):
    """``make_model`` at the scale of ``scale_for``, as a function without arguments."""
    return functools.partial(make_model, scale_for(make_model, measure, target))


def by_downsampling(lab):
    """One network a way of downsampling, all with the multiplications of the max pooling one.

    They end in global pooling, so that nothing but the downsampling depends on where a thing lies.

    Args:
        lab: ``Lab``.

    Returns:
        List of ``Training``, named by the keys of ``DOWNSAMPLING``.
    """
    from ..zoo import GlobalPoolCNN

    shape, classes = lab.dataset.input_shape, len(lab.dataset.class_names)
    blocks = 1 if lab.quick else 2

    def maker(options):
        return lambda scale: GlobalPoolCNN(shape, classes, filters=widths(scale), blocks=blocks, **options)

    measure = multiplications(shape)
    target = measure(maker(DOWNSAMPLING["max"])(4 if lab.quick else 10))
    return [lab.training(name, matched(maker(options), measure, target)) for name, options in DOWNSAMPLING.items()]
