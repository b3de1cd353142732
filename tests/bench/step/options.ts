import { parseArgs } from "node:util";
import { wholeNumber } from "../command-line.ts";
import { rivals, type StepRival } from "./rivals.ts";
import { type BenchNetwork, networks } from "./step-setup.ts";

export interface StepBenchOptions {
  readonly networks: readonly BenchNetwork[];
  readonly rivals: readonly StepRival[];
  readonly rounds: number;
  readonly steps: number;
  readonly threads: number | undefined;
  /** File for the JSON. */
  readonly output: string;
}

export const usage = `usage: npm run bench -- step [options]
  --networks A,B   ${networks.map(({ id }) => id).join(", ")} (default: all)
  --rivals A,B     ${rivals.map(({ id }) => id).join(", ")} (default: all but the last)
  --rounds N       turns of each rival (default: 5)
  --steps N        timed steps of a turn (default: 15)
  --threads N      threads of every rival (default: all cores)
  --output FILE    where the JSON goes (default: .kdflow/bench/step.json)`;

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): StepBenchOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      networks: text,
      rivals: text,
      rounds: { ...text, default: "5" },
      steps: { ...text, default: "15" },
      threads: text,
      output: { ...text, default: ".kdflow/bench/step.json" },
    },
  });
  return {
    networks: chosenNetworks(values.networks),
    rivals: chosen("rival", rivals, values.rivals) ?? rivals.filter(({ optional }) => !optional),
    rounds: wholeNumber("rounds", values.rounds),
    steps: wholeNumber("steps", values.steps),
    threads: values.threads === undefined ? undefined : wholeNumber("threads", values.threads),
    output: values.output,
  };
}

/** @param names ids with commas between them; all networks by default */
export function chosenNetworks(names: string | undefined): readonly BenchNetwork[] {
  return chosen("network", networks, names) ?? networks;
}

/** @throws Error for an id that is none of those that there are */
export function chosen<T extends { readonly id: string }>(
  what: string,
  all: readonly T[],
  names: string | undefined,
): readonly T[] | undefined {
  return names?.split(",").map((name) => {
    const found = all.find(({ id }) => id === name);
    if (found === undefined)
      throw new Error(`"${name}" is no ${what}; there are ${all.map(({ id }) => id).join(", ")}`);
    return found;
  });
}
