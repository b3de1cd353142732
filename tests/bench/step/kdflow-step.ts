/** kdflow's training step as `train: distill` runs it; `captured` or `eager`. A process of the step bench. */
import { findNative } from "../../../plugins/backends/native/cache.ts";
import { loadBackend } from "./components.ts";
import { createTraining } from "./kdflow-training.ts";
import { type Rival, type RivalRequest, type RivalSkipped, serveRival } from "./rival-protocol.ts";
import type { StepBatch } from "./step-setup.ts";

await serveRival(createRival);

async function createRival({ setup, batches, variant, threads }: RivalRequest): Promise<Rival | RivalSkipped> {
  if ((await findNative()) === undefined) return { skipped: "no native backend" };
  if (variant === "eager") process.env["KDFLOW_STEP"] = "eager";
  const backend = await loadBackend("tensorflow", threads === undefined ? {} : { threads });
  const { step, parameters, createMs, run } = await createTraining(backend, setup, batches[0] as StepBatch);
  if (step.mode !== variant) return { skipped: `the step is ${step.mode}: ${step.eagerReason ?? "no reason given"}` };
  const { tfjs, tensorflow } = backend.details;
  return { parameters, createMs, versions: { tfjs: String(tfjs), TensorFlow: String(tensorflow) }, step: run };
}
