/** `npm run bench -- teacher`: from image files to committed soft labels, kdflow against PyTorch eager, the same model. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readArguments, say, wholeNumber, writeReport } from "../command-line.ts";
import { findPython } from "../find-python.ts";
import { describeMachine } from "../machine.ts";
import { markdownTable } from "../markdown-table.ts";
import { RivalProcess } from "../rival-process.ts";
import { type BenchImages, classes, writeFolder, writeRaw } from "./bench-images.ts";

const script = fileURLToPath(new URL("torch_teacher.py", import.meta.url));
const labeller = fileURLToPath(new URL("kdflow-label.js", import.meta.url));
const usage = `usage: npm run bench -- teacher [options]
  --models a,b     mobilenet-v2, resnet-50; default: both
  --images N       default: 512
  --rounds N       rivals take turns so often, the best round counts; default: 3
  --data KIND      folder (JPEG files) or raw (grey arrays); default: folder
  --batch N        PyTorch's batch; default: 32
  --threads N      default: all
  --output FILE    default: .kdflow/bench/teacher.json`;

interface Result {
  readonly model: string;
  readonly rival: "kdflow" | "torch-eager";
  /** Images per second of each round. */
  readonly speeds: readonly number[];
}

/** @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  const values = readArguments(() => parseOptions(args), usage);
  if (values === undefined) return 2;
  const machine = await describeMachine();
  const torch = await findPython({
    module: "torch",
    package: "torch",
    others: { onnx: "onnx", onnxscript: "onnxscript", numpy: "numpy", PIL: "pillow" },
    say,
  });
  if ("skipped" in torch) {
    say(`the models come from PyTorch: ${torch.skipped}`);
    return 1;
  }
  const scratch = await mkdtemp(join(tmpdir(), "kdflow-bench-"));
  try {
    const kind = values.data;
    say(`writing ${values.images} images`);
    const images = await (kind === "folder" ? writeFolder : writeRaw)(join(scratch, "images"), values.images);
    const results: Result[] = [];
    for (const model of values.models) {
      results.push(...(await measure(model, images, { ...values, python: torch.python, scratch })));
    }
    const report = { date: new Date().toISOString(), machine, data: kind, images: images.count, results };
    process.stdout.write(table(results));
    await writeReport(values.output, report);
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function parseOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      models: { type: "string", default: "mobilenet-v2,resnet-50" },
      images: { type: "string", default: "512" },
      rounds: { type: "string", default: "3" },
      data: { type: "string", default: "folder" },
      batch: { type: "string", default: "32" },
      threads: { type: "string", default: String(availableParallelism()) },
      output: { type: "string", default: join(".kdflow", "bench", "teacher.json") },
    },
  });
  const { data } = values;
  if (data !== "folder" && data !== "raw") throw new Error(`"${data}" is no kind of data`);
  return {
    models: values.models.split(","),
    images: wholeNumber("images", values.images),
    rounds: wholeNumber("rounds", values.rounds),
    data: data as BenchImages["kind"],
    batch: values.batch,
    threads: values.threads,
    output: values.output,
  };
}

interface Setting {
  readonly rounds: number;
  readonly batch: string;
  readonly threads: string;
  readonly python: string;
  readonly scratch: string;
}

/** Rivals take turns, so that what else the machine does meets both. */
async function measure(model: string, images: BenchImages, setting: Setting): Promise<Result[]> {
  const { scratch, python, rounds, batch, threads } = setting;
  // MNIST's files have ten classes; a folder has as many as it has folders
  const outputs = String(images.kind === "raw" ? 10 : classes);
  const onnx = join(scratch, `${model}.onnx`);
  const weights = join(scratch, `${model}.pt`);
  say(`exporting ${model}`);
  await answer<object>(python, [script, "export", model, outputs, onnx, weights]);
  const file = join(scratch, `${model}.yaml`);
  const stages = `  data: ${images.data}\n  teacher: { use: onnx, model: ${JSON.stringify(onnx)} }\n  softLabels: logits\n`;
  await writeFile(file, `kdflow: 1\nname: bench-teacher\nstages:\n${stages}`);
  const speeds: Record<Result["rival"], number[]> = { kdflow: [], "torch-eager": [] };
  for (let round = 0; round < rounds; round++) {
    const ours = await answer<{ seconds: number }>(process.execPath, [
      labeller,
      file,
      join(scratch, `${model}-${round}`),
    ]);
    speeds.kdflow.push(images.count / ours.seconds);
    const out = join(scratch, "torch.npy");
    const label = [script, "label", model, outputs, weights, images.torch, out, threads, batch];
    const theirs = await answer<{ seconds: number; images: number }>(python, label);
    speeds["torch-eager"].push(theirs.images / theirs.seconds);
    say(
      `${model}, round ${round + 1}: kdflow ${speeds.kdflow[round]?.toFixed(1)} images/s, PyTorch eager ${speeds["torch-eager"][round]?.toFixed(1)}`,
    );
  }
  return [
    { model, rival: "kdflow", speeds: speeds.kdflow },
    { model, rival: "torch-eager", speeds: speeds["torch-eager"] },
  ];
}

async function answer<T>(program: string, args: readonly string[]): Promise<T> {
  const rival = new RivalProcess({ program, args, env: {} });
  try {
    return await rival.receive<T>();
  } finally {
    await rival.stop();
  }
}

function table(results: readonly Result[]): string {
  const best = (result: Result | undefined): number => Math.max(...(result?.speeds ?? []));
  const models = [...new Set(results.map(({ model }) => model))];
  const rows = models.map((model) => {
    const [ours, theirs] = (["kdflow", "torch-eager"] as const).map((rival) =>
      best(results.find((each) => each.model === model && each.rival === rival)),
    );
    return [model, (ours ?? 0).toFixed(1), (theirs ?? 0).toFixed(1), ((ours ?? 0) / (theirs ?? 1)).toFixed(2)];
  });
  return `${markdownTable(["model", "kdflow, images/s", "PyTorch eager, images/s", "ratio"], rows).join("\n")}\n`;
}
