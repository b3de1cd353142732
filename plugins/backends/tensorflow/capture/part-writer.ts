import type { NativeBinding } from "../native-backend.ts";
import type { FlatValue } from "./flat-value.ts";
import type { GraphPart } from "./graph-part.ts";
import { flagValue, type GraphWriter, integerValue, shapeValue, typeValue } from "./graph-writer.ts";
import { inferredTypes } from "./inferred-types.ts";
import type { PackChange, PackedTrace } from "./packed-trace.ts";
import type { StateWriter } from "./state-writer.ts";
import type { Source } from "./trace.ts";

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

type Feed = Extract<Source, { readonly from: "input" | "scalar" }>;

/** Writes one part into the graph. */
export class PartWriter {
  readonly #graph: GraphWriter;
  readonly #binding: NativeBinding;
  readonly #state: StateWriter;
  readonly #part: GraphPart;
  readonly #trace: PackedTrace;
  /** Outputs of constants and feeds that were written. */
  readonly #written = new Map<string, string>();
  readonly #inputs: string[] = [];
  readonly #scalars: string[] = [];
  readonly #feeds = new Map<string, string>();
  #flatNodes = 0;

  constructor(graph: GraphWriter, binding: NativeBinding, state: StateWriter, part: GraphPart, trace: PackedTrace) {
    this.#graph = graph;
    this.#binding = binding;
    this.#state = state;
    this.#part = part;
    this.#trace = trace;
  }

  write(): PartSignature {
    const { scope, batchSize } = this.#part;
    for (const [index, op] of this.#trace.ops.entries()) {
      const given = op.attributes.map((attribute) => [attribute.name, this.#graph.attribute(attribute)] as const);
      const inferred = inferredTypes(op).map(([name, place]) => [name, typeValue(this.#dtypeOf(place))] as const);
      const inputs = op.inputs.map((source, place) =>
        op.name === "Reshape" && place === 0 ? this.#anyShape(source) : this.#outputOf(source),
      );
      this.#graph.node(`${scope}/op${index}`, op.name, inputs, Object.fromEntries([...inferred, ...given]));
    }
    const changed = this.#trace.changes.map((change) => `^${this.#change(change)}`);
    const results = [...this.#trace.results].map(([name, source], index) => {
      const inputs = [this.#outputOf(source), ...changed];
      const attributes = { T: typeValue(this.#dtypeOf(source)) };
      return { name, output: `${this.#graph.node(`${scope}/result${index}`, "Identity", inputs, attributes)}:0` };
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

  /** After the pack was read, since all reads of a step see the value from before it. */
  #change({ pack, inputs, inPlace }: PackChange): string {
    const dtype = typeValue(this.#state.dtype(pack));
    const values = inputs.map((value) => this.#flat(value, pack));
    const read = this.#state.readNode(pack);
    const name = this.#changeName(pack);
    if (inPlace === undefined) {
      return this.#graph.node(name, "AssignVariableOp", [this.#state.handle(pack), ...values, `^${read}`], { dtype });
    }
    const { operation, slots, flags, decay } = inPlace;
    const after = decay === undefined ? read : this.#decay(pack, decay);
    const handles = [pack, ...slots].map((each) => this.#state.handle(each));
    return this.#graph.node(name, operation, [...handles, ...values, `^${after}`], {
      T: dtype,
      use_locking: flagValue(false),
      ...Object.fromEntries(Object.entries(flags).map(([flag, value]) => [flag, flagValue(value)])),
    });
  }

  #changeName(pack: number): string {
    return `${this.#part.scope}/change${pack}`;
  }

  /** Multiplies weights by a number; their update comes after that. */
  #decay(pack: number, factor: Source): string {
    const dtype = typeValue(this.#state.dtype(pack));
    const name = `${this.#part.scope}/decayed${pack}`;
    const inputs = [`${this.#state.readNode(pack)}:0`, this.#outputOf(factor)];
    const product = this.#graph.node(name, "Mul", inputs, { T: dtype });
    const assigned = [this.#state.handle(pack), `${product}:0`];
    return this.#graph.node(`${name}/assign`, "AssignVariableOp", assigned, { dtype });
  }

  #flat(value: FlatValue, pack: number): string {
    if (value.of === "self") return `${this.#state.readNode(pack)}:0`;
    if (value.of === "number") return this.#outputOf(value.source);
    if (value.of === "members") return this.#joined(value.sources, pack);
    const inputs = value.inputs.map((input) => this.#flat(input, pack));
    return this.#flatNode(value.name, inputs, { T: typeValue(this.#state.dtype(pack)) });
  }

  /** Tensors flattened, one after the other. */
  #joined(sources: readonly Source[], pack: number): string {
    const whole = this.#wholePack(sources);
    if (whole !== undefined) return whole;
    const [T, TF_INT32] = [typeValue(this.#state.dtype(pack)), typeValue(this.#binding.TF_INT32)];
    const flat = sources.map((source) => {
      const output = this.#anyShape(source);
      if (this.#isFlat(source)) return output;
      return this.#flatNode("Reshape", [output, this.#integer("flat", [-1])], { T, Tshape: TF_INT32 });
    });
    const [only] = flat;
    if (flat.length === 1 && only !== undefined) return only;
    const attributes = { T, N: integerValue(flat.length), Tidx: TF_INT32 };
    return this.#flatNode("ConcatV2", [...flat, this.#integer("axis", 0)], attributes);
  }

  /** Where the tensors are all members of one pack, in its order, they are joined already. */
  #wholePack(sources: readonly Source[]): string | undefined {
    const [first] = sources;
    if (first?.from !== "state" && first?.from !== "updated") return undefined;
    const pack = this.#state.packOf(first.state);
    const places = this.#state.places(pack);
    const isWhole =
      places.length === sources.length &&
      sources.every((source, i) => source.from === first.from && source.state === places[i]);
    return isWhole ? `${this.#valueOf(pack, first.from)}:0` : undefined;
  }

  /** The node that gives a pack before the step, or once it was changed in place. */
  #valueOf(pack: number, when: "state" | "updated"): string {
    if (when === "state") return this.#state.readNode(pack);
    const inputs = [this.#state.handle(pack), `^${this.#changeName(pack)}`];
    const name = `${this.#part.scope}/updated${pack}`;
    return this.#once(name, () =>
      this.#graph.node(name, "ReadVariableOp", inputs, { dtype: typeValue(this.#state.dtype(pack)) }),
    );
  }

  /** A value in any shape that holds its numbers in their order. */
  #anyShape(source: Source): string {
    if (source.from !== "state" && source.from !== "updated") return this.#outputOf(source);
    return this.#state.flatPiece(source.state, this.#valueOf(this.#state.packOf(source.state), source.from));
  }

  #outputOf(source: Source): string {
    if (source.from === "op") return `${this.#part.scope}/op${source.op}:${source.output}`;
    if (source.from === "state" || source.from === "updated") {
      return this.#state.piece(source.state, this.#valueOf(this.#state.packOf(source.state), source.from));
    }
    if (source.from !== "constant") return this.#once(`${source.from} ${source.name}`, () => this.#feed(source));
    return this.#once(`constant ${source.constant}`, () => {
      const constant = this.#trace.constants[source.constant];
      if (constant === undefined) throw new RangeError(`no constant ${source.constant}`);
      return `${this.#graph.constant(`${this.#part.scope}/constant${source.constant}`, constant)}:0`;
    });
  }

  #feed(source: Feed): string {
    const { scope, batchSize, inputs } = this.#part;
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

  #flatNode(op: string, inputs: readonly string[], attributes: Parameters<GraphWriter["node"]>[3]): string {
    return `${this.#graph.node(`${this.#part.scope}/flat${this.#flatNodes++}`, op, inputs, attributes)}:0`;
  }

  #integer(name: string, value: number | readonly number[]): string {
    const list = typeof value === "number" ? [value] : value;
    const shape = typeof value === "number" ? [] : [list.length];
    const content = { shape, dtype: this.#binding.TF_INT32, values: Int32Array.from(list) };
    return this.#once(name, () => `${this.#graph.constant(`${this.#part.scope}/${name}`, content)}:0`);
  }

  /** Writes a thing when it is first asked for. */
  #once(key: string, write: () => string): string {
    const found = this.#written.get(key) ?? write();
    this.#written.set(key, found);
    return found;
  }

  /** Whether a value has one axis, as it is given where any shape will do. */
  #isFlat(source: Source): boolean {
    if (source.from === "op") return this.#trace.ops[source.op]?.outputs[source.output]?.shape.length === 1;
    return source.from === "state" || source.from === "updated";
  }

  #dtypeOf(source: Source): number {
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    const { ops, constants } = this.#trace;
    if (source.from === "op") return ops[source.op]?.outputs[source.output]?.dtype ?? TF_FLOAT;
    if (source.from === "constant") return constants[source.constant]?.dtype ?? TF_FLOAT;
    if (source.from === "input") return this.#part.inputs[source.name]?.dtype === "float32" ? TF_FLOAT : TF_INT32;
    return source.from === "scalar" ? TF_FLOAT : this.#state.dtype(this.#state.packOf(source.state));
  }
}
