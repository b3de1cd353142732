/**
 * The quickstart: builds kdflow, provisions a backend and runs the first pipeline. Without the native backend the same
 * recipe runs with less data and fewer epochs.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cli = "dist/core/cli/index.js";

function run(args) {
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

/** The backend that `auto` takes, as `kdflow doctor --json` reports it. */
function chosenBackend() {
  const { stdout } = spawnSync(process.execPath, [cli, "doctor", "--json"], { cwd: root, encoding: "utf8" });
  const events = stdout.split("\n").filter((line) => line.startsWith("{"));
  return events.map((line) => JSON.parse(line)).find((event) => "backend" in event)?.backend;
}

run(["scripts/build.mjs"]);
run([cli, "setup"]);
const native = chosenBackend() === "tensorflow";
if (!native) console.error("without the native backend the quickstart runs a smaller preset: half the images");
run([cli, "run", native ? "pipelines/quickstart.yaml" : "pipelines/quickstart-small.yaml", ...process.argv.slice(2)]);
