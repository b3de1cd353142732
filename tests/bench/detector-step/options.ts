import { parseArgs } from "node:util";
import { wholeNumber } from "../command-line.ts";
import type { Target } from "../step/markdown.ts";
import { chosen } from "../step/options.ts";
import { type StepRival, rivals as stepRivals } from "../step/rivals.ts";
import { type Assignment, assignments, type BenchDetector, detectors } from "./detector-setup.ts";

/** Those of the step bench that know a detector: stock layers have no loss for one. */
export const rivals: readonly StepRival[] = stepRivals.filter(({ engine }) => engine !== "tfjs");

/** PyTorch's best form is the one that counts. */
export const targets: readonly Target[] = [
  {
    name: "PyTorch, its best form",
    rivals: rivals.filter(({ engine }) => engine === "torch").map(({ id }) => id),
    ratio: 1.15,
    least: 1,
  },
];

export interface DetectorBenchOptions {
  readonly detectors: readonly BenchDetector[];
  readonly assign: readonly Assignment[];
  readonly rivals: readonly StepRival[];
  readonly rounds: number;
  readonly steps: number;
  readonly threads: number | undefined;
  /** Whether a training on photos is watched too. */
  readonly loader: boolean;
  /** File for the JSON. */
  readonly output: string;
}

export const usage = `usage: npm run bench -- detector-step [options]
  --networks A,B   ${detectors.map(({ id }) => id).join(", ")} (default: all)
  --assign A,B     ${assignments.join(", ")} (default: both)
  --rivals A,B     ${rivals.map(({ id }) => id).join(", ")} (default: all but the last)
  --rounds N       turns of each rival (default: 5)
  --steps N        timed steps of a turn (default: 15)
  --threads N      threads of every rival (default: all cores)
  --no-loader      leaves out the training on photos
  --output FILE    where the JSON goes (default: .kdflow/bench/detector-step.json)`;

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): DetectorBenchOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      networks: text,
      assign: text,
      rivals: text,
      rounds: { ...text, default: "5" },
      steps: { ...text, default: "15" },
      threads: text,
      "no-loader": { type: "boolean", default: false },
      output: { ...text, default: ".kdflow/bench/detector-step.json" },
    },
  });
  const known = assignments.map((id) => ({ id }));
  return {
    detectors: chosen("network", detectors, values.networks) ?? detectors,
    assign: (chosen("assignment", known, values.assign) ?? known).map(({ id }) => id),
    rivals: chosen("rival", rivals, values.rivals) ?? rivals.filter(({ optional }) => !optional),
    rounds: wholeNumber("rounds", values.rounds),
    steps: wholeNumber("steps", values.steps),
    threads: values.threads === undefined ? undefined : wholeNumber("threads", values.threads),
    loader: !values["no-loader"],
    output: values.output,
  };
}
