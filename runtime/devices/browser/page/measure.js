// Does what the desk asks for, one thing after another. Each model is loaded in a frame of its own, with a LiteRT.js of its own.

const frames = new Map();

async function frame(number) {
  if (!frames.has(number)) {
    const element = document.createElement("iframe");
    const ready = new Promise((resolve) => {
      element.contentWindowReady = resolve;
    });
    frames.set(number, element);
    element.src = "model.html";
    document.body.append(element);
    await ready;
  }
  return frames.get(number).contentWindow.model;
}

async function done({frame: number, name, ...request}) {
  if (name === "describe") return describe();
  if (name === "close") {
    frames.get(number)?.remove();
    frames.delete(number);
    return {};
  }
  return (await frame(number))[name](request);
}

// The smallest step that the clock makes.
function resolution() {
  let least = Infinity;
  for (let i = 0; i < 200; i++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    least = Math.min(least, after - before);
  }
  return least;
}

function describe() {
  const {userAgent, platform, hardwareConcurrency, userAgentData} = navigator;
  return {userAgent, platform: userAgentData?.platform || platform, cores: hardwareConcurrency, resolution: resolution()};
}

async function post(path, body) {
  const answer = await fetch(path, {method: "POST", body});
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

let answer = JSON.stringify({});
for (;;) {
  const request = await post("next", answer);
  try {
    const said = await done(request);
    // A buffer of another frame is no instance of this one's ArrayBuffer.
    answer = "byteLength" in said ? said : JSON.stringify(said);
  } catch (error) {
    answer = JSON.stringify({error: String(error?.message ?? error)});
  }
}
