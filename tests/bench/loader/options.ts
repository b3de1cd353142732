import { parseArgs } from "node:util";
import { defaultWorkers } from "../../../plugins/data/photos/photo-pool.ts";
import { wholeNumber } from "../command-line.ts";

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
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: "string", default: "2000" },
      side: { type: "string", default: "224" },
      input: { type: "string", default: "224" },
      epochs: { type: "string", default: "3" },
      batch: { type: "string", default: "32" },
      workers: { type: "string", default: String(defaultWorkers()) },
      cache: { type: "boolean", default: false },
      backbone: { type: "string", default: "{ use: mobilenet-v2, width: 0.35 }" },
      output: { type: "string", default: ".kdflow/bench/loader.json" },
    },
  });
  return {
    images: wholeNumber("images", values.images),
    side: wholeNumber("side", values.side),
    inputSides: values.input.split(",").map((side) => wholeNumber("input", side)),
    epochs: wholeNumber("epochs", values.epochs),
    batchSize: wholeNumber("batch", values.batch),
    workers: wholeNumber("workers", values.workers),
    cache: values.cache,
    backbone: values.backbone,
    output: values.output,
  };
}
