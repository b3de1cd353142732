/**
 * Installs a packed kdflow into an empty project, as a stranger would, and runs a tiny pipeline there twice.
 *
 * usage: node .ci/package-smoke.mjs <tarball> <npm command…>
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [tarball, ...npm] = process.argv.slice(2);
const project = await mkdtemp(join(tmpdir(), "kdflow-package-"));

function run(command, args, { quiet = false } = {}) {
  process.stdout.write(`$ ${[command, ...args].join(" ")}\n`);
  const { status, stdout } = spawnSync(command, args, {
    cwd: project,
    encoding: "utf8",
    stdio: ["ignore", quiet ? "pipe" : "inherit", "inherit"],
  });
  assert.equal(status, 0, `${command} ${args.join(" ")} ended with ${status}`);
  return stdout ?? "";
}

/** An IDX file of unsigned bytes: two zero bytes, the type 8, the number of dimensions, their sizes, the data. */
function idx(sizes, bytes) {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt8(8, 2);
  header.writeUInt8(sizes.length, 3);
  sizes.forEach((size, axis) => {
    header.writeUInt32BE(size, 4 + 4 * axis);
  });
  return Buffer.concat([header, bytes]);
}

/** Ten classes, told apart by the row of a bright bar; the same bytes each time. */
async function writeSplit(folder, name, count) {
  const labels = Buffer.alloc(count);
  const pixels = Buffer.alloc(count * 28 * 28);
  for (let sample = 0; sample < count; sample += 1) {
    labels[sample] = (sample * 7) % 10;
    const row = 3 + 2 * labels[sample];
    const start = sample * 28 * 28;
    pixels.fill(200 + (sample % 50), start + row * 28 + 4, start + row * 28 + 24);
    pixels[start + (sample % 784)] = 60;
  }
  await writeFile(join(folder, `${name}-images-idx3-ubyte`), idx([count, 28, 28], pixels));
  await writeFile(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels));
}

const pipeline = `kdflow: 1
name: tiny
stages:
  data: { use: mnist, root: ./data, augment: [shift-crop] }
  teacher: { use: train, epochs: 1, batchSize: 32, network: { use: classifier, backbone: { use: resnet, depth: 8 } } }
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: resnet, depth: 8 } }
  loss: { cross-entropy: 0.5, kd: 0.5 }
  train: { epochs: 1, batchSize: 32 }
  evaluate: classification
  export: layers-model
`;

const consumer = `import * as kdflow from "kdflow";
import * as testing from "kdflow/testing";
import { builtins } from "kdflow/builtins";
if (typeof kdflow.definePlugin !== "function") throw new Error("kdflow exports no definePlugin");
if (builtins.name !== "kdflow" || Object.keys(testing).length === 0) throw new Error("an entry point is empty");
`;

/** Runs the pipeline and returns its events. */
function runPipeline() {
  const text = run("npx", ["kdflow", "run", "tiny.yaml", "--json"], { quiet: true });
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

try {
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "stranger", private: true, type: "module" }));
  await writeFile(join(project, "tiny.yaml"), pipeline);
  await writeFile(join(project, "consumer.js"), consumer);
  await mkdir(join(project, "data"));
  await writeSplit(join(project, "data"), "train", 256);
  await writeSplit(join(project, "data"), "t10k", 64);

  const [command, ...words] = npm;
  run(command, [...words, "install", "--no-audit", "--no-fund", resolve(tarball)]);
  run(process.execPath, ["consumer.js"]);
  run("npx", ["kdflow", "setup"]);
  run("npx", ["kdflow", "validate", "tiny.yaml"]);

  const first = runPipeline().at(-1);
  assert.equal(first.event, "runEnd");
  assert.equal(first.status, "ok");
  assert.deepEqual(
    first.metrics.evaluate.rows.map(({ role }) => role),
    ["teacher", "student", "baseline"],
  );
  const again = runPipeline();
  assert.equal(again.at(-1).status, "ok");
  assert.equal(again.filter(({ event }) => event === "stageStart").length, 0, "the second run computes nothing");
  process.stdout.write("the package works\n");
} finally {
  await rm(project, { recursive: true, force: true });
}
