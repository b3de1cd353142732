import { type HostArray, type HostState, KdflowError, type StateVariable } from "../../../../core/index.ts";
import { checkedInput } from "../../eager/host-buffers.ts";
import type { NativeArray, NativeBinding } from "../native-backend.ts";
import type { GraphPart } from "./graph-part.ts";
import type { Source, Trace } from "./trace.ts";
import { keyOf } from "./trace-view.ts";
import type { StepOutcome } from "./twin.ts";

/** What a recorded step starts from. */
export interface ReplayStart {
  readonly batch: Readonly<Record<string, HostArray>>;
  readonly scalars: Readonly<Record<string, number>>;
  readonly state: HostState;
}

/**
 * Runs the operations of a recorded step one by one, as they were recorded, and frees each tensor after its last use. It
 * gives what the eager step gives, bit for bit, without the time that TensorFlow.js needs to find out what to run.
 *
 * @returns the results, and the state after the step
 */
export function replayTrace(
  binding: NativeBinding,
  part: GraphPart,
  variables: readonly StateVariable[],
  start: ReplayStart,
): StepOutcome {
  const { trace } = part;
  const tensors = new Tensors(binding, usesOf(trace), fromHost(binding, part, variables, start));
  try {
    for (const [op, { name, attributes, inputs, outputs }] of trace.ops.entries()) {
      const ids = inputs.map((input) => tensors.take(input));
      for (const [output, { id }] of binding.executeOp(name, attributes, ids, outputs.length).entries()) {
        tensors.put({ from: "op", op, output }, id);
      }
      for (const input of inputs) tensors.release(input);
    }
    const read = (source: Source): Float32Array => Float32Array.from(binding.tensorDataSync(tensors.take(source)));
    const state = new Map(start.state);
    for (const [place, source] of trace.assigned) state.set(variables[place]?.name ?? "", read(source));
    return { results: Object.fromEntries([...trace.results].map(([name, source]) => [name, read(source)])), state };
  } finally {
    tensors.dispose();
  }
}

/** How often each value is taken, by its key. */
function usesOf({ ops, assigned, results }: Trace): Map<string, number> {
  const uses = new Map<string, number>();
  for (const source of [...ops.flatMap(({ inputs }) => inputs), ...assigned.values(), ...results.values()]) {
    uses.set(keyOf(source), (uses.get(keyOf(source)) ?? 0) + 1);
  }
  return uses;
}

/** The tensors on the device that are still to be used. */
class Tensors {
  readonly #binding: NativeBinding;
  readonly #uses: Map<string, number>;
  readonly #host: (source: Source) => HostTensor;
  readonly #ids = new Map<string, number>();

  constructor(binding: NativeBinding, uses: Map<string, number>, host: (source: Source) => HostTensor) {
    this.#binding = binding;
    this.#uses = uses;
    this.#host = host;
  }

  put(source: Source, id: number): void {
    const key = keyOf(source);
    if (this.#uses.has(key)) this.#ids.set(key, id);
    else this.#binding.deleteTensor(id);
  }

  /** One that is not there yet comes from the host. */
  take(source: Source): number {
    const key = keyOf(source);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const { shape, dtype, values } = this.#host(source);
    const id = this.#binding.createTensor(shape, dtype, values);
    this.#ids.set(key, id);
    return id;
  }

  release(source: Source): void {
    const key = keyOf(source);
    const left = (this.#uses.get(key) ?? 0) - 1;
    this.#uses.set(key, left);
    const id = this.#ids.get(key);
    if (left > 0 || id === undefined) return;
    this.#binding.deleteTensor(id);
    this.#ids.delete(key);
  }

  dispose(): void {
    for (const id of this.#ids.values()) this.#binding.deleteTensor(id);
    this.#ids.clear();
  }
}

interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly values: NativeArray;
}

/** Values of a step that no operation gives. */
function fromHost(
  binding: NativeBinding,
  { trace, inputs, batchSize }: GraphPart,
  variables: readonly StateVariable[],
  start: ReplayStart,
): (source: Source) => HostTensor {
  const { TF_FLOAT, TF_INT32 } = binding;
  const inputTensor = (name: string): HostTensor => {
    const spec = inputs[name];
    if (spec === undefined) throw new KdflowError("KDF_INTERNAL", `the step declares no input "${name}"`);
    const values = checkedInput(name, spec, start.batch[name], batchSize);
    const shape = [batchSize, ...spec.shape];
    if (values instanceof Float32Array) return { shape, dtype: TF_FLOAT, values };
    return { shape, dtype: TF_INT32, values: Int32Array.from(values) };
  };
  const stateTensor = (place: number): HostTensor => {
    const { name, variable } = variables[place] as StateVariable;
    const values = start.state.get(name) ?? new Float32Array();
    if (variable.dtype === "float32") return { shape: variable.shape, dtype: TF_FLOAT, values };
    return { shape: variable.shape, dtype: TF_INT32, values: Int32Array.from(values) };
  };
  return (source) => {
    if (source.from === "constant") return trace.constants[source.constant] as HostTensor;
    if (source.from === "input") return inputTensor(source.name);
    if (source.from === "scalar")
      return { shape: [], dtype: TF_FLOAT, values: Float32Array.of(start.scalars[source.name] ?? Number.NaN) };
    if (source.from === "state") return stateTensor(source.state);
    throw new KdflowError("KDF_INTERNAL", "an operation's output was taken before it was there, or after its last use");
  };
}
