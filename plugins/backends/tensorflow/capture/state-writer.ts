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
  /** The operation that takes a pack apart, by the node that gives the pack. */
  readonly #splits = new Map<string, string>();
  /** Members in their shapes, by the outputs that give them flattened. */
  readonly #shaped = new Map<string, string>();

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
   * The variable of the step inside a pack's value, in its shape.
   *
   * @param node gives the pack's value, `[size]`
   */
  piece(place: number, node: string): string {
    const flat = this.flatPiece(place, node);
    const shape = this.#packs[this.packOf(place)]?.members.find((member) => member.place === place)?.shape ?? [];
    if (shape.length === 1) return flat;
    const shaped = this.#shaped.get(flat) ?? this.#reshaped(place, node, flat, shape);
    this.#shaped.set(flat, shaped);
    return shaped;
  }

  /** The same, flattened: `[numbers]`. */
  flatPiece(place: number, node: string): string {
    const pack = this.packOf(place);
    const split = this.#splits.get(node) ?? this.#split(pack, node);
    this.#splits.set(node, split);
    return `${split}:${this.places(pack).indexOf(place)}`;
  }

  /** Fetches and feeds that read and assign all packs. */
  signature(): { readonly read: string; readonly assignFeeds: string; readonly assign: string } {
    const dtype = this.#binding.TF_FLOAT;
    const one = this.#graph.constant("assigned/one", { shape: [], dtype, values: Float32Array.of(1) });
    // sessions fetch tensors only, so what is done when all is assigned is a number
    const assigned = this.#graph.node("assigned", "Identity", [`${one}:0`, ...this.#assigned], { T: typeValue(dtype) });
    return { read: this.#reads.join(), assignFeeds: this.#assignFeeds.join(), assign: `${assigned}:0` };
  }

  #split(pack: number, node: string): string {
    const { members } = this.#packs[pack] as StatePack;
    const sizes = members.map(({ size }) => size);
    const T = typeValue(this.dtype(pack));
    const attributes = { T, Tlen: typeValue(this.#binding.TF_INT32), num_split: integerValue(members.length) };
    const inputs = [
      `${node}:0`,
      this.#integers(`${node}/sizes`, sizes, [sizes.length]),
      this.#integers("pieces/axis", [0], []),
    ];
    return this.#graph.node(`${node}/pieces`, "SplitV", inputs, attributes);
  }

  #reshaped(place: number, node: string, flat: string, shape: readonly number[]): string {
    const types = { T: typeValue(this.dtype(this.packOf(place))), Tshape: typeValue(this.#binding.TF_INT32) };
    const inputs = [flat, this.#integers(`${node}/shape${place}`, shape, [shape.length])];
    return `${this.#graph.node(`${node}/piece${place}`, "Reshape", inputs, types)}:0`;
  }

  #integers(name: string, values: readonly number[], shape: readonly number[]): string {
    const content = { shape, dtype: this.#binding.TF_INT32, values: Int32Array.from(values) };
    return `${this.#graph.constant(name, content)}:0`;
  }
}
