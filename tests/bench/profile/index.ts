/**
 * `npm run bench -- profile`: where the time of a captured training step goes, kernel by kernel, as TensorFlow's own trace
 * tells. The graph is the one that kdflow runs; it is run by TensorFlow's Python package, because tfjs-node gives no trace.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { readArguments, say, wholeNumber } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { chosenNetworks } from "../step/options.ts";
import { writeStepFiles } from "../step/step-files.ts";
import type { BenchNetwork } from "../step/step-setup.ts";

interface Profile {
  readonly tensorflow: string;
  /** Median of a step without the trace. */
  readonly stepMs: number;
  readonly kernels: readonly { readonly kernel: string; readonly count: number; readonly ms: number }[];
}

const here = dirname(fileURLToPath(import.meta.url));
const usage = `usage: npm run bench -- profile [--networks A,B] [--steps N]`;

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const found = await findPython({ module: "tensorflow", package: "tensorflow-cpu", say });
  if ("skipped" in found) {
    say(`skipped: ${found.skipped}`);
    return 0;
  }
  const machine = await describeMachine();
  say(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.load}; kdflow at ${machine.commit}`);
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-profile-"));
  try {
    for (const network of options.networks) {
      const folder = join(scratch, network.id);
      await mkdir(folder);
      await writeStepFiles(folder, network);
      const profile = await measure(found.python, folder, options.steps);
      process.stdout.write(`${report(network, profile)}\n`);
    }
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  const options = { networks: { type: "string" }, steps: { type: "string", default: "10" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  return { networks: chosenNetworks(values.networks), steps: wholeNumber("steps", values.steps) };
}

async function measure(python: string, folder: string, steps: number): Promise<Profile> {
  const execute = promisify(execFile);
  await execute(process.execPath, [join(here, "write-graph.js"), folder]);
  const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: process.env["TF_ENABLE_ONEDNN_OPTS"] ?? "1" };
  const { stdout } = await execute(python, [join(here, "profile_graph.py"), folder, String(steps)], { env });
  const line = stdout.split("\n").find((each) => each.startsWith("{"));
  if (line === undefined) throw new Error("the profile printed nothing");
  return JSON.parse(line) as Profile;
}

/** Kernels below this share are left out of the table. */
const leastShare = 0.005;

function report({ title, side, batchSize }: BenchNetwork, { tensorflow, stepMs, kernels }: Profile): string {
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const share = (ms: number): string => `${((100 * ms) / total).toFixed(1)} %`;
  const convolutions = kernels
    .filter(({ kernel }) => /Conv2[dD]|MatMul/.test(kernel))
    .reduce((sum, { ms }) => sum + ms, 0);
  const rows = kernels
    .filter(({ ms }) => ms >= leastShare * total)
    .map(({ kernel, count, ms }) => [kernel, String(count), ms.toFixed(1), share(ms)]);
  return [
    `${title}, ${side} px, batch ${batchSize}: ${stepMs.toFixed(0)} ms a step in TensorFlow ${tensorflow}; kernels take ${total.toFixed(0)} ms, some of them at once; convolutions ${share(convolutions)}.`,
    "",
    ...markdownTable(["kernel", "times", "ms", "share"], rows),
    "",
  ].join("\n");
}
