/** One named output of a network or a teacher, or a feature map inside it. */
export interface OutputSpec {
  /**
   * What its numbers are: `softmax-logits`, `softmax-probs`, `sigmoid-logits`, `cells` (a detection head's grid), `rows`
   * (decoded boxes), `features`, or a task's own word.
   */
  readonly kind: string;
  /** Without the batch axis: `[classes]` of logits, `[height, width, channels]` of a feature map. */
  readonly shape: readonly number[];
  /** Input pixels per cell, where it has a place in the image. */
  readonly stride?: number;
  /** Of `cells`: the anchors of a cell, width and height in pixels of the input. */
  readonly anchors?: readonly (readonly [width: number, height: number])[];
  /** Of `rows`: false where a score is the class's alone, without objectness. */
  readonly objectness?: boolean;
}

/** Outputs by name, in order. */
export type Outputs = Readonly<Record<string, OutputSpec>>;

/** What a model says of some images: by output, `[count, ...shape]`. */
export type Answers = Readonly<Record<string, Float32Array>>;
