/**
 * The demonstration of detection: builds kdflow, draws scenes of handwritten digits, trains a small YOLO on them and
 * draws what it finds in some of the test scenes. What is there already is not made again.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = "dist/core/cli/index.js";
const recipe = "pipelines/detection/from-scratch/digits.yaml";
const folder = ".kdflow/demo-detection";
const scenes = join(folder, "scenes");
const sheet = join(folder, "found.png");
const shown = 16;

function run(args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

function say(line) {
  console.error(`\n${line}`);
}

say("1 of 4: building kdflow and what it computes with");
run(["scripts/build.mjs"]);
run([cli, "setup"]);

say("2 of 4: drawing 2 000 scenes to learn from and 500 to test on");
if (!existsSync(join(root, scenes, "ImageSets/Main/test.txt"))) {
  run(["scripts/digits-scenes.mjs", "--out", scenes, "--format", "voc"]);
}

say("3 of 4: training, some twelve minutes on two cores; Ctrl-C and the same command again go on from there");
// a pipeline's paths are those of its file
run([cli, "run", recipe, "--set", `vars.scenes=${join(root, scenes)}`, ...process.argv.slice(2)]);

say("4 of 4: looking for digits in test scenes");
const names = readdirSync(join(root, scenes, "JPEGImages"));
const photos = names.filter((name) => name.startsWith("test-")).sort();
const some = photos.slice(0, shown).map((name) => join(scenes, "JPEGImages", name));
run([cli, "predict", "latest", ...some, "--sheet", sheet]);
say(`what was found is drawn in ${sheet}`);
