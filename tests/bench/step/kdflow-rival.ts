import type { Backend } from "../../../core/index.ts";
import { findNative } from "../../../plugins/backends/native/cache.ts";
import { loadBackend } from "./components.ts";
import type { KdflowTraining } from "./kdflow-training.ts";
import type { Rival, RivalRequest, RivalSkipped } from "./rival-protocol.ts";

/** kdflow as a rival; its variants are `captured` and `eager`. */
export async function kdflowRival<Setup, Batch>(
  { setup, batches, variant, threads }: RivalRequest<Setup, Batch>,
  create: (backend: Backend, setup: Setup, example: Batch) => Promise<KdflowTraining<Batch>>,
): Promise<Rival<Batch> | RivalSkipped> {
  if ((await findNative()) === undefined) return { skipped: "no native backend" };
  if (variant === "eager") process.env["KDFLOW_STEP"] = "eager";
  const backend = await loadBackend("tensorflow", threads === undefined ? {} : { threads });
  const { step, parameters, createMs, run } = await create(backend, setup, batches[0] as Batch);
  if (step.mode !== variant) return { skipped: `the step is ${step.mode}: ${step.eagerReason ?? "no reason given"}` };
  const { tfjs, tensorflow } = backend.details;
  return { parameters, createMs, versions: { tfjs: String(tfjs), TensorFlow: String(tensorflow) }, step: run };
}
