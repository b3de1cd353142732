/** The script of a demo. It reads what the model takes and gives from the model's own file. */
export const demoScript = `"use strict";
const element = (id) => document.getElementById(id);
const state = { model: undefined, facts: undefined, stream: undefined };
const colours = ["#2f6fed", "#e5484d", "#12a594", "#f76b15", "#8e4ec6", "#d6409f", "#5b8c00", "#0091ff"];

async function start() {
  const file = await (await fetch("model.json")).json();
  state.facts = file.userDefinedMetadata;
  state.model = await tf.loadGraphModel("model.json");
  const { input, classNames, parameters } = state.facts;
  element("title").textContent = isDetector() ? "What is where?" : "What is it?";
  element("about").textContent = classNames.length + " classes, " + (parameters / 1e6).toFixed(2) + " M weights, sees " + input.width + " × " + input.height + " pixels. Pictures stay on this machine.";
  if (isDetector() && state.facts.boxes !== "decoded") throw new Error("this page draws decoded boxes; export with boxes: decoded");
  // the first call compiles what later ones only run
  await answer(new ImageData(input.width, input.height));
  document.body.dataset.state = "ready";
}

function isDetector() {
  return state.facts.boxes !== undefined;
}

/** Where a picture lies on what the model sees: scale and offset of each axis. */
function placementOf(width, height) {
  const { input } = state.facts;
  const fit = input.fit || "stretch";
  if (fit === "stretch") return { x: input.width / width, y: input.height / height, left: 0, top: 0, fill: 0 };
  const sides = [input.width / width, input.height / height];
  let scale = fit === "crop" ? Math.max(...sides) : Math.min(...sides);
  if (fit !== "crop" && !fit.enlarge) scale = Math.min(1, scale);
  const isCorner = fit.letterbox === "top-left";
  return {
    x: scale,
    y: scale,
    left: isCorner ? 0 : Math.floor((input.width - width * scale) / 2),
    top: isCorner ? 0 : Math.floor((input.height - height * scale) / 2),
    fill: fit.fill || 0,
  };
}

function pixelsOf(source, width, height, placement) {
  const { input } = state.facts;
  const canvas = new OffscreenCanvas(input.width, input.height);
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  drawing.fillStyle = "rgb(" + [placement.fill, placement.fill, placement.fill].join() + ")";
  drawing.fillRect(0, 0, input.width, input.height);
  drawing.imageSmoothingQuality = "high";
  drawing.drawImage(source, placement.left, placement.top, width * placement.x, height * placement.y);
  return drawing.getImageData(0, 0, input.width, input.height);
}

/** The model's answer to pixels of its own size, by name, and how long it took. */
async function answer(image) {
  const { input } = state.facts;
  const names = Object.keys(state.model.outputs.reduce((all, each) => ({ ...all, [each.name]: 1 }), {}));
  const begin = performance.now();
  const outputs = tf.tidy(() => {
    const colour = tf.browser.fromPixels(image, 3);
    const seen = input.channels === 3 ? colour : tf.cast(tf.round(tf.sum(tf.mul(tf.cast(colour, "float32"), [0.299, 0.587, 0.114]), 2, true)), "int32");
    const one = tf.expandDims(seen, 0);
    const batch = typeof input.batch === "number" ? tf.tile(one, [input.batch, 1, 1, 1]) : one;
    return [state.model.execute(batch, names)].flat().map((tensor) => tf.slice(tensor, 0, 1));
  });
  const values = await Promise.all(outputs.map((tensor) => tensor.data()));
  const milliseconds = performance.now() - begin;
  tf.dispose(outputs);
  return { milliseconds, values: Object.fromEntries(names.map((name, place) => [name, values[place]])) };
}

/** The surest boxes, of which none of a class overlaps a surer one by more than 0.5. */
function keptBoxes({ boxes, scores }) {
  const classes = state.facts.classNames.length;
  const found = [];
  for (let row = 0; row < boxes.length / 4; row++) {
    for (let id = 0; id < classes; id++) {
      const score = scores[row * classes + id];
      if (score >= 0.25) found.push({ id, score, box: boxes.slice(row * 4, row * 4 + 4) });
    }
  }
  found.sort((one, other) => other.score - one.score);
  const kept = [];
  for (const each of found) {
    if (kept.length < 100 && !kept.some((other) => other.id === each.id && overlap(other.box, each.box) > 0.5)) kept.push(each);
  }
  return kept;
}

function overlap(one, other) {
  const side = (axis) => Math.max(0, Math.min(one[axis + 2], other[axis + 2]) - Math.max(one[axis], other[axis]));
  const area = (box) => (box[2] - box[0]) * (box[3] - box[1]);
  const both = side(0) * side(1);
  return both / (area(one) + area(other) - both);
}

function shares(logits) {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

async function show(source, width, height) {
  const placement = placementOf(width, height);
  const { milliseconds, values } = await answer(pixelsOf(source, width, height, placement));
  const canvas = element("canvas");
  canvas.width = width;
  canvas.height = height;
  const drawing = canvas.getContext("2d");
  drawing.imageSmoothingEnabled = width > 96;
  drawing.drawImage(source, 0, 0, width, height);
  canvas.style.width = width < 320 ? "320px" : "";
  canvas.style.imageRendering = width <= 96 ? "pixelated" : "";
  canvas.hidden = false;
  element("hint").hidden = true;
  const { classNames } = state.facts;
  const rows = isDetector() ? drawBoxes(drawing, keptBoxes(values), placement) : Array.from(values.probabilities ?? shares(Object.values(values)[0]))
    .map((share, id) => ({ name: classNames[id], share }))
    .sort((one, other) => other.share - one.share)
    .slice(0, 5);
  const time = element("time");
  time.textContent = milliseconds.toFixed(milliseconds < 10 ? 1 : 0);
  time.append(Object.assign(document.createElement("small"), { textContent: " ms" }));
  element("backend").textContent = "one picture, backend " + tf.getBackend();
  element("answers").replaceChildren(...rows.map(rowOf));
  if (rows.length === 0) element("answers").textContent = "Nothing found.";
  document.body.dataset.shown = String(Number(document.body.dataset.shown || 0) + 1);
}

function drawBoxes(drawing, kept, { x, y, left, top }) {
  const unit = Math.max(drawing.canvas.width, drawing.canvas.height) / 320;
  drawing.lineWidth = Math.max(1, 2 * unit);
  drawing.font = "600 " + Math.round(11 * unit) + "px system-ui, sans-serif";
  drawing.textBaseline = "top";
  for (const { id, score, box } of kept) {
    const colour = colours[id % colours.length];
    const [from, above, to, below] = [(box[0] - left) / x, (box[1] - top) / y, (box[2] - left) / x, (box[3] - top) / y];
    drawing.strokeStyle = drawing.fillStyle = colour;
    drawing.strokeRect(from, above, to - from, below - above);
    const label = state.facts.classNames[id] + " " + Math.round(score * 100);
    drawing.fillRect(from, above, drawing.measureText(label).width + 8 * unit, 15 * unit);
    drawing.fillStyle = "#fff";
    drawing.fillText(label, from + 4 * unit, above + 2 * unit);
  }
  return kept.slice(0, 12).map(({ id, score }) => ({ name: state.facts.classNames[id], share: score }));
}

function rowOf({ name, share }) {
  const row = document.createElement("li");
  const bar = Object.assign(document.createElement("div"), { className: "bar" });
  bar.append(Object.assign(document.createElement("i"), { style: "width: " + (share * 100).toFixed(1) + "%" }));
  row.append(
    Object.assign(document.createElement("span"), { textContent: name }),
    Object.assign(document.createElement("span"), { textContent: (share * 100).toFixed(1) + " %" }),
    bar,
  );
  return row;
}

async function showFile(file) {
  if (file === undefined) return;
  stopCamera();
  const image = await createImageBitmap(file);
  await show(image, image.width, image.height);
  image.close();
}

function stopCamera() {
  for (const track of state.stream ? state.stream.getTracks() : []) track.stop();
  state.stream = undefined;
  element("camera").textContent = "Camera";
}

async function toggleCamera() {
  if (state.stream !== undefined) return stopCamera();
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
  await video.play();
  state.stream = stream;
  element("camera").textContent = "Stop";
  while (state.stream === stream) {
    await show(video, video.videoWidth, video.videoHeight);
    await new Promise(requestAnimationFrame);
  }
}

const telling = (work) => (...given) =>
  Promise.resolve()
    .then(() => work(...given))
    .then(() => void (element("problem").hidden = true))
    .catch((error) => {
      element("problem").hidden = false;
      element("problem").textContent = error.message;
    });

const drop = element("drop");
for (const name of ["dragenter", "dragover"]) {
  drop.addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  telling(showFile)(event.dataTransfer.files[0]);
});
element("file").addEventListener("change", (event) => telling(showFile)(event.target.files[0]));
element("camera").addEventListener("click", telling(toggleCamera));
telling(start)();
`;
