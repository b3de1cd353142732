/** A pipeline's `classMap:`, a model's own class to the data's. Classes that are not in it keep their names. */
export type ClassMap = Readonly<Record<string, string>>;

/** Whatever answers with one logit per class. */
export interface NamedClasses {
  /** The model's own names, one per logit. */
  readonly classNames: readonly string[];
  /** What some of them are called in the data; the engine sets it from `classMap:`. */
  readonly classMap?: ClassMap | undefined;
}
