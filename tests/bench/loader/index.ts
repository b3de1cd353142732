/** `npm run bench -- loader`: how long a training on photos from disk waits for them, and what memory it takes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments, say, writeReport } from "../command-line.ts";
import { describeMachine } from "../machine.ts";
import { trainOnPhotos } from "./measure.ts";
import { measureLoader } from "./measure-loader.ts";
import { type LoaderBenchOptions, parseOptions, usage } from "./options.ts";
import { markdown, type SizeMeasure } from "./report.ts";
import { writeSyntheticPhotos } from "./synthetic-photos.ts";

/** Most photos that are held in memory where steps are measured alone. */
const mostInMemory = 2000;

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-loader-"));
  try {
    const photos = join(scratch, "photos");
    say(`writing ${options.images} photos`);
    await writeSyntheticPhotos(photos, options.images, options.side);
    const sizes: SizeMeasure[] = [];
    for (const inputSide of options.inputSides) sizes.push(await measureSize(photos, inputSide, scratch, options));
    process.stdout.write(markdown(options, machine.cores, sizes));
    await writeReport(options.output, { date: new Date().toISOString(), machine, options, sizes });
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function measureSize(
  photos: string,
  inputSide: number,
  scratch: string,
  options: LoaderBenchOptions,
): Promise<SizeMeasure> {
  const { images } = options;
  const loaderAlone = await measureLoader(photos, inputSide, options);
  // first, so that the memory of the process is that of this training
  const epochs = await trainOnPhotos({ photos, inMemory: false, images, inputSide }, scratch, options, say);
  const some = { photos, inMemory: true, images: Math.min(images, mostInMemory), inputSide };
  return { inputSide, loaderAlone, epochs, inMemory: await trainOnPhotos(some, scratch, options, say) };
}
