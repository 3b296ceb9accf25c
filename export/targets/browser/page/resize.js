// Pillow's bilinear, antialiasing resizing and its gray, integer for integer: what the model was trained on.

const BITS = 22; // of the weights, in 8-bit pictures

// For each target pixel: the first source pixel under its triangle, and their weights as integers.
function triangles(from, to) {
  const scale = from / to, support = Math.max(scale, 1);
  return Array.from({length: to}, (_, target) => {
    const center = (target + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    const weights = [];
    for (let at = first; at < end; at++) weights.push(Math.max(0, 1 - Math.abs((at - center + 0.5) / support)));
    const sum = weights.reduce((a, b) => a + b, 0);
    return {first, weights: weights.map((weight) => Math.trunc(0.5 + (weight / sum) * 2 ** BITS))};
  });
}

// Uint8 [lines, from] with such a stride between the pixels of a line → Uint8 [lines, to].
function along(data, from, to, lines, lineStride, stride, out, outLineStride, outStride) {
  const all = triangles(from, to);
  for (let line = 0; line < lines; line++) {
    for (let target = 0; target < to; target++) {
      const {first, weights} = all[target];
      let sum = 2 ** (BITS - 1), at = line * lineStride + first * stride;
      for (const weight of weights) {
        sum += weight * data[at];
        at += stride;
      }
      out[line * outLineStride + target * outStride] = Math.min(255, sum >> BITS);
    }
  }
  return out;
}

// One band, Uint8 [height, width], at another size.
function resize(band, width, height, toWidth, toHeight) {
  const narrow = width === toWidth ? band
    : along(band, width, toWidth, height, width, 1, new Uint8Array(height * toWidth), toWidth, 1);
  return height === toHeight ? narrow
    : along(narrow, height, toHeight, toWidth, 1, toWidth, new Uint8Array(toHeight * toWidth), 1, toWidth);
}

// The largest rectangle of some proportions in another one, in whole pixels.
function largest(proportions, within) {
  const {width: wide, height: high} = proportions, {width, height} = within;
  return width * high > height * wide
    ? {width: Math.max(1, Math.floor((2 * height * wide + high) / (2 * high))), height}
    : {width, height: Math.max(1, Math.floor((2 * width * high + wide) / (2 * wide)))};
}

// What is left of and above a part in the middle of a whole.
const margins = (part, whole) => [(whole.width - part.width) >> 1, (whole.height - part.height) >> 1];

// One band, Uint8 [height, width], of an own size, in another one: squashed, its middle, or all of it on a border.
export function fitted(band, own, size, {kind, border = [0]}, channel) {
  const part = kind === "crop" ? largest(size, own) : own;
  const [left, top] = margins(part, own);
  const middle = new Uint8Array(part.width * part.height);
  for (let row = 0; row < part.height; row++) {
    const start = (top + row) * own.width + left;
    middle.set(band.subarray(start, start + part.width), row * part.width);
  }
  const place = kind === "pad" ? largest(own, size) : size;
  const inside = resize(middle, part.width, part.height, place.width, place.height);
  const [x, y] = margins(place, size);
  const whole = new Uint8Array(size.width * size.height).fill(border[channel % border.length]);
  for (let row = 0; row < place.height; row++) {
    whole.set(inside.subarray(row * place.width, (row + 1) * place.width), (y + row) * size.width + x);
  }
  return whole;
}

// RGBA as a canvas gives it → bands of Uint8 [height, width], 1 (gray), 3 or 4.
export function bandsOf({data, width, height}, channels) {
  const bands = Array.from({length: channels}, () => new Uint8Array(width * height));
  for (let pixel = 0, at = 0; pixel < width * height; pixel++, at += 4) {
    if (channels === 1) {
      bands[0][pixel] = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 0x8000) >> 16;
    } else {
      for (let channel = 0; channel < channels; channel++) bands[channel][pixel] = data[at + channel];
    }
  }
  return bands;
}
