/** A pipeline's `classMap:`, a model's own class to the data's. Classes that are not in it keep their names. */
export type ClassMap = Readonly<Record<string, string>>;

/** Whatever answers with one logit per class. */
export interface NamedClasses {
  /** The model's own names, one per logit. */
  readonly classNames: readonly string[];
  /** What some of them are called in the data; the engine sets it from `classMap:`. */
  readonly classMap?: ClassMap | undefined;
}

/** What messages call the model and the data. */
export interface ClassWords {
  readonly model: string;
  readonly data: string;
}

/** Why a model's classes cannot be taken for the data's. */
export interface ClassProblem {
  readonly code: "KDF_PLAN_CLASSES" | "KDF_PLAN_CLASS_MAP";
  readonly message: string;
  readonly hint: readonly string[];
  /** The entry of `classMap:` that is wrong, and which side of it. */
  readonly entry?: { readonly name: string; readonly side: "key" | "value" };
}

/** How a source's classes stand for the data's: sentences on those that are not shared, or why they cannot. */
export type ClassMatch = ClassProblem | { readonly notes: readonly string[] };
