import type { LossInputName } from "../contracts/loss-term.ts";
import type { Rng } from "../contracts/rng.ts";
import { createRng } from "../tensors/rng.ts";

/** One input on the host. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int32";
  readonly values: Float32Array | Int32Array;
}

export type HostInputs = Readonly<Record<string, HostTensor>>;

const classes = 5;
const boxes = 4;

/** Of one sample; `classWeights` are the same for all and have no batch axis. Boxes are centre x, centre y, width, height in pixels of an input of 8×8. */
const shapes: Readonly<Record<string, readonly number[]>> = {
  studentLogits: [classes],
  teacherLogits: [classes],
  labels: [],
  secondLabels: [],
  labelShares: [],
  classWeights: [classes],
  studentFeatures: [4, 4, 6],
  teacherFeatures: [4, 4, 6],
  studentEmbedding: [12],
  teacherEmbedding: [12],
  studentEarly: [4, 4, 6],
  studentLate: [2, 2, 6],
  teacherEarly: [4, 4, 6],
  teacherLate: [2, 2, 6],
  studentBoxes: [boxes, 4],
  teacherBoxes: [boxes, 4],
};

/**
 * Seeded inputs for a loss: labels of every class in turn, and other second ones; shares of ¼ to 1; class weights of ½ to
 * 1½; logits, features and embeddings of about ±3; boxes inside
 * the image, those of the student half a pixel off those of the teacher.
 */
export function lossInputs(needs: readonly LossInputName[], batch: number): HostInputs {
  return Object.fromEntries(needs.map((name) => [name, lossInput(name, batch)]));
}

function lossInput(name: LossInputName, batch: number): HostTensor {
  const own = shapes[name];
  if (own === undefined) throw new Error(`there are no usual values of "${name}"; give \`inputs\``);
  const shape = name === "classWeights" ? [...own] : [batch, ...own];
  const size = shape.reduce((product, length) => product * length, 1);
  if (name === "labels") {
    return { shape, dtype: "int32", values: Int32Array.from({ length: size }, (_, i) => (i * 2) % classes) };
  }
  if (name === "secondLabels") {
    return { shape, dtype: "int32", values: Int32Array.from({ length: size }, (_, i) => (i * 2 + 1) % classes) };
  }
  if (name === "labelShares" || name === "classWeights") {
    const [from, to] = name === "labelShares" ? [0.25, 1] : [0.5, 1.5];
    const step = (to - from) / Math.max(1, size - 1);
    return { shape, dtype: "float32", values: Float32Array.from({ length: size }, (_, i) => to - i * step) };
  }
  if (name.endsWith("Boxes")) return { shape, dtype: "float32", values: boxValues(name, size) };
  const rng = createRng(7, name);
  return { shape, dtype: "float32", values: Float32Array.from({ length: size }, () => 1.5 * rng.normal()) };
}

/**
 * Boxes of 2 to 3 pixels around the middle. The student's centres are 0.4 to 0.7 pixels off and its sizes 0.2 to 0.5:
 * no difference is zero, and no two edges meet, where L1 and overlaps have no gradient.
 */
function boxValues(name: LossInputName, size: number): Float32Array {
  const place = createRng(7, "boxes");
  const values = Float32Array.from(
    { length: size },
    (_, i) => (i % 4 < 2 ? 3 : 2) + (i % 4 < 2 ? 2 : 1) * place.uniform(),
  );
  if (name === "teacherBoxes") return values;
  const offset = createRng(7, "box offsets");
  return values.map((value, i) => value + sign(offset) * ((i % 4 < 2 ? 0.4 : 0.2) + 0.3 * offset.uniform()));
}

function sign(rng: Rng): number {
  return rng.integer(2) === 0 ? 1 : -1;
}

/** The same inputs with logits of alternating sign and size 10⁴; `factor` turns those of the student round. */
export function extremeLogits(inputs: HostInputs, factor: number): HostInputs {
  const changed = Object.entries(inputs).map(([name, input]): [string, HostTensor] => {
    if (!name.endsWith("Logits")) return [name, input];
    const size = 1e4 * (name.startsWith("student") ? factor : 1);
    return [name, { ...input, values: Float32Array.from(input.values, (_, i) => (i % 2 === 0 ? size : -size)) }];
  });
  return Object.fromEntries(changed);
}
