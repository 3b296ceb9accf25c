// The page: what people choose, and what they are told.

import {Classifier, hasWebGpu, start} from "./classify.js";
import {Camera, Drawing, readPicture} from "./pictures.js";
import {selfTest} from "./self_test.js";

const SHOWN_CLASSES = 5;
const WHERE = {wasm: "WebAssembly", webgpu: "WebGPU"};
const part = Object.fromEntries([...document.querySelectorAll("[id]")].map((each) => [each.id, each]));
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

let manifest, labels, classifier, picture;
let busy = Promise.resolve(); // one thing after another: a model runs once at a time

const say = (text) => {
  part.state.textContent = text;
};
const fail = (error) => {
  part.problem.textContent = error?.message ?? String(error);
};

function soon(work) {
  busy = busy.then(async () => {
    part.problem.textContent = "";
    document.body.ariaBusy = "true";
    await work();
  }).catch(fail).finally(() => {
    document.body.ariaBusy = "false";
  });
  return busy;
}

async function fetched(name) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  const answer = await fetch(new URL(path, document.baseURI)).catch(() => null);
  if (!answer?.ok) throw new Error(`${name} cannot be loaded (${answer?.status ?? "no answer"}).`);
  return answer;
}

async function open() {
  manifest = await (await fetched("manifest.json")).json();
  labels = "labels.txt" in manifest.files ? (await (await fetched("labels.txt")).text()).replace(/\n$/, "").split("\n") : [];
  const names = manifest.models.map(({file}) => file);
  part.model.replaceChildren(...names.map((name) => new Option(name, name)));
  const asked = new URLSearchParams(location.search).get("model");
  if (asked !== null && !names.includes(asked)) throw new Error(`This bundle has no model ${asked}.`);
  part.model.value = asked ?? names[0];
  part["self-test"].hidden = !("golden/golden.json" in manifest.files);
  say("Starting LiteRT.js …");
  await start().catch((error) => {
    throw new Error(`LiteRT.js cannot be started (${error?.message ?? "its files are not here"}); README.md says how to add it.`);
  });
  const offered = (await hasWebGpu()) ? ["wasm", "webgpu"] : ["wasm"];
  part.accelerator.replaceChildren(...offered.map((name) => new Option(WHERE[name], name)));
  part["no-gpu"].hidden = offered.length > 1;
  await load();
  part.tools.disabled = false;
  if (location.hash === "#self-test") await test();
}

async function load() {
  const entry = manifest.models.find(({file}) => file === part.model.value);
  say(`Loading ${entry.file} …`);
  const rules = manifest.preprocessing;
  classifier?.delete();
  classifier = null;
  let note = "";
  try {
    classifier = await Classifier.load(entry, rules, part.accelerator.value);
  } catch (error) {
    if (part.accelerator.value === "wasm") throw error;
    part.accelerator.value = "wasm";
    classifier = await Classifier.load(entry, rules, "wasm");
    note = ` WebGPU does not take this model (${error.message}); WebAssembly runs it.`;
  }
  const [height, width] = classifier.size;
  const colours = {1: "gray", 3: "colour", 4: "colour with transparency"}[classifier.channels];
  say(`${entry.file} is ready: it takes ${width}×${height} pixels, ${colours}.${note}`);
}

// The picture that was shown last, with the model that is chosen.
async function classify() {
  if (!picture || !classifier) return;
  const {scores, ms} = await classifier.classify(picture);
  const best = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, SHOWN_CLASSES);
  part.answers.replaceChildren(...best.map((index) => row(labels[index] ?? String(index), scores[index])));
  part.latency.textContent = `${ms.toFixed(ms < 10 ? 2 : 0)} ms by ${WHERE[classifier.accelerator]}, the median of 15 runs`;
  part.result.hidden = false;
  if (!camera.isOn) say(`${labels[best[0]] ?? best[0]}: ${percent(scores[best[0]])}.`);
}

const percent = (score) => `${(100 * score).toFixed(1)} %`;

function row(label, score) {
  const line = document.createElement("li");
  const name = document.createElement("span");
  const bar = document.createElement("progress");
  const value = document.createElement("span");
  name.textContent = label;
  bar.max = 1;
  bar.value = score;
  bar.ariaHidden = "true";
  value.textContent = percent(score);
  line.append(name, value, bar);
  return line;
}

function show(image) {
  picture = image;
  part.shown.width = image.width;
  part.shown.height = image.height;
  part.shown.getContext("2d").putImageData(image, 0, 0);
  part.shown.hidden = false;
}

const take = (blob) => soon(async () => {
  if (!blob?.type.startsWith("image/")) throw new Error("That is no picture.");
  stopCamera();
  show(await readPicture(blob, classifier.channels));
  await classify();
});

const drawing = new Drawing(part.canvas, () => soon(async () => {
  if (drawing.isEmpty) return;
  picture = drawing.picture();
  await classify();
}));

const camera = new Camera(part.video);
const CAMERA = "Use the camera";

function stopCamera() {
  camera.stop();
  part.video.hidden = true;
  part.camera.textContent = CAMERA;
}

async function watch() {
  if (!camera.isOn) return;
  await soon(async () => {
    const frame = camera.frame(classifier.channels);
    if (!frame) return;
    picture = frame;
    await classify();
  });
  // Where motion shall be reduced, figures change once a second.
  setTimeout(() => watch(), isStill.matches ? 1000 : 100);
}

async function test() {
  say("Running the golden pictures …");
  const lines = await selfTest(classifier, fetched);
  const wrong = lines.filter(({fault}) => fault);
  part.verdict.replaceChildren(...lines.map(({image, fault}) => {
    const line = document.createElement("li");
    line.textContent = `${image}: ${fault ?? "ok"}`;
    return line;
  }));
  const name = classifier.entry.file;
  say(!lines.length ? `There are no golden pictures of ${name}.`
    : wrong.length ? `Self-test failed: ${wrong.length} of ${lines.length} answers of ${name} are not those that were expected.`
      : `Self-test passed: all ${lines.length} answers of ${name} are as expected.`);
}

part.file.addEventListener("change", () => {
  if (part.file.files.length) take(part.file.files[0]);
  part.file.value = ""; // the same one may be chosen again
});
part.camera.addEventListener("click", () => {
  if (camera.isOn) {
    stopCamera();
    return;
  }
  soon(async () => {
    try {
      await camera.start();
    } catch (error) {
      stopCamera();
      throw new Error(`The camera cannot be used: ${error.message}`);
    }
    part.shown.hidden = true;
    part.video.hidden = false;
    part.camera.textContent = "Stop the camera";
    say("The camera is on; the answers follow it.");
  }).then(watch);
});
part.clear.addEventListener("click", () => drawing.clear());
part["self-test"].addEventListener("click", () => soon(test));
for (const choice of [part.model, part.accelerator]) {
  choice.addEventListener("change", () => soon(async () => {
    await load();
    await classify();
  }));
}
document.addEventListener("paste", ({clipboardData}) => {
  if (clipboardData.files.length) take(clipboardData.files[0]);
});
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  take(event.dataTransfer.files[0]);
});

soon(open);
