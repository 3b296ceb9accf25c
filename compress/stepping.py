"""In a twin's process: a stage of its training, step by step."""

import numpy as np

from ..common.quiet import quiet_import
from ..train.loss import loss_of
from ..train.optimizer import optimizer_of
from ..train.recipe import Recipe
from .building import connected, fuse
from .wrapping import wrapper_for


class Stepping:
    """A twin that is being trained.

    Args:
        keras: the module ``tf_keras``.
        document: ``Plan.document``.
        layers: name → its layers, which have their weights; they are used up.
        request: what ``Twin.begin`` sends.
    """

    def __init__(self, keras, document, layers, request):
        self._tf = quiet_import("tensorflow")
        fuse(layers, True)
        self._one_output, self._from_logits = request["one_output"], request["from_logits"]
        recipe = Recipe(**request["recipe"])
        keras.utils.set_random_seed(recipe.seed)
        # In the order of the layers' weights, which a wrapper may change.
        self._own = {name: list(layer.weights) for name, layer in layers.items()}
        named = {
            name: {each.name.split("/")[-1].split(":")[0]: each for each in own} for name, own in self._own.items()
        }
        wrap = wrapper_for(request, named, request["steps"])
        self._wrappers = {each["name"]: wrap(each, layers[each["name"]]) for each in document["layers"]}
        self._model = keras.Model(*connected(keras, document, self._wrappers))
        self._clustered = [each for each in self._wrappers.values() if hasattr(each, "original_clusterable_weights")]
        self._pruned = [each for each in self._wrappers.values() if hasattr(each, "pruning_obj")]
        for each in self._pruned:
            each.pruning_step.assign(0)
        for number, each in enumerate(self._generators()):
            each.reset_from_seed(recipe.seed + number)
        self._ranged = list(request["ranges"])
        for name, (low, high) in request["ranges"].items():
            for variable, value in zip(self._range(name), (low, high), strict=True):
                variable.assign(value)
        self._optimizer = optimizer_of(keras, recipe, self._model.trainable_variables, request["steps"])
        how = {"gives_probabilities": not self._from_logits, "taught": request["taught"]}
        self._loss = loss_of(keras, recipe, request.get("class_weights"), **how)
        self._step = self._tf.function(self._train)

    def _range(self, name):
        made = self._wrappers[name]._output_quantizer_vars
        return made["min_var"], made["max_var"]

    def _train(self, images, targets):
        variables = self._model.trainable_variables
        with self._tf.GradientTape() as tape:
            outputs = self._scores(self._model(images, training=True))
            loss = self._tf.reduce_mean(self._loss(targets, outputs))
            if self._model.losses:
                loss += self._tf.add_n(self._model.losses)
        gradients = tape.gradient(loss, variables)
        # A kernel that is replaced by its clusters has none.
        pairs = [(gradient, each) for gradient, each in zip(gradients, variables, strict=True) if gradient is not None]
        self._optimizer.apply_gradients(pairs)
        hits = self._tf.equal(self._tf.argmax(outputs, -1), self._tf.argmax(targets[:, : outputs.shape[-1]], -1))
        return loss, self._tf.reduce_mean(self._tf.cast(hits, "float32"))

    def _scores(self, outputs):
        scores = self._tf.reshape(outputs, (-1, outputs.shape[-1]))
        if not self._one_output:
            return scores
        return self._tf.concat([self._tf.zeros_like(scores) if self._from_logits else 1 - scores, scores], -1)

    def step(self, images, targets):
        """One step of training; ``(loss, accuracy)``."""
        loss, accuracy = self._step(self._tf.constant(images), self._tf.constant(targets))
        return float(loss), float(accuracy)

    def learning_rate(self):
        """Of the step that comes next."""
        return float(self._optimizer.learning_rate)

    def state(self):
        """All that training changes, as arrays."""
        return [each.numpy() for each in self._variables()]

    def restore(self, arrays):
        """Sets what ``state`` gave."""
        for variable, array in zip(self._variables(), arrays, strict=True):
            variable.assign(array)

    def _variables(self):
        generators = [each.state for each in self._generators()]
        return [*self._model.variables, *self._optimizer.variables, *generators]

    def _generators(self):
        """Where the layers' random draws come from."""
        sources = (getattr(each, "_random_generator", None) for each in self._model._flatten_layers())
        return [each._generator for each in sources if getattr(each, "_generator", None) is not None]

    def weights(self):
        """The layers' own weights as the stage leaves them, those of each layer in its order: name → list of arrays."""
        trained = self._model.trainable_variables
        before = [each.numpy() for each in trained]
        self._optimizer.finalize_variable_values(trained)
        for each in self._pruned:
            each.pruning_obj.weight_mask_op()
        made = {name: [each.numpy() for each in own] for name, own in self._own.items()}
        for name, each in self._wrappers.items():
            if each in self._clustered:
                each.update_clustered_weights_associations()
                for position, kernel in each.position_original_weights.items():
                    made[name][position] = np.asarray(each.get_weight_from_layer(kernel))
            for kernel, quantizer, variables in getattr(each, "_weight_vars", ()):
                # Rounded, so that the network answers as its int8 file: rounding them once more changes nothing.
                (position,) = (place for place, variable in enumerate(self._own[name]) if variable is kernel)
                made[name][position] = quantizer(kernel, True, variables).numpy()
        for variable, value in zip(trained, before, strict=True):
            variable.assign(value)
        return made

    def ranges(self):
        """Name → (minimum, maximum) of the layers behind which a range stands."""
        return {name: tuple(float(each) for each in self._range(name)) for name in self._ranged}
