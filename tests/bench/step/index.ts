/** `npm run bench -- step`: one training step of kdflow, of stock tfjs-node and of PyTorch, on the same data. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments, say, writeReport } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdown } from "./markdown.ts";
import { measure } from "./measure.ts";
import { parseOptions, type StepBenchOptions, usage } from "./options.ts";
import { stepProgram } from "./rivals.ts";
import { writeStepFiles } from "./step-files.ts";
import { type NetworkResult, type StepReport, summarize } from "./summary.ts";

/** @returns the exit code: 1 where a rival failed */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-"));
  try {
    const networks = await measureNetworks(options, scratch);
    const results = networks.flatMap((network) => network.results);
    const versions = Object.assign({}, ...results.map((result) => ("ready" in result ? result.ready.versions : {})));
    const report: StepReport = {
      date: new Date().toISOString(),
      machine,
      threads: options.threads ?? machine.cores,
      rounds: options.rounds,
      steps: options.steps,
      versions,
      networks: networks.map(summarize),
    };
    process.stdout.write(markdown(report));
    await writeReport(options.output, report);
    return results.some((result) => "failed" in result) ? 1 : 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measureNetworks(options: StepBenchOptions, scratch: string): Promise<readonly NetworkResult[]> {
  const { rivals, rounds, steps, threads } = options;
  const asksTorch = rivals.some(({ engine }) => engine === "torch");
  const torch = asksTorch ? await findPython({ module: "torch", package: "torch", say }) : { skipped: "not asked for" };
  const networks: NetworkResult[] = [];
  for (const network of options.networks) {
    const folder = join(scratch, network.id);
    await mkdir(folder);
    const setup = await writeStepFiles(folder, network);
    const compileCache = join(scratch, "torch-compile");
    const place = { program: stepProgram, folder, compileCache, cores: availableParallelism(), threads, torch };
    networks.push({ setup, results: await measure({ setup, rivals, rounds, steps, place, say }) });
  }
  return networks;
}
