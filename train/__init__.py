"""Training: a model, a data set and a recipe become a run folder with the best epoch's model.

recipe.py       what a training run is told, checked; YAML
preparing.py    prepare: a network and a data set that fit each other
stream.py       training batches as a function of seed and step, so that a run can go on bit for bit
augment.py      augmentation: what is drawn, from given seeds, and what is done with it
shifting.py     random shifts by whole pixels
cropping.py     random resized crops
jitter.py       colour jitter
averages.py     those of batch normalization: their momentum, and new ones where they lag behind a training
classes.py      whether a trained model's classes are those of a data set
network.py      the model: does it fit the data, its copy for another precision or device
optimizer.py    a recipe's optimizer, for either version of Keras
precision.py    float32, bfloat16 or float16: which one this machine is faster with
checkpoint.py   all that a run needs to go on, in one file
run_folder.py   what a run leaves on disk, and whether another call may go on with it
reports.py      TensorBoard events and curves
balancing.py    what makes up for classes of few images: weights in the loss, or images shown more often
loss.py         the loss of a recipe
distillation.py the loss of a network that learns from labels and from other networks
teachers.py     those other networks: do they fit the data, what they answer
student.py      a model that learns from them while it is trained
trainer.py      what trains, step by step, by Keras
compiled.py     the same by one compiled program for many steps, with the images on the device
execution.py    step by step or compiled: which one this machine is faster with
training.py     how a model is trained: by Keras, or by what is given in its place
loop.py         fit: puts them together
tuning.py       fit_tuned: a training, and a tuning behind it
"""

from ..common.lazy import lazy

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "Recipe": "recipe",
        "list_recipes": "recipe",
        "prepare": "preparing",
        "fit": "loop",
        "RunResult": "loop",
        "Teacher": "teachers",
        "Training": "training",
        "fit_tuned": "tuning",
    },
)
