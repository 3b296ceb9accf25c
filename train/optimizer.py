"""A recipe's optimizer, for either version of Keras."""


def optimizer_of(keras, recipe, variables, steps, *, head=""):
    """The optimizer with its schedule.

    Args:
        keras: the module, ``keras`` or ``tf_keras``; the latter has no Muon.
        recipe: ``Recipe``.
        variables: what is trained; those of fewer than two dimensions, biases and normalization, do not decay.
        steps: of the whole training.
        head: name of the classifier, which goes without Muon.
    """
    warmup = round(recipe.warmup * steps)
    learning_rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0 if warmup else recipe.learning_rate,
        decay_steps=max(steps - warmup, 1),
        # `alpha` is the last learning rate as a share of the highest: at 1, the cosine is a constant.
        alpha={"cosine": 0.0, "constant": 1.0}[recipe.schedule],
        warmup_target=recipe.learning_rate if warmup else None,
        warmup_steps=warmup,
    )
    options = {
        "learning_rate": learning_rate,
        "weight_decay": recipe.weight_decay or None,
        "use_ema": recipe.ema > 0,
        "ema_momentum": recipe.ema,
    }
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(**{**options, "weight_decay": recipe.weight_decay})
    elif recipe.optimizer == "muon":
        from .muon import ConvMuon

        optimizer = ConvMuon(adam_weight_decay=recipe.weight_decay, exclude_layers=[f"{head}/"], **options)
    elif recipe.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(momentum=0.9, nesterov=True, **options)
    else:
        optimizer = keras.optimizers.RMSprop(momentum=0.9, **options)
    optimizer.exclude_from_weight_decay([variable for variable in variables if len(variable.shape) < 2])
    optimizer.build(variables)
    return optimizer
