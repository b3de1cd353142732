import { readFile } from "node:fs/promises";
import type { Rows } from "./run-term.ts";

interface Vector {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface GoldenCase {
  readonly loss: string;
  readonly options: object;
  readonly inputs: Readonly<Record<string, Vector>>;
  readonly value: number;
  readonly gradients: { readonly studentLogits: Vector };
}

/** Results of float64 PyTorch; never rewritten by tests. */
export async function goldenCase(loss: string): Promise<GoldenCase> {
  const text = await readFile(new URL("../../golden/loss-vectors.json", import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as { cases: GoldenCase[] };
  const found = cases.find((entry) => entry.loss === loss);
  if (found === undefined) throw new Error(`there is no golden case for ${loss}`);
  return found;
}

export function goldenRows(golden: GoldenCase, input: string): Rows {
  const vector = golden.inputs[input];
  const [batch = 0, classes = 0] = vector?.shape ?? [];
  return Array.from({ length: batch }, (_, row) => vector?.values.slice(row * classes, (row + 1) * classes) ?? []);
}

export function goldenLabels(golden: GoldenCase): readonly number[] {
  return golden.inputs["labels"]?.values ?? [];
}
