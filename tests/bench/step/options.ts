import { parseArgs } from "node:util";
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
    options: { networks: text, rivals: text, rounds: text, steps: text, threads: text, output: text },
  });
  return {
    networks: chosenNetworks(values.networks),
    rivals: chosen("rival", rivals, values.rivals) ?? rivals.filter(({ optional }) => !optional),
    rounds: count("rounds", values.rounds) ?? 5,
    steps: count("steps", values.steps) ?? 15,
    threads: count("threads", values.threads),
    output: values.output ?? ".kdflow/bench/step.json",
  };
}

/** @param names ids with commas between them; all networks by default */
export function chosenNetworks(names: string | undefined): readonly BenchNetwork[] {
  return chosen("network", networks, names) ?? networks;
}

function chosen<T extends { readonly id: string }>(
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

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} takes a whole number from 1, not "${text}"`);
  return value;
}
