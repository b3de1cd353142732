import type { NativeBinding } from "../native-backend.ts";
import { type GraphWriter, integerValue, shapeValue, textValue, typeValue } from "./graph-writer.ts";
import type { StatePack } from "./state-packs.ts";

/** Writes the packs of a step's state, and takes them apart again into the variables that the step knows. */
export class StateWriter {
  readonly #graph: GraphWriter;
  readonly #binding: NativeBinding;
  readonly #packs: readonly StatePack[];
  readonly #packOf = new Map<number, number>();
  readonly #reads: string[] = [];
  readonly #assignFeeds: string[] = [];
  readonly #assigned: string[] = [];
  /** Members' outputs, by what they were taken from. */
  readonly #pieces = new Map<string, readonly string[]>();

  constructor(graph: GraphWriter, binding: NativeBinding, packs: readonly StatePack[]) {
    this.#graph = graph;
    this.#binding = binding;
    this.#packs = packs;
    for (const [pack, { members, size }] of packs.entries()) {
      for (const { place } of members) this.#packOf.set(place, pack);
      const dtype = typeValue(this.dtype(pack));
      const shape = shapeValue([size]);
      const name = textValue(this.handle(pack));
      const attributes = { dtype, shape, shared_name: name, container: textValue("") };
      const handle = graph.node(this.handle(pack), "VarHandleOp", [], attributes);
      this.#reads.push(`${graph.node(this.readNode(pack), "ReadVariableOp", [handle], { dtype })}:0`);
      const value = graph.node(`value${pack}`, "Placeholder", [], { dtype, shape });
      this.#assignFeeds.push(`${value}:0`);
      this.#assigned.push(`^${graph.node(`assign${pack}`, "AssignVariableOp", [handle, value], { dtype })}`);
    }
  }

  handle(pack: number): string {
    return `state${pack}`;
  }

  /** Gives the pack as it was when the step began. */
  readNode(pack: number): string {
    return `read${pack}`;
  }

  /** TensorFlow's number of a pack's type. */
  dtype(pack: number): number {
    const dtype = this.#packs[pack]?.dtype;
    const { TF_BOOL, TF_FLOAT, TF_INT32 } = this.#binding;
    return dtype === "int32" ? TF_INT32 : dtype === "bool" ? TF_BOOL : TF_FLOAT;
  }

  /** The pack that holds a variable of the step. */
  packOf(place: number): number {
    const pack = this.#packOf.get(place);
    if (pack === undefined) throw new RangeError(`no pack holds the state variable ${place}`);
    return pack;
  }

  /** Places of a pack's members in the step's state, in order. */
  places(pack: number): readonly number[] {
    return this.#packs[pack]?.members.map(({ place }) => place) ?? [];
  }

  /**
   * The variable of the step inside a pack's value.
   *
   * @param node gives the pack's value, `[size]`
   */
  piece(place: number, node: string): string {
    const pack = this.packOf(place);
    const pieces = this.#pieces.get(node) ?? this.#split(pack, node);
    this.#pieces.set(node, pieces);
    return pieces[this.places(pack).indexOf(place)] ?? "";
  }

  /** Fetches and feeds that read and assign all packs. */
  signature(): { readonly read: string; readonly assignFeeds: string; readonly assign: string } {
    const dtype = this.#binding.TF_FLOAT;
    const one = this.#graph.constant("assigned/one", { shape: [], dtype, values: Float32Array.of(1) });
    // sessions fetch tensors only, so what is done when all is assigned is a number
    const assigned = this.#graph.node("assigned", "Identity", [`${one}:0`, ...this.#assigned], { T: typeValue(dtype) });
    return { read: this.#reads.join(), assignFeeds: this.#assignFeeds.join(), assign: `${assigned}:0` };
  }

  #split(pack: number, node: string): readonly string[] {
    const { TF_INT32 } = this.#binding;
    const { members } = this.#packs[pack] as StatePack;
    const T = typeValue(this.dtype(pack));
    const integers = (name: string, values: readonly number[], shape: readonly number[]): string =>
      `${this.#graph.constant(`${node}/${name}`, { shape, dtype: TF_INT32, values: Int32Array.from(values) })}:0`;
    const sizes = integers(
      "sizes",
      members.map(({ size }) => size),
      [members.length],
    );
    const attributes = { T, Tlen: typeValue(TF_INT32), num_split: integerValue(members.length) };
    const split = this.#graph.node(
      `${node}/pieces`,
      "SplitV",
      [`${node}:0`, sizes, integers("axis", [0], [])],
      attributes,
    );
    return members.map(({ place, shape }, output) => {
      if (shape.length === 1) return `${split}:${output}`;
      const wanted = integers(`shape${place}`, shape, [shape.length]);
      const inputs = [`${split}:${output}`, wanted];
      return `${this.#graph.node(`${node}/piece${place}`, "Reshape", inputs, { T, Tshape: typeValue(TF_INT32) })}:0`;
    });
  }
}
