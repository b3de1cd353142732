import type { StateVariable, TensorSpec } from "../../../../core/index.ts";
import type { NativeBinding } from "../native-backend.ts";
import { flagValue, GraphWriter, shapeValue, textValue, typeValue } from "./graph-writer.ts";
import { inferredTypes } from "./inferred-types.ts";
import type { InPlaceUpdate, Source, Trace } from "./trace.ts";

/** One recorded body as a part of the graph: a training step or a prediction, at one batch size. */
export interface GraphPart {
  /** Begins the names of its nodes. */
  readonly scope: string;
  readonly batchSize: number;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  readonly scalars: readonly string[];
  readonly trace: Trace;
}

/** How a part is run: what to feed, in this order, and what to fetch. */
export interface PartSignature {
  readonly batchSize: number;
  readonly inputs: readonly string[];
  readonly scalars: readonly string[];
  /** Names of the fed nodes, inputs before scalars, as the addon takes them. */
  readonly feeds: string;
  readonly results: readonly string[];
  /** Fetches that give the results and change the state. */
  readonly fetches: string;
}

/** One graph that holds a step's state and every part of it. */
export interface WrittenGraph {
  readonly bytes: Uint8Array;
  readonly nodes: number;
  readonly parts: ReadonlyMap<string, PartSignature>;
  /** Fetches of all state variables, in order. */
  readonly read: string;
  readonly assignFeeds: string;
  readonly assign: string;
}

/** Writes state, its reading and assigning, and all parts into one graph, so that one session holds them. */
export function writeStepGraph(
  binding: NativeBinding,
  state: readonly StateVariable[],
  parts: readonly GraphPart[],
): WrittenGraph {
  const graph = new GraphWriter(binding);
  const read: string[] = [];
  const assignFeeds: string[] = [];
  const assigned: string[] = [];
  for (const [place, { variable }] of state.entries()) {
    const dtype = typeValue(dtypeOf(binding, variable.dtype));
    const shape = shapeValue(variable.shape);
    const handle = graph.node(`state${place}`, "VarHandleOp", [], {
      dtype,
      shape,
      shared_name: textValue(`state${place}`),
      container: textValue(""),
    });
    read.push(`${graph.node(`read${place}`, "ReadVariableOp", [handle], { dtype })}:0`);
    const value = graph.node(`value${place}`, "Placeholder", [], { dtype, shape });
    assignFeeds.push(`${value}:0`);
    assigned.push(`^${graph.node(`assign${place}`, "AssignVariableOp", [handle, value], { dtype })}`);
  }
  const signatures = parts.map((part): [string, PartSignature] => [
    part.scope,
    new PartWriter(graph, binding, state, part).write(),
  ]);
  return {
    nodes: graph.nodes,
    parts: new Map(signatures),
    read: read.join(),
    assignFeeds: assignFeeds.join(),
    assign: doneAfter(graph, binding, "assigned", assigned),
    bytes: graph.savedModel(),
  };
}

class PartWriter {
  readonly #graph: GraphWriter;
  readonly #binding: NativeBinding;
  readonly #state: readonly StateVariable[];
  readonly #part: GraphPart;
  /** Graph outputs of sources that were written. */
  readonly #written = new Map<string, string>();
  readonly #inputs: string[] = [];
  readonly #scalars: string[] = [];
  readonly #feeds = new Map<string, string>();

  constructor(graph: GraphWriter, binding: NativeBinding, state: readonly StateVariable[], part: GraphPart) {
    this.#graph = graph;
    this.#binding = binding;
    this.#state = state;
    this.#part = part;
  }

  write(): PartSignature {
    const { scope, trace, batchSize } = this.#part;
    for (const [index, op] of trace.ops.entries()) {
      const given = op.attributes.map((attribute) => [attribute.name, this.#graph.attribute(attribute)] as const);
      const inferred = inferredTypes(op).map(([name, place]) => [name, typeValue(this.#dtypeOf(place))] as const);
      const inputs = op.inputs.map((source) => this.#outputOf(source));
      this.#graph.node(`${scope}/op${index}`, op.name, inputs, Object.fromEntries([...inferred, ...given]));
    }
    const assigned = [
      ...[...trace.assigned].map(([place, source]) => `^${this.#assign(place, source)}`),
      ...trace.updates.map((update) => `^${this.#update(update)}`),
    ];
    const results = [...trace.results].map(([name, source], index) => {
      const dtype = this.#dtypeOf(source);
      const inputs = [this.#outputOf(source), ...assigned];
      const node = this.#graph.node(`${scope}/result${index}`, "Identity", inputs, { T: typeValue(dtype) });
      return { name, output: `${node}:0` };
    });
    return {
      batchSize,
      inputs: this.#inputs,
      scalars: this.#scalars,
      feeds: [...this.#inputs, ...this.#scalars].map((name) => this.#feeds.get(name)).join(),
      results: results.map(({ name }) => name),
      fetches: results.map(({ output }) => output).join(),
    };
  }

  /** After the variable was read, since all reads of a step see the value from before it. */
  #assign(place: number, source: Source): string {
    const dtype = dtypeOf(this.#binding, this.#state[place]?.variable.dtype ?? "");
    const inputs = [`state${place}`, this.#outputOf(source), `^read${place}`];
    return this.#graph.node(`${this.#part.scope}/assign${place}`, "AssignVariableOp", inputs, {
      dtype: typeValue(dtype),
    });
  }

  #update({ operation, weight, slots, inputs, flags, decay }: InPlaceUpdate): string {
    const after = decay === undefined ? `read${weight}` : this.#decay(weight, decay);
    const handles = [weight, ...slots].map((place) => `state${place}`);
    const taken = [...handles, ...inputs.map((source) => this.#outputOf(source)), `^${after}`];
    return this.#graph.node(this.#updateName(weight), operation, taken, {
      T: typeValue(this.#binding.TF_FLOAT),
      use_locking: flagValue(false),
      ...Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, flagValue(flag)])),
    });
  }

  #updateName(weight: number): string {
    return `${this.#part.scope}/update${weight}`;
  }

  /** Multiplies a weight by a number; the update comes after that. */
  #decay(weight: number, factor: Source): string {
    const dtype = typeValue(this.#binding.TF_FLOAT);
    const name = `${this.#part.scope}/decayed${weight}`;
    const product = this.#graph.node(name, "Mul", [`read${weight}:0`, this.#outputOf(factor)], { T: dtype });
    return this.#graph.node(`${name}/assign`, "AssignVariableOp", [`state${weight}`, `${product}:0`], { dtype });
  }

  #outputOf(source: Source): string {
    if (source.from === "op") return `${this.#part.scope}/op${source.op}:${source.output}`;
    if (source.from === "state") return `read${source.state}:0`;
    const key = leafKey(source);
    const found = this.#written.get(key) ?? this.#leaf(source);
    this.#written.set(key, found);
    return found;
  }

  #leaf(source: Exclude<Source, { from: "op" | "state" }>): string {
    const { scope, trace, batchSize, inputs } = this.#part;
    if (source.from === "constant") {
      const constant = trace.constants[source.constant];
      if (constant === undefined) throw new RangeError(`no constant ${source.constant}`);
      return `${this.#graph.constant(`${scope}/constant${source.constant}`, constant)}:0`;
    }
    if (source.from === "updated") {
      const inputs = [`state${source.state}`, `^${this.#updateName(source.state)}`];
      const dtype = typeValue(this.#binding.TF_FLOAT);
      return `${this.#graph.node(`${scope}/updated${source.state}`, "ReadVariableOp", inputs, { dtype })}:0`;
    }
    const { TF_FLOAT, TF_INT32, TF_UINT8 } = this.#binding;
    if (source.from === "scalar") {
      const node = this.#placeholder(`${scope}/scalar${this.#scalars.length}`, TF_FLOAT, []);
      this.#scalars.push(source.name);
      this.#feeds.set(source.name, `${node}:0`);
      return `${node}:0`;
    }
    const spec = inputs[source.name];
    if (spec === undefined) throw new RangeError(`no input "${source.name}"`);
    const dtype = { uint8: TF_UINT8, int32: TF_INT32, float32: TF_FLOAT }[spec.dtype];
    const node = this.#placeholder(`${scope}/input${this.#inputs.length}`, dtype, [batchSize, ...spec.shape]);
    this.#inputs.push(source.name);
    this.#feeds.set(source.name, `${node}:0`);
    if (spec.dtype !== "uint8") return `${node}:0`;
    // the body sees uint8 as int32; only a quarter of the bytes travels
    const types = { SrcT: typeValue(TF_UINT8), DstT: typeValue(TF_INT32) };
    return `${this.#graph.node(`${node}/int32`, "Cast", [`${node}:0`], types)}:0`;
  }

  #placeholder(name: string, dtype: number, shape: readonly number[]): string {
    return this.#graph.node(name, "Placeholder", [], { dtype: typeValue(dtype), shape: shapeValue(shape) });
  }

  #dtypeOf(source: Source): number {
    const { trace, inputs } = this.#part;
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    if (source.from === "op") return trace.ops[source.op]?.outputs[source.output]?.dtype ?? TF_FLOAT;
    if (source.from === "constant") return trace.constants[source.constant]?.dtype ?? TF_FLOAT;
    if (source.from === "input") return inputs[source.name]?.dtype === "float32" ? TF_FLOAT : TF_INT32;
    if (source.from === "scalar" || source.from === "updated") return TF_FLOAT;
    return dtypeOf(this.#binding, this.#state[source.state]?.variable.dtype ?? "float32");
  }
}

function leafKey(source: Exclude<Source, { from: "op" | "state" }>): string {
  if (source.from === "constant") return `constant ${source.constant}`;
  return source.from === "updated" ? `updated ${source.state}` : `${source.from} ${source.name}`;
}

/** A node that is done when others are; sessions fetch tensors only, so it is a number. */
function doneAfter(graph: GraphWriter, binding: NativeBinding, name: string, after: readonly string[]): string {
  const one = graph.constant(`${name}/one`, { shape: [], dtype: binding.TF_FLOAT, values: Float32Array.of(1) });
  const node = graph.node(name, "Identity", [`${one}:0`, ...after], { T: typeValue(binding.TF_FLOAT) });
  return `${node}:0`;
}

function dtypeOf(binding: NativeBinding, dtype: string): number {
  return dtype === "int32" ? binding.TF_INT32 : dtype === "bool" ? binding.TF_BOOL : binding.TF_FLOAT;
}
