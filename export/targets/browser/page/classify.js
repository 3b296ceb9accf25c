// A model of the bundle: pictures in, scores of the classes out. The steps are those of example.py.

import {isWebGPUSupported, loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";
import {bandsOf, fitted} from "./resize.js";

const TIMED_RUNS = 15;
const ARRAYS = {uint8: Uint8Array, int32: Int32Array, float32: Float32Array};

export async function start() {
  const folder = new URL("litertjs/core/wasm/", document.baseURI).href;
  if (!crossOriginIsolated) return loadLiteRt(folder);
  return loadLiteRt(folder, {threads: true}).catch(() => loadLiteRt(folder));
}

export async function hasWebGpu() {
  return isWebGPUSupported() && Boolean(await navigator.gpu.requestAdapter().catch(() => null));
}

export class Classifier {
  // entry: the manifest's record of a file; rules: the manifest's preprocessing.
  static async load(entry, rules, accelerator) {
    const compiled = await loadAndCompile(new URL(encodeURIComponent(entry.file), document.baseURI), {accelerator});
    return new Classifier(entry, rules, accelerator, compiled);
  }

  constructor(entry, {pixels, fit}, accelerator, compiled) {
    Object.assign(this, {entry, pixels, fit, accelerator, compiled});
    this.signatures = entry.signatures ?? {"": {inputs: entry.inputs, outputs: entry.outputs}};
  }

  delete() {
    this.compiled.delete();
  }

  get channels() {
    return this.entry.inputs[0].shape[3];
  }

  // The first signature's height and width.
  get size() {
    return this.entry.inputs[0].shape.slice(1, 3);
  }

  // Of a file for several sizes, the one whose size is the nearest to the picture's.
  nearest({width, height}) {
    const sides = [width, height].sort((a, b) => a - b);
    const distance = (name) => {
      const own = this.signatures[name].inputs[0].shape.slice(1, 3).sort((a, b) => a - b);
      return Math.abs(own[0] - sides[0]) + Math.abs(own[1] - sides[1]);
    };
    return Object.keys(this.signatures).reduce((a, b) => (distance(b) < distance(a) ? b : a));
  }

  // picture: ImageData. Returns {scores, ms}, the median of several runs.
  async classify(picture, name = this.nearest(picture)) {
    const {inputs: [input], outputs: [output]} = this.signatures[name];
    const tensor = new Tensor(this.values(picture, input), input.shape);
    const times = [];
    let stored;
    try {
      for (let run = 0; run <= TIMED_RUNS; run++) {
        const before = performance.now();
        stored = await this.run(name, tensor);
        times.push(performance.now() - before);
      }
    } finally {
      tensor.delete();
    }
    times.shift(); // the first one warms up
    times.sort((a, b) => a - b);
    return {stored, scores: scoresOf(stored, output), ms: times[TIMED_RUNS >> 1]};
  }

  async run(name, tensor) {
    const outputs = name ? await this.compiled.run(name, [tensor]) : await this.compiled.run([tensor]);
    try {
      return await outputs[0].data();
    } finally {
      for (const output of outputs) output.delete();
    }
  }

  // What the input tensor takes for a picture.
  values(picture, {shape: [, height, width, channels], dtype, scale, zero_point: zero}) {
    const bands = bandsOf(picture, channels).map((band, channel) => fitted(band, picture, {width, height}, this.fit, channel));
    const [mean, std] = [this.pixels.mean, this.pixels.std].map((all) => all.map(Math.fround));
    const values = new ARRAYS[dtype](height * width * channels);
    for (let channel = 0; channel < channels; channel++) {
      const m = mean[channel % mean.length], s = std[channel % std.length];
      for (let pixel = 0; pixel < height * width; pixel++) {
        const real = Math.fround(Math.fround(bands[channel][pixel] - m) / s);
        values[pixel * channels + channel] = scale === null ? real
          : Math.min(255, Math.max(0, halfToEven(Math.fround(real / scale)) + zero));
      }
    }
    return values;
  }
}

function halfToEven(value) {
  const below = Math.floor(value), rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

// Scores of all classes from an output as it is stored; of a single one, that of the second of two classes.
function scoresOf(stored, {name, scale, zero_point: zero}) {
  const scores = Array.from(stored, (value) => (scale === null ? value : (value - zero) * scale));
  if (scores.length > 1) return scores;
  const second = name === "probabilities" ? scores[0] : 1 / (1 + Math.exp(-scores[0]));
  return [1 - second, second];
}
