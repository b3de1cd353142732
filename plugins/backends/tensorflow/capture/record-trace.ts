import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import type { StateVariable, Tf } from "../../../../core/index.ts";
import type { NativeArray, NativeBackend, NativeBinding, NativeTensor, OpAttribute } from "../native-backend.ts";
import { NotCapturable } from "./not-capturable.ts";
import { OutputMaker } from "./output-maker.ts";
import { isRandomOperation, watchingRandomNumbers } from "./random-operations.ts";
import { pruned, type Source, type Trace, type TracedConstant, type TracedOp } from "./trace.ts";

type Tensors = Readonly<Record<string, Tensor>>;

export interface RecordRequest {
  readonly tf: Tf;
  readonly native: NativeBackend;
  readonly inputs: Tensors;
  readonly scalars: Readonly<Record<string, Scalar>>;
  readonly state: readonly StateVariable[];
  /** What is recorded; runs in the caller's tidy. */
  readonly body: () => Tensors;
  /** Whose code is running, for messages. */
  readonly author: (() => string | undefined) | undefined;
  /** Variables outside `state` are constants: true for the weights of a frozen model. */
  readonly frozen?: boolean;
  /**
   * The operations of a recording of the same body. As long as they are the same nothing is computed: an operation
   * gives tensors of the shapes that it gave there, without values.
   */
  readonly follow?: readonly TracedOp[] | undefined;
}

export interface Recording {
  readonly trace: Trace;
  /** All operations in the order in which they ran. */
  readonly ops: readonly TracedOp[];
  /** What the body returned; the values are those of the step that really ran. */
  readonly results: Tensors;
}

/**
 * Runs a step body operation by operation and notes every operation that reaches the addon, so that the very same work
 * can be replayed as one graph.
 *
 * @throws NotCapturable where the body reads a tensor on the host, draws random numbers or changes variables that are
 * not its state
 */
export function recordTrace(request: RecordRequest): Recording {
  const { native, state } = request;
  const outside = outsideVariables(request);
  const recorder = new Recorder(request, new Set(outside.map(({ id }) => id)));
  const addon = native.binding;
  native.binding = recorder.binding();
  let results: Tensors;
  try {
    results = watchingRandomNumbers(request.tf, (name) => recorder.noteRandom(`tf.${name}`), request.body);
  } catch (error) {
    // it went on with tensors without values, and may fail for that alone
    throw recorder.diverged ? new NotCapturable("it does something else the second time it is recorded") : error;
  } finally {
    native.binding = addon;
    recorder.dispose();
  }
  recorder.assertCapturable();
  for (const { variable, id } of outside) {
    if (native.getInputTensorIds([variable])[0] === id) continue;
    throw new NotCapturable(`the variable "${variable.name}" changes in the step but is not part of its state`);
  }
  const assigned = new Map<number, Source>();
  for (const [place, { variable }] of state.entries()) {
    const source = recorder.sourceOf(idOf(native, variable));
    if (source.from !== "state" || source.state !== place) assigned.set(place, source);
  }
  const returned = Object.entries(results).map(([name, tensor]): [string, Source] => [
    name,
    recorder.sourceOf(idOf(native, tensor)),
  ]);
  const { ops, constants } = recorder;
  return { trace: pruned({ ops, constants, results: new Map(returned), assigned, updates: [] }), ops, results };
}

function idOf(native: NativeBackend, tensor: Tensor): number {
  const [id] = native.getInputTensorIds([tensor]);
  return id ?? -1;
}

/** Variables that the step does not own; all are uploaded, so that they are not taken for constants of the body. */
function outsideVariables({ tf, native, state, frozen }: RecordRequest): { variable: Variable; id: number }[] {
  if (frozen === true) return [];
  const own = new Set(state.map(({ variable }) => variable));
  const registered = Object.values(tf.engine().registeredVariables);
  return registered
    .filter((variable) => !own.has(variable))
    .map((variable) => ({ variable, id: idOf(native, variable) }));
}

class Recorder {
  readonly ops: TracedOp[] = [];
  readonly constants: TracedConstant[] = [];
  readonly #sources = new Map<number, Source>();
  readonly #addon: NativeBinding;
  readonly #outsideVariables: ReadonlySet<number>;
  readonly #author: () => string | undefined;
  readonly #outputs: OutputMaker | undefined;
  readonly #real = (id: number): number => this.#outputs?.real(id) ?? id;
  #refusal: string | undefined;

  constructor(request: RecordRequest, outsideVariables: ReadonlySet<number>) {
    const { native, inputs, scalars, state, author, follow } = request;
    this.#addon = native.binding;
    this.#outsideVariables = outsideVariables;
    this.#author = author ?? (() => undefined);
    this.#outputs = follow && new OutputMaker(this.#addon, follow);
    // uploaded now: a tensor that is still on the host could be read there without the addon
    for (const [name, tensor] of Object.entries(inputs)) {
      this.#sources.set(idOf(native, tensor), { from: "input", name });
    }
    for (const [name, tensor] of Object.entries(scalars)) {
      this.#sources.set(idOf(native, tensor), { from: "scalar", name });
    }
    for (const [place, { variable }] of state.entries()) {
      this.#sources.set(idOf(native, variable), { from: "state", state: place });
    }
  }

  /** The addon as the body sees it. */
  binding(): NativeBinding {
    const addon = this.#addon;
    const recording: Partial<NativeBinding> = {
      createTensor: (shape, dtype, values) => {
        const id = addon.createTensor(shape, dtype, values);
        this.#constant(id, { shape: [...shape], dtype, values: values.slice() });
        return id;
      },
      executeOp: (name, attributes, inputs, outputs) => this.#execute(name, attributes, inputs, outputs),
      tensorDataSync: (id) => {
        if (this.#sources.get(id)?.from !== "constant") this.#refuse("it reads a tensor's value on the host");
        return addon.tensorDataSync(this.#real(id));
      },
      runSavedModel: (...args) => {
        this.#refuse("it runs another saved graph");
        return addon.runSavedModel(...args);
      },
    };
    return Object.create(addon, Object.getOwnPropertyDescriptors(recording)) as NativeBinding;
  }

  #execute(
    name: string,
    attributes: readonly OpAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): NativeTensor[] {
    if (isRandomOperation(name)) this.noteRandom(`the operation ${name}`);
    const sources = inputs.map((id) => this.sourceOf(id));
    const op = this.ops.length;
    const started = { name, attributes: attributes.map((attribute) => ({ ...attribute })), inputs: sources };
    const tensors = this.#outputs?.of(op, started) ?? this.#compute(name, attributes, inputs, outputs);
    this.ops.push({
      ...started,
      outputs: tensors.map(({ shape, dtype }) => ({ shape, dtype })),
      author: this.#author(),
    });
    for (const [output, { id }] of tensors.entries()) this.#sources.set(id, { from: "op", op, output });
    return tensors;
  }

  #compute(name: string, attributes: readonly OpAttribute[], inputs: readonly number[], outputs: number) {
    return this.#addon.executeOp(name, attributes, inputs.map(this.#real), outputs);
  }

  /** Where a tensor comes from; one from before the step is a constant. */
  sourceOf(id: number): Source {
    const known = this.#sources.get(id);
    if (known !== undefined) return known;
    if (this.#outsideVariables.has(id)) this.#refuse("it uses a variable that is not part of its state");
    const { id: copy, shape, dtype } = this.#describe(id);
    const addon = this.#addon;
    const { TF_FLOAT, TF_INT32, TF_BOOL } = addon;
    let values: NativeArray = new Uint8Array();
    if ([TF_FLOAT, TF_INT32, TF_BOOL].includes(dtype)) values = addon.tensorDataSync(id).slice();
    else this.#refuse(`it uses a tensor of a type that no constant can have (${dtype})`);
    addon.deleteTensor(copy);
    return this.#constant(id, { shape, dtype, values });
  }

  get diverged(): boolean {
    return this.#outputs?.diverged ?? false;
  }

  dispose(): void {
    this.#outputs?.dispose();
  }

  noteRandom(by: string): void {
    this.#refuse(`it draws random numbers with ${by}, and a replay would not draw new ones`);
  }

  assertCapturable(): void {
    if (this.#refusal !== undefined) throw new NotCapturable(this.#refusal);
  }

  /** Shape and type of a tensor that is only a number to us; the caller deletes the copy. */
  #describe(id: number): { id: number; shape: readonly number[]; dtype: number } {
    const [copy] = this.#addon.executeOp("Identity", [], [id], 1);
    return copy ?? { id: -1, shape: [], dtype: -1 };
  }

  #constant(id: number, constant: Omit<TracedConstant, "author">): Source {
    const source: Source = { from: "constant", constant: this.constants.length };
    this.constants.push({ ...constant, author: this.#author() });
    this.#sources.set(id, source);
    return source;
  }

  #refuse(why: string): void {
    const author = this.#author();
    this.#refusal ??= author === undefined ? why : `${author}: ${why}`;
  }
}
