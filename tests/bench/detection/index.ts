/**
 * `npm run bench:detection -- a`: does a detector that was taught find more than the same one on the labels alone? Runs
 * the recipe of that letter beside this file, and prints scores as mean ± standard deviation over the seeds. What is
 * stored already is reused, so that a bench that was stopped goes on where it was.
 *
 * - `a`: scenes of digits, which it draws
 * - `b`: the blood cells of BCCD, `--set vars.cells=FOLDER` (with Annotations, ImageSets and JPEGImages)
 * - `c`: fruit, taught by YOLOX-nano: `--set vars.fruit=FOLDER --set vars.model=FILE.onnx`, with `vars.weights=FILE`
 *   (`retinaface/mobilenet_v1_025` of docs/weights.md) and `vars.extra=FOLDER` of photos without labels
 */
import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readArguments, say } from "../command-line.ts";
import { describeMachine } from "../machine.ts";
import { benchTable, type FinishedRun } from "./table.ts";

const usage = "usage: npm run bench:detection -- a|b|c [--store FOLDER] [--set PATH=VALUE]…";
/** Of the clone; the bench runs from below `node_modules`. */
const root = resolve(fileURLToPath(new URL(".", import.meta.url)).split(`${join("node_modules", ".cache")}`)[0] ?? ".");

/** Variables of each bench's recipe that only the user can tell. */
const needed: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: ["cells"],
  c: ["fruit", "model", "weights", "extra"],
};

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const { cpu, cores, system, load, commit } = await describeMachine();
  say(`${cpu}, ${cores} cores, ${system}, load ${load}; kdflow at ${commit}`);
  const drawn = options.letter === "a" ? [`vars.scenes=${await drawScenes(options.store)}`] : [];
  const recipe = join(fileURLToPath(new URL(".", import.meta.url)), `${options.letter}.yaml`);
  const store = ["--store", join(options.store, "store")];
  const kdflow = join(root, "dist", "core", "cli", "index.js");
  const changes = [...drawn, ...options.changes].flatMap((change) => ["--set", change]);
  await node([kdflow, "run", recipe, ...store, ...changes]);
  const shown = await node([kdflow, "runs", "show", "latest", "--json", ...store], "read");
  const finished = JSON.parse(shown.trim().split("\n").at(-1) ?? "") as FinishedRun;
  process.stdout.write(`${benchTable(finished).join("\n")}\n`);
  return 0;
}

/** @returns the folder of the scenes, drawn where they are not there yet */
async function drawScenes(store: string): Promise<string> {
  const scenes = join(store, "scenes");
  const isDrawn = await access(join(scenes, "ImageSets")).then(
    () => true,
    () => false,
  );
  if (!isDrawn) await node([join(root, "scripts", "digits-scenes.mjs"), "--out", scenes, "--format", "voc"]);
  return scenes;
}

function parseOptions(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      store: { type: "string", default: ".kdflow/bench-detection" },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const [letter = ""] = positionals;
  const paths = needed[letter];
  if (paths === undefined) throw new Error(`there are benches a, b and c, and none "${letter}"`);
  const missing = paths.filter((name) => !values.set.some((change) => change.startsWith(`vars.${name}=`)));
  if (missing.length > 0) {
    throw new Error(`bench ${letter} takes ${missing.map((name) => `--set vars.${name}=PATH`).join(" ")}`);
  }
  return { letter, store: resolve(values.store), changes: values.set };
}

/** @throws Error where the program fails; what it says is on the screen already */
function node(args: readonly string[], output: "show" | "read" = "show"): Promise<string> {
  const child = spawn(process.execPath, args, {
    stdio: ["inherit", output === "show" ? "inherit" : "pipe", "inherit"],
  });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => (code === 0 ? done(text) : failed(new Error(`${args[0]} ended with ${code}`))));
  });
}
