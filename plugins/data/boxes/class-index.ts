import { allowedHint, KdflowError, type SourcePlace } from "../../../core/index.ts";

/** Numbers of class names; a name that is not there is an error at the place of the label. */
export class ClassIndex {
  readonly #names: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#ids = new Map(names.map((name, id) => [name, id]));
  }

  /** @throws KDF_INPUT_CLASSES */
  of(name: string, where: () => SourcePlace | undefined): number {
    const id = this.#ids.get(name);
    if (id !== undefined) return id;
    throw new KdflowError("KDF_INPUT_CLASSES", `"${name}" is not one of the ${this.#names.length} classes`, {
      where: where(),
      hint: allowedHint(name, this.#names),
    });
  }
}
