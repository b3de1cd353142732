import { type Answers, KdflowError, type ReadRequest, type Show } from "../../../core/index.ts";
import { probsKind } from "./names.ts";
import { softmax } from "./rows.ts";

/** A class with its probability. */
export interface ClassProbability {
  readonly class: string;
  readonly probability: number;
}

/** The most probable classes of one image, the most probable first; of equal ones the earlier class. */
export type ClassPrediction = readonly ClassProbability[];

/**
 * The most probable classes of each image; fewer than `top` where the model has fewer.
 *
 * @throws KDF_TEACHER_NOT_FINITE for an answer with NaN, of which no class comes first
 */
export function readClasses(
  { logits: scores = new Float32Array() }: Answers,
  { count, classNames, outputs, top }: ReadRequest,
): readonly ClassPrediction[] {
  const { kind, shape: [classes = 0] = [] } = outputs["logits"] ?? {};
  return Array.from({ length: count }, (_, image) => {
    const row = scores.subarray(image * classes, (image + 1) * classes);
    if (row.some(Number.isNaN)) {
      throw new KdflowError("KDF_TEACHER_NOT_FINITE", `the model's answer to image ${image} of a batch has NaN`, {
        hint: "its weights may be damaged or of a training that failed, or its pixels scaled in another way",
      });
    }
    const probs = kind === probsKind ? row : softmax(row);
    const order = Array.from(probs.keys()).sort((a, b) => (probs[b] ?? 0) - (probs[a] ?? 0) || a - b);
    return order
      .slice(0, top)
      .map((place) => ({ class: classNames[place] ?? String(place), probability: probs[place] ?? 0 }));
  });
}

/** `97.1 %`. */
function shareText(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}

export const showClasses: Show<ClassPrediction> = {
  columns: [{ title: "class" }, { title: "probability", align: "right" }, { title: "next" }],
  row([best, ...next]) {
    const others = next.map((other) => `${other.class} ${shareText(other.probability)}`);
    return best === undefined ? [] : [best.class, shareText(best.probability), others.join(", ")];
  },
  data: (top) => ({ ...top[0], top }),
  caption: ([best]) => (best === undefined ? [] : [best.class, shareText(best.probability)]),
};
