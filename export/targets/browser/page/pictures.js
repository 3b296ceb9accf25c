// Where pictures come from: files, the camera, a drawing. All become ImageData.

// Most pixels of a picture: what a browser's canvas takes on a phone.
const MOST_PIXELS = 1 << 24;

// Upright, of full size; transparency lies over white unless the model takes it.
export async function readPicture(blob, channels) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, {imageOrientation: "from-image", colorSpaceConversion: "none"});
  } catch {
    throw new Error(`${blob.name || "It"} cannot be read as a picture; this browser reads PNG, JPEG, WebP, GIF and BMP.`);
  }
  try {
    if (bitmap.width * bitmap.height > MOST_PIXELS) throw new Error("The picture has more than 16 megapixels; take a smaller one.");
    return pixelsOf(bitmap, bitmap.width, bitmap.height, channels);
  } finally {
    bitmap.close();
  }
}

export function pixelsOf(source, width, height, channels) {
  const canvas = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
  if (channels < 4) {
    canvas.fillStyle = "white";
    canvas.fillRect(0, 0, width, height);
  }
  canvas.drawImage(source, 0, 0, width, height);
  return canvas.getImageData(0, 0, width, height);
}

export class Camera {
  constructor(video) {
    this.video = video;
  }

  async start() {
    if (!navigator.mediaDevices) throw new Error("The camera needs an address with https, or localhost.");
    const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}});
    this.video.srcObject = stream;
    await this.video.play();
  }

  get isOn() {
    return Boolean(this.video.srcObject);
  }

  frame(channels) {
    const {videoWidth, videoHeight} = this.video;
    return videoWidth ? pixelsOf(this.video, videoWidth, videoHeight, channels) : null;
  }

  stop() {
    for (const track of this.video.srcObject?.getTracks() ?? []) track.stop();
    this.video.srcObject = null;
  }
}

// A canvas to draw on, light on dark as scanned digits and clothes are. Arrow keys move a pen, Space sets it down.
export class Drawing {
  constructor(canvas, changed) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", {willReadFrequently: true});
    this.changed = changed;
    this.pen = {x: canvas.width / 2, y: canvas.height / 2, isDown: false};
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.move(this.place(event));
      this.line(this.place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.buttons) this.line(this.place(event));
    });
    canvas.addEventListener("pointerup", () => changed());
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.clear();
  }

  place({clientX, clientY}) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return {x: (clientX - box.left) * scale, y: (clientY - box.top) * scale};
  }

  key(event) {
    const step = this.canvas.width / 28;
    const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    if (event.key === " ") {
      this.pen.isDown = !this.pen.isDown;
      if (this.pen.isDown) this.line(this.pen);
      else this.changed();
    } else if (event.key in moves) {
      const within = (value) => Math.min(this.canvas.width, Math.max(0, value));
      const to = {x: within(this.pen.x + moves[event.key][0]), y: within(this.pen.y + moves[event.key][1])};
      if (this.pen.isDown) this.line(to);
      else this.move(to);
    } else return;
    event.preventDefault();
  }

  move({x, y}) {
    Object.assign(this.pen, {x, y});
  }

  line({x, y}) {
    const {context, pen} = this;
    context.strokeStyle = "white";
    context.lineWidth = this.canvas.width / 14;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(pen.x, pen.y);
    context.lineTo(x, y);
    context.stroke();
    this.move({x, y});
    this.isEmpty = false;
  }

  clear() {
    this.context.fillStyle = "black";
    this.context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.pen.isDown = false;
    this.isEmpty = true;
  }

  picture() {
    return this.context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }
}
