import { type HostArray, type HostState, KdflowError, type StepSpec } from "../../../../core/index.ts";
import { checkedInput } from "../../eager/host-buffers.ts";
import type { NativeArray, NativeBinding } from "../native-backend.ts";
import { GraphSession } from "./graph-session.ts";
import type { PartSignature } from "./part-writer.ts";
import type { StatePack } from "./state-packs.ts";
import type { WrittenGraph } from "./step-graph.ts";
import type { MakeFolder } from "./temporary-folder.ts";

type Batch = Readonly<Record<string, HostArray>>;
type StateAndInputs = Pick<StepSpec, "inputs" | "state">;
type Results = Readonly<Record<string, Float32Array>>;

/** A captured step's graph in memory: it trains, predicts, and gives out and takes in its state. */
export class StepSession {
  readonly #binding: NativeBinding;
  readonly #spec: StateAndInputs;
  readonly #graph: WrittenGraph;
  readonly #session: GraphSession;
  /** Batches filled up to the size that the forward pass was recorded with. */
  readonly #padded = new Map<string, HostArray>();

  private constructor(binding: NativeBinding, spec: StateAndInputs, graph: WrittenGraph, session: GraphSession) {
    this.#binding = binding;
    this.#spec = spec;
    this.#graph = graph;
    this.#session = session;
  }

  static async load(
    binding: NativeBinding,
    spec: StateAndInputs,
    graph: WrittenGraph,
    makeFolder: MakeFolder,
  ): Promise<StepSession> {
    return new StepSession(binding, spec, graph, await GraphSession.load(binding, graph.bytes, makeFolder));
  }

  has(scope: string): boolean {
    return this.#graph.parts.has(scope);
  }

  step(
    batch: Batch,
    size: number,
    scalars: Readonly<Record<string, number>>,
    { scope, fetch }: { readonly scope: string; readonly fetch: boolean },
  ): Results | undefined {
    const part = this.#part(scope);
    const fed = this.#feed(part, batch, size);
    for (const name of part.scalars) fed.push(this.#scalar(name, scalars[name]));
    try {
      // the same fetches in both cases: TensorFlow prepares each set of them anew, which takes about a second
      if (fetch) return named(part, this.#session.fetch(fed, part.feeds, part.fetches));
      this.#session.run(fed, part.feeds, part.fetches);
      return undefined;
    } finally {
      this.#session.delete(fed);
    }
  }

  /** A batch of another size is filled up or cut to the recorded one: a sample's result depends on itself alone. */
  predict(batch: Batch, size: number): Results {
    const part = this.#part("predict");
    const pieces: Results[] = [];
    for (let start = 0; start < size; start += part.batchSize) {
      const count = Math.min(part.batchSize, size - start);
      const fed = this.#feed(part, this.#piece(part, batch, start, count), part.batchSize);
      try {
        const results = this.#session.fetch(fed, part.feeds, part.fetches);
        pieces.push(
          named(
            part,
            results.map((values) => values.subarray(0, (values.length / part.batchSize) * count)),
          ),
        );
      } finally {
        this.#session.delete(fed);
      }
    }
    return joined(part.results, pieces);
  }

  readState(): HostState {
    const { packs, read } = this.#graph;
    const values = packs.length === 0 ? [] : this.#session.fetch([], "", read);
    const found = new Map<number, Float32Array>();
    for (const [pack, { members }] of packs.entries()) {
      const all = Float32Array.from(values[pack] ?? []);
      for (const { place, offset, size } of members) found.set(place, all.slice(offset, offset + size));
    }
    return new Map(this.#spec.state.map(({ name }, place) => [name, found.get(place) ?? new Float32Array()]));
  }

  writeState(host: HostState): void {
    const { packs, assign, assignFeeds } = this.#graph;
    if (packs.length === 0) return;
    const ids = packs.map((pack) => this.#uploadPack(pack, host));
    try {
      this.#session.run(ids, assignFeeds, assign);
    } finally {
      this.#session.delete(ids);
    }
  }

  #uploadPack({ dtype, size, members }: StatePack, host: HostState): number {
    const { TF_FLOAT, TF_INT32 } = this.#binding;
    const all = dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
    for (const { place, offset } of members) all.set(host.get(this.#spec.state[place]?.name ?? "") ?? [], offset);
    return this.#session.upload([size], dtype === "int32" ? TF_INT32 : TF_FLOAT, all);
  }

  dispose(): void {
    this.#session.dispose();
    this.#padded.clear();
  }

  #part(scope: string): PartSignature {
    const part = this.#graph.parts.get(scope);
    if (part === undefined) throw new KdflowError("KDF_INTERNAL", `the captured graph has no part "${scope}"`);
    return part;
  }

  #feed(part: PartSignature, batch: Batch, size: number): number[] {
    const { TF_FLOAT, TF_INT32, TF_UINT8 } = this.#binding;
    return part.inputs.map((name) => {
      const spec = this.#spec.inputs[name];
      if (spec === undefined) throw new KdflowError("KDF_INTERNAL", `the step declares no input "${name}"`);
      const dtype = { uint8: TF_UINT8, int32: TF_INT32, float32: TF_FLOAT }[spec.dtype];
      return this.#session.upload([size, ...spec.shape], dtype, checkedInput(name, spec, batch[name], size));
    });
  }

  #scalar(name: string, value: number | undefined): number {
    if (value === undefined) throw new KdflowError("KDF_INTERNAL", `the step was run without its scalar "${name}"`);
    return this.#session.upload([], this.#binding.TF_FLOAT, Float32Array.of(value));
  }

  #piece(part: PartSignature, batch: Batch, start: number, count: number): Batch {
    if (count === part.batchSize && start === 0) return batch;
    const piece: Record<string, HostArray> = {};
    for (const name of part.inputs) {
      const spec = this.#spec.inputs[name];
      const values = batch[name];
      if (spec === undefined || values === undefined) continue;
      const width = spec.shape.reduce((product, length) => product * length, 1);
      const kept = this.#padded.get(name) ?? emptyLike(values, part.batchSize * width);
      kept.set(values.subarray(start * width, (start + count) * width));
      this.#padded.set(name, kept);
      piece[name] = kept;
    }
    return piece;
  }
}

function emptyLike(values: HostArray, length: number): HostArray {
  if (values instanceof Uint8Array) return new Uint8Array(length);
  return values instanceof Int32Array ? new Int32Array(length) : new Float32Array(length);
}

function named({ results }: PartSignature, values: readonly NativeArray[]): Results {
  return Object.fromEntries(results.map((name, place) => [name, Float32Array.from(values[place] ?? [])]));
}

function joined(names: readonly string[], pieces: readonly Results[]): Results {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  return Object.fromEntries(
    names.map((name) => {
      const arrays = pieces.map((piece) => piece[name] ?? new Float32Array());
      const all = new Float32Array(arrays.reduce((sum, values) => sum + values.length, 0));
      let offset = 0;
      for (const values of arrays) {
        all.set(values, offset);
        offset += values.length;
      }
      return [name, all];
    }),
  );
}
