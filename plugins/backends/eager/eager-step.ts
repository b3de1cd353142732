import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { KdflowError, type Step, type StepSpec, type Tf } from "../../../core/index.ts";
import { bodyOf } from "../layers/body-of.ts";
import { HostBuffers } from "./host-buffers.ts";
import { assertOwnTensor } from "./own-tensor.ts";
import { readVariables, writeVariables } from "./state-transfer.ts";

/**
 * Makes a step that runs `spec.body` operation by operation. `dispose` frees what the step made; the variables in
 * `spec.state` stay with whoever made them.
 *
 * @throws KDF_PLUGIN_FOREIGN_TENSOR where a state variable belongs to another copy of TensorFlow.js
 */
export function createEagerStep(tf: Tf, spec: StepSpec): Step {
  for (const { name, variable } of spec.state) assertOwnTensor(tf, variable, `state "${name}"`);
  const buffers = new HostBuffers(tf, spec.inputs);
  const inputNames = Object.keys(spec.inputs);
  return {
    mode: "eager",
    async run(batch, batchSize, values, { fetch, variant }) {
      const body = bodyOf(spec, variant);
      const results = tf.tidy(() => {
        const inputs = buffers.tensors(inputNames, batch, batchSize);
        const returned = body(inputs, scalarTensors(tf, spec.scalars, values));
        const checked = checkedResults(tf, returned, "training step");
        ownState(tf, spec, inputs);
        return fetch ? checked : undefined;
      });
      return results === undefined ? undefined : readAndDispose(results);
    },
    async predict(batch, batchSize) {
      const results = tf.tidy(() => {
        const inputs = buffers.tensors(spec.predictInputs, batch, batchSize);
        return checkedResults(tf, spec.predict(inputs), "prediction");
      });
      return readAndDispose(results);
    },
    readState: () => readVariables(spec.state),
    writeState: async (state) => writeVariables(tf, spec.state, state),
    dispose: () => buffers.dispose(),
  };
}

function scalarTensors(
  tf: Tf,
  names: readonly string[],
  values: Readonly<Record<string, number>>,
): Record<string, Scalar> {
  const scalars: Record<string, Scalar> = {};
  for (const name of names) {
    const value = values[name];
    if (value === undefined) throw new KdflowError("KDF_INTERNAL", `the step was run without its scalar "${name}"`);
    scalars[name] = tf.scalar(value, "float32");
  }
  return scalars;
}

/** Clones share data and are ours to dispose, even where the body returned a variable or an input. */
function checkedResults(tf: Tf, results: Readonly<Record<string, Tensor>>, step: string): Record<string, Tensor> {
  assertResults(tf, results, step);
  const clones: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(results)) clones[name] = tf.clone(tensor);
  return clones;
}

/**
 * Refuses what a body must not return.
 *
 * @param step names the body in the message: `training step`
 * @throws KDF_TENSORS_SHAPE where it is not a record of live tensors; KDF_PLUGIN_FOREIGN_TENSOR
 */
export function assertResults(tf: Tf, results: Readonly<Record<string, Tensor>>, step: string): void {
  if (results instanceof Promise)
    throw new KdflowError("KDF_TENSORS_SHAPE", `the body of the ${step} must not be async`);
  for (const [name, tensor] of Object.entries(results)) {
    assertOwnTensor(tf, tensor, `result "${name}" of the ${step}`);
  }
}

/** State that took an input over as it is gets memory of its own, because the host overwrites inputs. */
function ownState(tf: Tf, spec: StepSpec, inputs: Readonly<Record<string, Tensor>>): void {
  const shared = new Set(Object.values(inputs).map((input) => input.dataId));
  for (const { variable } of spec.state) {
    if (shared.has(variable.dataId)) variable.assign(tf.mul(variable, tf.scalar(1, "int32")));
  }
}

async function readAndDispose(results: Readonly<Record<string, Tensor>>): Promise<Record<string, Float32Array>> {
  try {
    const host: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) host[name] = Float32Array.from(await tensor.data());
    return host;
  } finally {
    for (const tensor of Object.values(results)) tensor.dispose();
  }
}
