import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../../core/errors/kdflow-error.ts";
import { formats } from "./formats.ts";
import { mutate } from "./mutate.ts";
import type { FuzzAnswer, FuzzOrder } from "./watched-child.ts";

/** Reads one broken file after another and tells what came of each; the parent watches time and memory. */
async function tryOne({ format: name, seed, number, folder }: FuzzOrder): Promise<FuzzAnswer> {
  const format = formats[name];
  if (format === undefined) throw new Error(`no format is called "${name}"`);
  const files = Object.entries(await wholeFiles(name, format));
  const broken = Math.max(0, number) % files.length;
  for (const [at, [file, bytes]] of files.entries()) {
    await writeFile(join(folder, file), at === broken && number >= 0 ? mutate(bytes, seed, number) : bytes);
  }
  try {
    await format.read(folder);
    return { outcome: "read" };
  } catch (error) {
    if (error instanceof KdflowError && error.code !== "KDF_INTERNAL") return { outcome: error.code };
    return { outcome: "bug", problem: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const known = new Map<string, Promise<Readonly<Record<string, Uint8Array>>>>();

function wholeFiles(name: string, format: (typeof formats)[string]): Promise<Readonly<Record<string, Uint8Array>>> {
  const files = known.get(name) ?? format.files();
  known.set(name, files);
  return files;
}

process.on("message", (order: FuzzOrder) => {
  void tryOne(order).then((answer) => process.send?.({ ...answer, residentBytes: process.memoryUsage().rss }));
});
