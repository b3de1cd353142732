/**
 * Writes the graph that a captured training step runs, and what it is fed, for `profile_graph.py`. A process of its own:
 * `write-graph.js FOLDER`, where FOLDER is what step-files.ts wrote.
 */
import { cpSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type NativeArray,
  type NativeBinding,
  nativeBackend,
} from "../../../plugins/backends/tensorflow/native-backend.ts";
import { loadBackend } from "../step/components.ts";
import { createTraining } from "../step/kdflow-training.ts";
import { readBatches, readSetup } from "../step/step-files.ts";
import type { StepBatch } from "../step/step-setup.ts";

interface Fed {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly values: NativeArray;
}

/** One call of the loaded graph. */
interface Call {
  readonly feeds: readonly (Fed & { readonly name: string })[];
  readonly fetches: readonly string[];
}

const [folder = ""] = process.argv.slice(2);
const setup = await readSetup(folder);
const [batch] = await readBatches(folder, setup);
const backend = await loadBackend("tensorflow");
const native = nativeBackend(backend.tf);
const graph = join(folder, "graph");
await mkdir(graph);
const calls: Call[] = [];
native.binding = watched(native.binding);
const { step, run } = await createTraining(backend, setup, batch as StepBatch);
if (step.mode !== "captured") throw new Error(`the step is not captured: ${step.eagerReason}`);
// the first takes over what the check of the step gave
for (let i = 0; i < 2; i++) await run(batch as StepBatch);
const assign = calls.findLast(({ fetches }) => fetches.includes("assigned:0"));
const training = calls.findLast(({ fetches }) => fetches.some((fetch) => fetch.startsWith("step")));
await writeFile(
  join(graph, "calls.json"),
  JSON.stringify({ assign: await saved(assign, "assign"), step: await saved(training, "step") }),
);

function watched(addon: NativeBinding): NativeBinding {
  const fed = new Map<number, Fed>();
  const watching: Partial<NativeBinding> = {
    createTensor(shape, dtype, values) {
      const id = addon.createTensor(shape, dtype, values);
      fed.set(id, { shape: [...shape], dtype, values: values.slice() });
      return id;
    },
    deleteTensor(id) {
      fed.delete(id);
      addon.deleteTensor(id);
    },
    loadSavedModel(directory, tags) {
      // at once: the folder is removed when it is loaded
      cpSync(directory, graph, { recursive: true });
      return addon.loadSavedModel(directory, tags);
    },
    runSavedModel(session, inputs, inputNames, outputNames) {
      const names = inputNames.split(",");
      const feeds = inputs.map((id, i) => ({ name: names[i] ?? "", ...(fed.get(id) as Fed) }));
      calls.push({ feeds, fetches: outputNames.split(",") });
      return addon.runSavedModel(session, inputs, inputNames, outputNames);
    },
  };
  return Object.create(addon, Object.getOwnPropertyDescriptors(watching)) as NativeBinding;
}

async function saved(call: Call | undefined, name: string) {
  if (call === undefined) throw new Error("the graph was not run");
  const feeds = call.feeds.map(({ name: node, dtype, shape, values }, i) => {
    return { node, dtype, shape, values, file: `${name}${i}.bin` };
  });
  for (const { file, values } of feeds) await writeFile(join(graph, file), values);
  return { feeds: feeds.map(({ values: _, ...feed }) => feed), fetches: call.fetches };
}
