import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { NativeArray, NativeBinding } from "../native-backend.ts";
import { graphTag } from "./graph-writer.ts";
import { refusing } from "./refusals.ts";
import type { MakeFolder } from "./temporary-folder.ts";

/** One loaded graph and its variables. */
export class GraphSession {
  readonly #binding: NativeBinding;
  readonly #session: number;

  private constructor(binding: NativeBinding, session: number) {
    this.#binding = binding;
    this.#session = session;
  }

  /**
   * @param savedModel bytes of a `saved_model.pb`
   * @param makeFolder for the moment at which TensorFlow reads it. A disk that fails is an error: eager steps in its
   *   place would give other numbers.
   * @throws NotCapturable where TensorFlow refuses the graph
   */
  static async load(binding: NativeBinding, savedModel: Uint8Array, makeFolder: MakeFolder): Promise<GraphSession> {
    const { directory, remove } = await makeFolder();
    try {
      await writeFile(join(directory, "saved_model.pb"), savedModel);
      return new GraphSession(
        binding,
        refusing(() => binding.loadSavedModel(directory, `${graphTag},`)),
      );
    } finally {
      await remove();
    }
  }

  /** Uploads a tensor; caller deletes. */
  upload(shape: readonly number[], dtype: number, values: NativeArray): number {
    return this.#binding.createTensor(shape, dtype, values);
  }

  delete(tensors: readonly number[]): void {
    for (const id of tensors) this.#binding.deleteTensor(id);
  }

  /** Runs until the fetches are there, and drops them. */
  run(inputs: readonly number[], feeds: string, fetches: string): void {
    for (const { id } of this.#binding.runSavedModel(this.#session, inputs, feeds, fetches)) {
      this.#binding.deleteTensor(id);
    }
  }

  /** Runs and reads the fetches; the arrays are copies. */
  fetch(inputs: readonly number[], feeds: string, fetches: string): NativeArray[] {
    const tensors = this.#binding.runSavedModel(this.#session, inputs, feeds, fetches);
    try {
      return tensors.map(({ id }) => this.#binding.tensorDataSync(id).slice());
    } finally {
      for (const { id } of tensors) this.#binding.deleteTensor(id);
    }
  }

  dispose(): void {
    this.#binding.deleteSavedModel(this.#session);
  }
}
