/**
 * `npm run bench:losses -- --set vars.photos=FOLDER`: does a loss help? Trains one student with each of the losses of
 * `methods.ts` on the photos of CIFAR-10, at equal budget, and prints top-1 as mean ± standard deviation over the seeds
 * beside the baseline's and kd's. What is stored already is reused, so that it can run in parts.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatError } from "../../../core/errors/format.ts";
import { readArguments, say, writeReport } from "../command-line.ts";
import { describeMachine } from "../machine.ts";
import { baselineRow, methods } from "./methods.ts";
import { type MethodMeasure, runMethod } from "./run-method.ts";
import { lossTable } from "./table.ts";

const usage = `usage: npm run bench:losses -- --set vars.photos=FOLDER [options]
  --methods A,B    rows of the table; baseline is always there (default: ${Object.keys(methods).join(",")})
  --set PATH=VALUE as for kdflow run, for all rows; may be repeated. vars.photos is the folder with train and test
  --weights FILE   the teacher's checkpoint (default: cifar10/resnet56, which is downloaded)
  --store FOLDER   where results are kept and looked for (default: .kdflow/bench-losses)
  --output FILE    where the JSON goes (default: losses.json in the store's folder)`;

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const options = readArguments(() => parseOptions(args), usage);
  if (options === undefined) return 2;
  const machine = await describeMachine();
  say(`${machine.cpu}, ${machine.cores} cores, load ${machine.load} at the start; kdflow at ${machine.commit}`);
  const pipeline = join(fileURLToPath(new URL(".", import.meta.url)), "losses.yaml");
  const set = [...(await weightsOf(options.weights)), ...options.set];
  const measures: MethodMeasure[] = [];
  for (const [name, method] of options.methods) {
    say(name);
    try {
      measures.push(await runMethod(name, method, { pipeline, store: options.store, set, say }));
    } catch (error) {
      say(formatError(error, { color: false }));
      return 1;
    }
  }
  process.stdout.write(`${lossTable(measures).join("\n")}\n`);
  await writeReport(options.output, { date: new Date().toISOString(), machine, set, measures });
  return 0;
}

function parseOptions(args: readonly string[]) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      methods: text,
      weights: text,
      store: text,
      output: text,
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const asked = values.methods?.split(",") ?? Object.keys(methods);
  const unknown = asked.find((name) => !(name in methods));
  if (unknown !== undefined) throw new Error(`there is no row "${unknown}"`);
  if (!values.set.some((change) => change.startsWith("vars.photos="))) {
    throw new Error("--set vars.photos=FOLDER says where the photos are");
  }
  const store = resolve(values.store ?? join(".kdflow", "bench-losses"));
  const chosen = Object.entries(methods).filter(([name]) => name === baselineRow || asked.includes(name));
  return {
    methods: chosen,
    store,
    weights: values.weights,
    set: values.set.map(absolute),
    output: values.output ?? join(store, "losses.json"),
  };
}

/** The change that takes the teacher's start from a file. */
async function weightsOf(file: string | undefined): Promise<string[]> {
  if (file === undefined) return [];
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  return [`stages.teacher.network.weights={ path: "${resolve(file)}", sha256: "${sha256}" }`];
}

/** Paths are those of the folder where the bench was started, not of its pipeline file. */
function absolute(change: string): string {
  const [, name, value = ""] = /^(vars\.photos)=(.*)$/u.exec(change) ?? [];
  return name === undefined ? change : `${name}=${resolve(value)}`;
}
