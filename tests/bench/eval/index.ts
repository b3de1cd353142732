/**
 * `npm run bench -- eval`: COCO's numbers of many detections, from files to numbers, beside pycocotools. Each runs in
 * processes of its own, in turn.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { readArguments, say, wholeNumber } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { spreadOf } from "../statistics.ts";
import { writeDetections } from "./write-detections.ts";

const usage = "usage: npm run bench -- eval [--images N] [--detections N] [--categories N] [--rounds N]";

/** What a process that scored says. */
interface Scored {
  readonly seconds: number;
  readonly memoryMb: number;
  readonly AP: number;
}

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  say(`${machine.cpu}, ${machine.cores} cores, ${machine.system}, load ${machine.load}; kdflow at ${machine.commit}`);
  const found = await findPython({ module: "pycocotools", package: "pycocotools", say });
  const folder = await mkdtemp(join(tmpdir(), "kdflow-eval-"));
  try {
    const files = await writeDetections(folder, options);
    const rivals = new Map([["kdflow", [process.execPath, beside("kdflow-eval.js")]]]);
    if ("python" in found) rivals.set("pycocotools", [found.python, beside("pycocotools_eval.py")]);
    else say(`pycocotools is skipped: ${found.skipped}`);
    const results = new Map<string, Scored[]>([...rivals.keys()].map((name) => [name, []]));
    for (let round = 0; round < options.rounds; round++) {
      for (const [name, [program = "", script = ""]] of rivals) {
        say(`${name}: round ${round + 1} of ${options.rounds}`);
        const { stdout } = await promisify(execFile)(program, [script, ...files]);
        results.get(name)?.push(JSON.parse(stdout) as Scored);
      }
    }
    process.stdout.write(`${table(results).join("\n")}\n`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: "string", default: "5000" },
      detections: { type: "string", default: "100" },
      categories: { type: "string", default: "80" },
      rounds: { type: "string", default: "3" },
    },
  });
  return {
    images: wholeNumber("images", values.images),
    detections: wholeNumber("detections", values.detections),
    categories: wholeNumber("categories", values.categories),
    rounds: wholeNumber("rounds", values.rounds),
  };
}

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function table(results: ReadonlyMap<string, readonly Scored[]>): string[] {
  const medianOf = (name: string): number | undefined => {
    const seconds = results.get(name)?.map((one) => one.seconds) ?? [];
    return seconds.length === 0 ? undefined : spreadOf(seconds).median;
  };
  const rival = medianOf("pycocotools");
  const rows = [...results].map(([name, scored]) => {
    const { median, low, high } = spreadOf(scored.map(({ seconds }) => seconds));
    const memory = Math.max(...scored.map(({ memoryMb }) => memoryMb));
    return [
      name,
      `${median.toFixed(2)} s`,
      `${low.toFixed(2)}–${high.toFixed(2)} s`,
      rival === undefined ? "" : (median / rival).toFixed(3),
      `${memory.toFixed(0)} MB`,
      String(scored[0]?.AP),
    ];
  });
  return markdownTable(["", "median", "range", "of pycocotools", "memory", "AP"], rows);
}
