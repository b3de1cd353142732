import { parseArgs } from "node:util";
import { defaultWorkers } from "../../../plugins/data/photos/photo-pool.ts";

export interface LoaderBenchOptions {
  readonly images: number;
  /** Side of the photos on disk. */
  readonly side: number;
  /** Sides of what the network sees, measured one after the other. */
  readonly inputSides: readonly number[];
  readonly epochs: number;
  readonly batchSize: number;
  /** Threads that decode. */
  readonly workers: number;
  readonly cache: boolean;
  readonly backbone: string;
  /** File for the JSON. */
  readonly output: string;
}

export const usage = `usage: npm run bench -- loader [options]
  --images N       photos on disk (default: 2000)
  --side N         their side in pixels (default: 224)
  --input A,B      sides of what the network sees, each measured by itself (default: 224)
  --epochs N       (default: 3)
  --batch N        images of a batch (default: 32)
  --workers N      threads that decode (default: as in a pipeline)
  --cache          decoded photos are packed first
  --backbone YAML  (default: { use: mobilenet-v2, width: 0.35 })
  --output FILE    where the JSON goes (default: .kdflow/bench/loader.json)`;

/** @throws Error that says what is wrong with the arguments */
export function parseOptions(args: readonly string[]): LoaderBenchOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: text,
      side: text,
      input: text,
      epochs: text,
      batch: text,
      workers: text,
      cache: { type: "boolean" },
      backbone: text,
      output: text,
    },
  });
  return {
    images: count("images", values.images) ?? 2000,
    side: count("side", values.side) ?? 224,
    inputSides: values.input?.split(",").flatMap((side) => count("input", side) ?? []) ?? [224],
    epochs: count("epochs", values.epochs) ?? 3,
    batchSize: count("batch", values.batch) ?? 32,
    workers: count("workers", values.workers) ?? defaultWorkers(),
    cache: values.cache ?? false,
    backbone: values.backbone ?? "{ use: mobilenet-v2, width: 0.35 }",
    output: values.output ?? ".kdflow/bench/loader.json",
  };
}

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${option} takes a whole number from 1, not "${text}"`);
  return value;
}
