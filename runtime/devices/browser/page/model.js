// One model in LiteRT.js: loads, times, predicts. The desk has made a table of what the input takes for each pixel.

import {loadAndCompile, loadLiteRt, Tensor} from "@litertjs/core";

const ARRAYS = {uint8: Uint8Array, int32: Int32Array, float32: Float32Array};
let compiled, images, table, shape, input;

const bytes = async (name) => {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.arrayBuffer();
};

function set(index) {
  const [height, width, channels] = shape, size = height * width * channels;
  const values = new table.constructor(size);
  for (let at = 0; at < size; at++) values[at] = table[images[index * size + at] * channels + (at % channels)];
  input?.delete();
  input = new Tensor(values, [1, ...shape]);
}

// Until the output can be read: what a GPU computes is not there before.
async function invoke() {
  const outputs = await compiled.run([input]);
  const stored = await outputs[0].data();
  for (const output of outputs) output.delete();
  return stored;
}

window.model = {
  async load({model, pictures, values, dtype, threads, accelerator, ...rest}) {
    ({shape} = rest);
    const content = new Uint8Array(await bytes(model));
    images = new Uint8Array(await bytes(pictures));
    table = new ARRAYS[dtype](await bytes(values));
    await loadLiteRt(new URL("litertjs/core/wasm/", document.baseURI).href, {threads: threads > 1});
    const before = performance.now();
    compiled = await loadAndCompile(content, {accelerator, cpuOptions: {numThreads: threads}});
    const init_ms = performance.now() - before;
    set(0);
    return {init_ms};
  },

  async time({runs, seconds, warm_up: untimed = 0}) {
    for (let run = 0; run < untimed; run++) await invoke();
    const times = [], start = performance.now();
    while (times.length < runs || performance.now() - start < 1000 * seconds) {
      const before = performance.now();
      await invoke();
      times.push(Math.round(1e6 * (performance.now() - before)));
    }
    return {times};
  },

  async predict({start, stop}) {
    let out;
    for (let index = start; index < stop; index++) {
      set(index);
      const stored = await invoke();
      out ??= new stored.constructor(stored.length * (stop - start));
      out.set(stored, stored.length * (index - start));
    }
    return out.buffer;
  },
};

window.frameElement.contentWindowReady();
