"""An ``.h5`` file of Keras 3."""

import keras

from .building import built
from .legacy.weights import load_hdf5
from .stored_weights import fitting_hdf5


def load_keras_3_hdf5(source, custom_objects):
    """The network of an ``.h5`` file that Keras 3 wrote, uncompiled; arguments and errors as of ``load_archive``."""
    from keras.src.legacy.saving import json_utils, saving_options, saving_utils
    from keras.src.saving.serialization_lib import SafeModeScope

    def make():
        with saving_options.keras_option_scope(use_legacy_config=True), SafeModeScope(True):
            known = {**custom_objects, **keras.saving.get_custom_objects()}
            return saving_utils.model_from_config(json_utils.decode(source.config), known)

    model = built(make, fitting_hdf5(source.path))
    load_hdf5(model, source.path)
    return model
