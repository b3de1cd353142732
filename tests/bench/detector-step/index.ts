/** `npm run bench -- detector-step`: one training step of a detector, of kdflow and of PyTorch, on the same data. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments, say, writeReport } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdown } from "../step/markdown.ts";
import { measure } from "../step/measure.ts";
import { type NetworkResult, summarize } from "../step/summary.ts";
import { writeDetectorFiles } from "./detector-files.ts";
import { type LoaderShare, measureWaiting, waitingMarkdown } from "./loader-share.ts";
import { type DetectorBenchOptions, parseOptions, targets, usage } from "./options.ts";

/** @returns the exit code: 1 where a rival failed */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-"));
  try {
    const measured = await measureDetectors(options, scratch);
    const loader: LoaderShare[] = [];
    for (const detector of options.loader ? options.detectors : []) {
      loader.push(...(await measureWaiting(detector, join(scratch, `${detector.id}-photos`), say)));
    }
    const results = measured.flatMap((each) => each.results);
    const versions = Object.assign({}, ...results.map((result) => ("ready" in result ? result.ready.versions : {})));
    const { rounds, steps, threads = machine.cores } = options;
    const networks = measured.map(summarize);
    const report = { date: new Date().toISOString(), machine, threads, rounds, steps, versions, networks };
    process.stdout.write(markdown(report, targets));
    if (loader.length > 0) process.stdout.write(waitingMarkdown(loader));
    await writeReport(options.output, { ...report, loader });
    return results.some((result) => "failed" in result) ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measureDetectors(options: DetectorBenchOptions, scratch: string): Promise<readonly NetworkResult[]> {
  const { rivals, rounds, steps, threads } = options;
  const asksTorch = rivals.some(({ engine }) => engine === "torch");
  const torch = asksTorch ? await findPython({ module: "torch", package: "torch", say }) : { skipped: "not asked for" };
  const compileCache = join(scratch, "torch-compile");
  const measured: NetworkResult[] = [];
  for (const detector of options.detectors) {
    for (const assign of options.assign) {
      const folder = join(scratch, `${detector.id}-${assign}`);
      await mkdir(folder);
      const setup = await writeDetectorFiles(folder, detector, assign);
      const place = { program, folder, compileCache, cores: availableParallelism(), threads, torch };
      const result = { setup, results: await measure({ setup, rivals, rounds, steps, place, say }) };
      measured.push(result);
      sayResult(result);
    }
  }
  return measured;
}

/** A bench that is stopped has told what it knew. */
function sayResult(result: NetworkResult): void {
  const { title, rivals } = summarize(result);
  for (const rival of rivals) {
    if (!("stepMs" in rival)) continue;
    const { stepMs, againstKdflow, residentMib } = rival;
    const ratio = againstKdflow === undefined ? "" : `, ${againstKdflow.median.toFixed(2)} times kdflow's`;
    say(`${title}: ${rival.title} ${stepMs.median.toFixed(0)} ms${ratio}, ${residentMib} MiB`);
  }
}

function program(engine: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return join(here, engine === "torch" ? "torch_detector_step.py" : "kdflow-step.js");
}
