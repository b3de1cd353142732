import type { Progress } from "../plugins/context.ts";
import type { Provider } from "../plugins/provider.ts";
import { ContractError } from "./contract-error.ts";
import { type AnyStageProvider, openStageBench, type StageBench, type StageBenchOptions } from "./stage-bench.ts";

export type CheckAbortOptions = StageBenchOptions;

const moments = ["before it began", "at its first report"] as const;

/**
 * Checks that a provider of a stage stops when it is told to, and leaves nothing: aborted before it begins, and at its
 * first progress report, it rejects with the signal's reason; nothing of it is in the store but checkpoints and the
 * parts that it committed, no unfinished folder remains, no tensor, and no work goes on.
 *
 * The stage runs in a store of its own in a temporary folder. Inputs must not make tensors that outlive the run.
 *
 * @throws ContractError
 */
export async function checkAbort(provider: Provider, options: CheckAbortOptions): Promise<void> {
  const stage = provider as unknown as AnyStageProvider;
  const problems: string[] = [];
  for (const moment of moments) {
    const bench = await openStageBench(stage, options);
    try {
      const tensors = options.tf.memory().numTensors;
      const found = await runAborted(bench, moment);
      const left = options.tf.memory().numTensors - tensors;
      if (left !== 0) found.push(`it left ${left} tensors`);
      problems.push(...found.map((problem) => `aborted ${moment}, ${problem}`));
    } finally {
      await bench.remove();
    }
  }
  if (problems.length > 0) throw new ContractError(`${provider.family}/${provider.id}`, problems);
}

async function runAborted(bench: StageBench, moment: (typeof moments)[number]): Promise<string[]> {
  const controller = new AbortController();
  const reason = new Error("aborted by the test kit");
  const reports: Progress[] = [];
  if (moment === "before it began") controller.abort(reason);
  try {
    await bench.run(controller.signal, (progress) => {
      reports.push(progress);
      controller.abort(reason);
    });
  } catch (error) {
    const left = (await bench.leftovers()).map((leftover) => `it left ${leftover}`);
    return error === reason ? left : [`it threw ${String(error)} instead of the signal's reason`, ...left];
  }
  const [first] = reports;
  // a stage that reports nothing was not aborted, and at its last report the work is done
  const mayEnd = moment !== "before it began" && (first === undefined || first.done >= first.total);
  return mayEnd ? [] : ["it came to its end"];
}
