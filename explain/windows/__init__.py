"""A window that slides over an image, of a convolution or a pooling: its arithmetic, and pictures of it.

window.py      Window: sizes, padding, positions and the formula, without any drawing
layout.py      which cells of a large image are drawn, and where
canvas.py      a page in inches: boxes, dimension lines, texts
drawing.py     draw: input, window, output and formula on one page
animation.py   animate: a GIF, one frame for each output
pictures.py    draw_window, save_picture: a window as a file
"""
