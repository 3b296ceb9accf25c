"""Models of Keras 2: ``.h5`` and ``.keras`` files and SavedModels become networks of Keras 3, layer by layer.

source.py         what a file says of itself: format, version, configuration
configs.py        a configuration of Keras 2 as one of Keras 3
operations.py     bare TensorFlow operations as layers
nodes.py          how layers are connected
weights.py        the weights of a file into the network
tf_keras.py       what only Keras 2 itself can read or run, in a child process
child_process.py  that process
"""
