"""Training batches as a function of seed and step, so that a run can go on bit for bit."""

import time

import tensorflow as tf

from ..datasets.dataset import untuned
from .augment import Augmentation
from .balancing import balanced_sampling

#: What a recipe without a batch size chooses from, if that makes so many steps an epoch: networks learn by steps.
_BATCH_SIZES, _STEPS = (128, 64, 32, 16), 20
#: Sets the seeds of augmentation apart from those of the order.
_ORDER, _AUGMENTATION = 1, 2


def batch_size_for(split, recipe):
    """The recipe's batch size, or the one that suits the split if it has none; the whole split if that is smaller."""
    suiting = (size for size in _BATCH_SIZES if size * _STEPS <= len(split))
    return min(recipe.batch_size or next(suiting, _BATCH_SIZES[-1]), len(split))


def steps_per_epoch(split, recipe):
    """Whole batches in ``split``. The images left over are others in every epoch."""
    return len(split) // batch_size_for(split, recipe)


def training_batches(split, classes, recipe, *, first_epoch=0):
    """All batches from one epoch to the end of training, shuffled and augmented.

    Args:
        split: ``Split`` to train on.
        classes: number of classes.
        recipe: ``Recipe``.
        first_epoch: where to begin, counted from 0; the batches are the same as if it had begun at 0 and skipped.

    Returns:
        ``tf.data.Dataset`` of float32 [b, H, W, C] (0–255) and float32 [b, classes], smoothed and mixed targets.
    """
    augmentation = Augmentation(recipe)

    def prepare(step, batch):
        images, labels = tf.cast(batch[0], tf.float32), batch[1]
        drawn = augmentation.draw(_seed(recipe, _AUGMENTATION, step), images)
        return augmentation.apply(images, targets_of(labels, classes, recipe), drawn)

    batches = split.pipeline(_orders(split, recipe, first_epoch, recipe.epochs))
    numbered = tf.data.Dataset.zip(_steps(split, recipe, first_epoch, recipe.epochs), batches)
    return numbered.map(prepare, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True).prefetch(tf.data.AUTOTUNE)


def training_chunks(split, recipe, length, *, first_epoch=0):
    """What ``training_batches`` shows, said and not shown: for who has all images at hand, in chunks of steps.

    Args:
        split, recipe, first_epoch: see ``training_batches``.
        length: steps of a chunk; the last of an epoch has fewer, and is filled up.

    Returns:
        ``tf.data.Dataset`` of int32 [] steps that count, int64 [length, b] which images each of them takes, and what is
        drawn for it: ``Augmentation.draw``, with a leading axis of ``length``.
    """
    augmentation, blank = Augmentation(recipe), (batch_size_for(split, recipe), *split.shape)

    def draw(step, order):
        return order, augmentation.draw(_seed(recipe, _AUGMENTATION, step), tf.zeros(blank))

    def fill_up(order, drawn):
        count = tf.shape(order)[0]

        def filled(tensor):
            rest = tf.zeros([length - count, *tensor.shape[1:]], tensor.dtype)
            return tf.ensure_shape(tf.concat([tensor, rest], axis=0), [length, *tensor.shape[1:]])

        return count, *tf.nest.map_structure(filled, (order, drawn))

    def chunks_of(epoch):
        span = split, recipe, epoch, epoch + 1
        steps = tf.data.Dataset.zip(_steps(*span), _orders(*span))
        drawn = steps.map(draw, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        return drawn.batch(length).map(fill_up)

    return untuned(tf.data.Dataset.range(first_epoch, recipe.epochs).flat_map(chunks_of).prefetch(tf.data.AUTOTUNE))


def targets_of(labels, classes, recipe):
    """Targets of labels, integers [b]: float32 [b, classes], smoothed."""
    targets = tf.one_hot(labels, classes)
    return targets * (1 - recipe.label_smoothing) + recipe.label_smoothing / classes


def _orders(split, recipe, first, end):
    """Which images each batch of the epochs from ``first`` to before ``end`` has: int64 [b]."""

    batch_size = batch_size_for(split, recipe)
    if recipe.sampling:
        images_of = balanced_sampling(split.labels, steps_per_epoch(split, recipe) * batch_size, recipe.seed)
    else:

        def images_of(epoch):
            return tf.range(len(split), dtype=tf.int64)

    def order_of(epoch):
        order = tf.random.experimental.stateless_shuffle(images_of(epoch), seed=_seed(recipe, _ORDER, epoch))
        return tf.data.Dataset.from_tensor_slices(order).batch(batch_size, drop_remainder=True)

    return tf.data.Dataset.range(first, end).flat_map(order_of)


def _steps(split, recipe, first, end):
    """The numbers of the steps of these epochs, counted from the beginning of the training."""
    steps = steps_per_epoch(split, recipe)
    return tf.data.Dataset.range(first * steps, end * steps)


def plain_images(split, batch_size=256):
    """The images of a split in order, float32 [b, H, W, C] (0–255), without labels or augmentation."""
    batches = split.pipeline(range(len(split)), batch_size)
    return batches.map(lambda images, labels: tf.cast(images, tf.float32))


def let_pipeline_rest(most_seconds=30):
    """Waits until this process' threads are idle; to be called while an exception still holds the batches' iterator.

    Pictures are decoded by Python code on the pipeline's own threads. If Python drops the iterator of a training that
    ended early while one of them waits for the interpreter's lock, TensorFlow waits for the thread and the thread for
    the lock, for ever. Nobody takes batches any more, so the read-ahead fills up and the threads come to rest.
    """
    deadline = time.monotonic() + most_seconds
    while time.monotonic() < deadline:
        before = time.process_time()
        time.sleep(0.2)
        if time.process_time() - before < 0.02:
            return


def _seed(recipe, purpose, number):
    """int32 [2] seed of the epoch or step with this number."""
    root = tf.constant([recipe.seed, purpose], tf.int32)
    return tf.random.experimental.stateless_fold_in(root, tf.cast(number, tf.int32))
