"""Where a quantized file loses: the noise of each of its layers against the float network.

debugging.py   debug_files: the whole of it, as a document
reference.py   the float file that a network is held against
pairing.py     which operator is which in the other file
comparing.py   both files run on the same images, layer by layer
process.py     … in a process of their own
noise.py       signal-to-quantization-noise ratio and cosine similarity, summed up
weights.py     what constants tell: ranges of channels, biases
causes.py      why a layer is noisy
table.py       the noise as a table and in words
drawing.py     … and as a picture
"""
