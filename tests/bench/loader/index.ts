/** `npm run bench -- loader`: how long a training on photos from disk waits for them, and what memory it takes. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { type EpochMeasure, trainOnPhotos } from "./measure.ts";
import { measureLoader } from "./measure-loader.ts";
import { type LoaderBenchOptions, parseOptions, usage } from "./options.ts";
import { writeSyntheticPhotos } from "./synthetic-photos.ts";

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  let options: LoaderBenchOptions;
  try {
    options = parseOptions(args);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}\n${usage}`);
    return 2;
  }
  const machine = await describeMachine();
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-loader-"));
  try {
    const photos = join(scratch, "photos");
    say(`writing ${options.images} photos`);
    await writeSyntheticPhotos(photos, options.images, options.side);
    const loaderAlone = await measureLoader(photos, options);
    const epochs = await trainOnPhotos(photos, scratch, options, say);
    await mkdir(dirname(options.output), { recursive: true });
    const report = { date: new Date().toISOString(), machine, options, loaderAlone, epochs };
    await writeFile(options.output, `${JSON.stringify(report, undefined, 2)}\n`);
    process.stdout.write(markdown(options, loaderAlone, epochs));
    say(`JSON: ${options.output}`);
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function markdown(
  { images, side, inputSide, batchSize, backbone, cache }: LoaderBenchOptions,
  loaderAlone: number,
  epochs: readonly EpochMeasure[],
): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const rows = epochs.map((each) => [
    String(each.epoch),
    each.imagesPerSecond.toFixed(0),
    percent(each.waiting),
    percent(each.step),
    percent(each.reading),
    percent(each.rest),
    String(each.rssMib),
    each.load.toFixed(1),
  ]);
  const what = `${images} JPEGs of ${side} px, ${backbone} at ${inputSide} px, batch ${batchSize}${cache ? ", packed" : ""}`;
  const header = ["epoch", "images/s", "waiting", "step", "reading", "rest", "RSS MiB", "load"];
  return [`${what}; the loader alone: ${loaderAlone.toFixed(0)} images/s`, "", ...markdownTable(header, rows), ""].join(
    "\n",
  );
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
