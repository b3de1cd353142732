import { readFile } from "node:fs/promises";
import { drawnWeight } from "../../../support/drawn-weights.ts";

/** What a published network answers to one image, and the names and shapes of its weights. */
export interface Golden {
  readonly height: number;
  readonly width: number;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly logits: readonly number[];
}

export async function golden(name: string): Promise<Golden> {
  const file = new URL(`../../../golden/published-weights/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as Golden;
}

/** The weights that a published network answered with. */
export function stateDict({ shapes }: Golden): Map<string, { shape: readonly number[]; values: Float32Array }> {
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const values = shape.length === 0 ? Float32Array.of(0) : drawnWeight(name, shape);
    return [name, { shape, values }] as const;
  });
  return new Map(entries);
}
