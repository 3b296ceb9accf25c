"""``compress_model``: a trained network becomes a smaller one, or one made for int8, by stages of training."""

from pathlib import Path

from ..common.errors import Interrupted
from ..common.files import sha256
from ..common.progress import note
from ..train.classes import require_same_classes
from ..train.loop import fit
from ..zoo.loading import load_model
from .elementary import elementary
from .places import ranged_layers
from .plan import plan_of
from .ranges import set_ranges, with_ranges
from .stages import Settings, stages_of
from .twin import Twin
from .twin_training import TwinTraining
from .uncompressed import require_uncompressed

#: Range of what ``fit`` trains on.
_PIXELS = (0.0, 255.0)


def compress_model(path, method, dataset, run_dir, recipe, settings=None, *, resume=False, teachers=()):
    """Compresses a trained model.

    Args:
        path: its ``.keras`` file.
        method: item of ``METHODS``.
        dataset: ``Dataset``, the one that it was trained on.
        run_dir: run folder, as of ``fit``, of the last stage; those before it are in ``RUN_DIR/1_prune`` and so on.
        recipe: ``Recipe`` of each stage.
        settings: ``Settings``.
        resume: go on with what is in ``run_dir``.
        teachers: ``train.Teacher`` objects of all stages, as of ``fit``.

    Returns:
        ``RunResult`` of the last stage.

    Raises:
        EdgezooError: the model cannot be compressed, or does not fit the data; see also ``fit``.
        Interrupted: a stage before the last was stopped.
    """
    settings, run_dir = settings or Settings(), Path(run_dir)
    stages = stages_of(method)
    model = load_model(path)
    plan_of(model)  # whether it has a twin
    require_uncompressed(model, path)
    require_same_classes(path, dataset)
    for number, stage in enumerate(stages, start=1):
        last = number == len(stages)
        folder = run_dir if last else run_dir / f"{number}_{stage.name}"
        if len(stages) > 1:
            note(f"stage {number} of {len(stages)}: {stage.name}")
        trained, network, write = _prepared(model, stage)
        training = TwinTraining(network, stage, settings, dataset.train, sha256(path), write)
        result = fit(trained, dataset, folder, recipe, resume=resume, teachers=teachers, training=training)
        if result.interrupted and not last:
            raise Interrupted(f"the stage in {folder} was stopped; --resume goes on.")
        path = result.model_path  # of the weights that `model` has now, which the next stage begins with
    return result


def _prepared(model, stage):
    """What a stage trains.

    Returns:
        ``(model, network, write)``: what ``fit`` is given, and the arguments of ``TwinTraining``.
    """
    if stage.name != "qat":
        return model, model, Twin.write_to
    network = elementary(model)
    document = plan_of(network).document

    def write(twin, rounded):
        twin.write_to(rounded)
        set_ranges(rounded, twin.facts()["ranges"])

    # What stands there now is no run's: it must be the same whenever and wherever the run goes on. Pixels are 0 to 255,
    # whatever those of some images are.
    ranges = dict.fromkeys(ranged_layers(document), (0.0, 1.0)) | {each["name"]: _PIXELS for each in document["inputs"]}
    return with_ranges(network, ranges), network, write
