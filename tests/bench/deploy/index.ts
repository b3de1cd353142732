/**
 * `npm run bench -- deploy`: one image through an exported classifier: kdflow's ONNX file and graph model beside PyTorch's
 * own ONNX export of the same network and weights in the same ONNX Runtime, and beside PyTorch itself.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readArguments, say, wholeNumber, writeReport } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { type RivalCommand, RivalProcess } from "../rival-process.ts";
import { median } from "../statistics.ts";
import { writeStepFiles } from "../step/step-files.ts";
import { type BenchNetwork, networks, training } from "../step/step-setup.ts";

const here = dirname(fileURLToPath(import.meta.url));
/** Of the clone; the bench runs from below `node_modules`. */
const root = resolve(here.split(`${join("node_modules", ".cache")}`)[0] ?? ".");
const usage = `usage: npm run bench -- deploy [options]
  --networks a,b   ${networks.map(({ id }) => id).join(", ")}; default: all
  --rounds N       rivals take turns so often; default: 5
  --runs N         images in a turn; default: 100
  --threads N      default: 2
  --output FILE    default: .kdflow/bench/deploy.json`;

/** Largest difference of a rival's logits to the first one's, as a share of the largest. */
const tolerance = 1e-4;

const rivals = [
  "kdflow, ONNX",
  "PyTorch, ONNX",
  "kdflow, graph model",
  "PyTorch, eager",
  "PyTorch, torch.compile",
] as const;
type Rival = (typeof rivals)[number];

interface NetworkResult {
  readonly network: string;
  /** Milliseconds of each image, by rival and round; why there are none. */
  readonly times: Readonly<Record<string, readonly (readonly number[])[] | string>>;
}

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  const others = { onnx: "onnx", numpy: "numpy" };
  const torch = await findPython({ module: "torch", package: "torch", others, say });
  if ("skipped" in torch) {
    say(`the rivals come from PyTorch: ${torch.skipped}`);
    return 1;
  }
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-"));
  try {
    const results: NetworkResult[] = [];
    for (const network of options.networks) {
      const folder = join(scratch, network.id);
      await mkdir(folder);
      const commands = await prepare(folder, network, { ...options, python: torch.python });
      results.push({ network: network.title, times: await measure(network.title, commands, options) });
    }
    process.stdout.write(`${table(results).join("\n")}\n`);
    const { threads, rounds, runs, output } = options;
    await writeReport(output, { date: new Date().toISOString(), machine, threads, rounds, runs, results });
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      networks: { type: "string", default: networks.map(({ id }) => id).join(",") },
      rounds: { type: "string", default: "5" },
      runs: { type: "string", default: "100" },
      threads: { type: "string", default: "2" },
      output: { type: "string", default: join(".kdflow", "bench", "deploy.json") },
    },
  });
  return {
    networks: values.networks.split(",").map((id) => {
      const found = networks.find((network) => network.id === id);
      if (found === undefined) throw new Error(`"${id}" is no network of this bench`);
      return found;
    }),
    rounds: wholeNumber("rounds", values.rounds),
    runs: wholeNumber("runs", values.runs),
    threads: wholeNumber("threads", values.threads),
    output: values.output,
  };
}

/** Writes the weights that all share and exports them: ours by a run, theirs by `torch.onnx`. */
async function prepare(
  folder: string,
  network: BenchNetwork,
  { python, threads }: { readonly python: string; readonly threads: number },
): Promise<Readonly<Record<Rival, RivalCommand>>> {
  say(`${network.title}: exporting`);
  const { classes } = await writeStepFiles(folder, { ...network, batchSize: 1 });
  await writeFile(join(folder, "classes.txt"), Array.from({ length: classes }, (_, id) => `class ${id}\n`).join(""));
  const model = `{ use: layers-model, model: ./model.json, classes: ./classes.txt, imageSize: ${network.side}, normalize: none }`;
  const exports = `[{ use: onnx, batch: 1, layout: nchw, to: ./ours }, { use: graph-model, batch: 1, to: ./graph }]`;
  const pipeline = join(folder, "deploy.yaml");
  await writeFile(pipeline, `kdflow: 1\nname: bench-deploy\nstages:\n  model: ${model}\n  export: ${exports}\n`);
  const kdflow = join(root, "dist", "core", "cli", "index.js");
  await finished({
    program: process.execPath,
    args: [kdflow, "run", pipeline, "--store", join(folder, "store")],
    env: {},
  });
  const script = join(here, "torch_deploy.py");
  await finished({ program: python, args: [script, folder, "export", "1"], env: {} });
  const count = String(threads);
  const ofTorch = (variant: string): RivalCommand => ({
    program: python,
    args: [script, folder, variant, count],
    env: { OMP_NUM_THREADS: count, TORCHINDUCTOR_CACHE_DIR: join(folder, "torch-compile") },
  });
  const ofNode = (program: string, file: string): RivalCommand => ({
    program: process.execPath,
    args: [join(here, program), folder, join(folder, file), count],
    env: { OMP_NUM_THREADS: count, TF_NUM_INTRAOP_THREADS: count },
  });
  return {
    "kdflow, ONNX": ofNode("onnx-answer.js", join("ours", "model.onnx")),
    "PyTorch, ONNX": ofNode("onnx-answer.js", "theirs.onnx"),
    "kdflow, graph model": ofNode("graph-answer.js", "graph"),
    "PyTorch, eager": ofTorch("eager"),
    "PyTorch, torch.compile": ofTorch("compile"),
  };
}

/** @throws Error with what it said last where the program fails */
async function finished(command: RivalCommand): Promise<void> {
  const { promisify } = await import("node:util");
  const { execFile } = await import("node:child_process");
  await promisify(execFile)(command.program, [...command.args], { env: { ...process.env, ...command.env } });
}

/** Rivals take turns, and stay alive meanwhile, so that a machine that drifts slows all alike. */
async function measure(
  title: string,
  commands: Readonly<Record<Rival, RivalCommand>>,
  { rounds, runs }: { readonly rounds: number; readonly runs: number },
): Promise<NetworkResult["times"]> {
  const alive = new Map<Rival, RivalProcess>();
  const times: Record<string, number[][] | string> = {};
  let reference: readonly number[] | undefined;
  try {
    for (const rival of rivals) {
      say(`${title}: ${rival} warms up`);
      const process = new RivalProcess(commands[rival]);
      alive.set(rival, process);
      const ready = await process.receive<{ logits?: readonly number[]; skipped?: string }>();
      if (ready.logits === undefined) {
        times[rival] = ready.skipped ?? "no answer";
        alive.delete(rival);
        await process.stop();
        continue;
      }
      reference ??= ready.logits;
      assertSame(rival, ready.logits, reference);
      times[rival] = [];
    }
    for (let round = 1; round <= rounds; round++) {
      say(`${title}: round ${round} of ${rounds}`);
      for (const [rival, process] of alive) {
        process.send(String(runs));
        const { times: own } = await process.receive<{ times: number[] }>();
        (times[rival] as number[][]).push(own);
      }
    }
    for (const process of alive.values()) await process.stop();
    return times;
  } finally {
    for (const process of alive.values()) process.kill();
  }
}

/** @throws Error where two files are not the same network */
function assertSame(rival: string, logits: readonly number[], reference: readonly number[]): void {
  const largest = Math.max(...reference.map(Math.abs));
  const apart = Math.max(...reference.map((value, at) => Math.abs(value - (logits[at] ?? Number.NaN)))) / largest;
  if (logits.length !== training.classes || !(apart <= tolerance)) {
    throw new Error(`${rival} answers otherwise: by ${apart.toExponential(1)} of the largest logit`);
  }
}

function table(results: readonly NetworkResult[]): string[] {
  const timeOf = (result: NetworkResult, rival: Rival): number => {
    const rounds = result.times[rival];
    return Array.isArray(rounds) ? median(rounds.map((times) => median(times as readonly number[]))) : Number.NaN;
  };
  const header = ["network", ...rivals.map((rival) => `${rival}, ms`), "ONNX to ONNX", "ONNX to the best of PyTorch"];
  const rows = results.map((result) => {
    const [ours = Number.NaN, theirs = Number.NaN, , ...torch] = rivals.map((rival) => timeOf(result, rival));
    const best = Math.min(...torch.filter((time) => !Number.isNaN(time)));
    const shown = rivals.map((rival) => timeOf(result, rival).toFixed(2));
    return [result.network, ...shown, (theirs / ours).toFixed(2), (best / ours).toFixed(2)];
  });
  return markdownTable(header, rows);
}
