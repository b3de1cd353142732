/** What the test kit asks of loss terms on boxes, and of those that own layers, state and scalars. */
import type { layers, Scalar, Tensor } from "@tensorflow/tfjs";
import { beforeAll, expect, test } from "vitest";
import { defineLoss, type LossInputName, type LossTerm, type ProviderOf, type Tf } from "../../../core/index.ts";
import { ContractError, checkLoss, lossInputs } from "../../../core/testing/index.ts";
import { loadBackend } from "../../support/backend.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

let tf: Tf;

beforeAll(async () => {
  ({ tf } = await loadBackend("cpu"));
});

function loss(needs: readonly LossInputName[], term: LossTerm): ProviderOf<"losses"> {
  return defineLoss({ id: "tried", summary: "Tried.", cacheVersion: 1, needs, create: () => term });
}

/** Problems that the kit finds, as one text. */
async function problemsOf(provider: ProviderOf<"losses">): Promise<string> {
  try {
    await checkLoss(provider, { tf, options: {} });
    return "";
  } catch (error) {
    if (error instanceof ContractError) return error.problems.join("\n");
    throw error;
  }
}

/** |d| − ½ where |d| > 1, else d² / 2; mean over all coordinates (Girshick 2015, arXiv:1504.08083, equation 3). */
const smoothL1: LossTerm = {
  compute: ({ studentBoxes, teacherBoxes }) => {
    const distance = tf.abs(tf.sub(studentBoxes as Tensor, teacherBoxes as Tensor));
    const near = tf.minimum(distance, 1);
    return tf.mean(tf.add(tf.div(tf.square(near), 2), tf.sub(distance, near)));
  },
};

/** 1 − intersection / union, mean over boxes. */
const overlap: LossTerm = {
  compute: ({ studentBoxes, teacherBoxes }) => {
    const [student, teacher] = [edges(studentBoxes as Tensor), edges(teacherBoxes as Tensor)];
    const inner = tf.relu(tf.sub(tf.minimum(student.end, teacher.end), tf.maximum(student.start, teacher.start)));
    const intersection = area(inner);
    const union = tf.sub(tf.add(area(student.size), area(teacher.size)), intersection);
    return tf.mean(tf.sub(1, tf.div(intersection, union)));
  },
};

/** `[batch, boxes, 2]` each, of boxes `[batch, boxes, 4]` as centre and size. */
function edges(boxes: Tensor): { readonly start: Tensor; readonly end: Tensor; readonly size: Tensor } {
  const [centre, size] = tf.split(boxes, 2, -1) as [Tensor, Tensor];
  return { start: tf.sub(centre, tf.div(size, 2)), end: tf.add(centre, tf.div(size, 2)), size };
}

/** Width · height, `[batch, boxes, 1]`; the gradient of `tf.prod` cannot count axes from the end. */
function area(size: Tensor): Tensor {
  const [width, height] = tf.split(size, 2, -1) as [Tensor, Tensor];
  return tf.mul(width, height);
}

const boxNames: readonly LossInputName[] = ["studentBoxes", "teacherBoxes"];

test("losses on boxes are checked, gradients included", async () => {
  expect(await problemsOf(loss(boxNames, smoothL1))).toBe("");
  expect(await problemsOf(loss(boxNames, overlap))).toBe("");
});

test("smooth L1 of the standard boxes is its value by hand", () => {
  const { studentBoxes, teacherBoxes } = lossInputs(boxNames, 3);
  const value = tf.tidy(() => {
    const tensors = [studentBoxes, teacherBoxes].map((box) => tf.tensor(box?.values ?? [], [...(box?.shape ?? [])]));
    const [student, teacher] = tensors as [Tensor, Tensor];
    const inputs = { studentBoxes: student, teacherBoxes: teacher };
    return smoothL1.compute(inputs, {}, { layers: {}, state: {} }).dataSync()[0] ?? Number.NaN;
  });
  const distances = Array.from(studentBoxes?.values ?? [], (x, i) => Math.abs(x - Number(teacherBoxes?.values[i])));
  expect(studentBoxes?.shape).toEqual([3, 4, 4]);
  expect(Math.max(...distances)).toBeLessThan(1);
  const byHand = distances.reduce((sum, d) => sum + d ** 2 / 2, 0) / (3 * 4 * 4);
  expect(relativeError([value], [byHand])).toBeLessThanOrEqual(tolerances.value);
});

test("a box loss with a wrong gradient is found", async () => {
  const halved: LossTerm = {
    compute: (inputs, scalars, parts) => {
      const boxes = inputs["studentBoxes"] as Tensor;
      const pass = tf.customGrad((...args) => {
        return { value: tf.clone(args[0] as Tensor), gradFunc: (dy) => tf.div(dy as Tensor, 2) };
      });
      return smoothL1.compute({ ...inputs, studentBoxes: pass(boxes) }, scalars, parts);
    },
  };
  expect(await problemsOf(loss(boxNames, halved))).toContain("the gradient in studentBoxes differs");
});

test("every input of a loss has a standard shape, maps of a later stage half as large", () => {
  const { studentEarly, studentLate, teacherLate, teacherEmbedding } = lossInputs(
    ["studentEarly", "studentLate", "teacherLate", "teacherEmbedding"],
    2,
  );
  expect(studentEarly?.shape).toEqual([2, 4, 4, 6]);
  expect([studentLate?.shape, teacherLate?.shape]).toEqual([
    [2, 2, 2, 6],
    [2, 2, 2, 6],
  ]);
  expect(teacherEmbedding?.shape).toEqual([2, 12]);
});

function dense(seed: number | undefined): layers.Layer {
  const initializer = tf.initializers.glorotNormal(seed === undefined ? {} : { seed });
  const layer = tf.layers.dense({ units: 2, kernelInitializer: initializer });
  layer.build([null, 5]);
  return layer;
}

/** Mean square of a linear map of the student's logits, less a running value. */
function termWith(changes: Partial<LossTerm>): ProviderOf<"losses"> {
  return loss(["studentLogits"], {
    layers: (_shapes, rng) => ({ map: dense(rng.uint32()) }),
    state: () => ({ running: { shape: [], initial: 0.5 } }),
    scalars: { scale: () => 2 },
    compute: ({ studentLogits }, { scale }, { layers, state }) => {
      const mapped = layers["map"]?.apply(studentLogits as Tensor) as Tensor;
      const value = tf.mean(tf.square(tf.sub(mapped, state["running"] as Tensor)));
      state["running"]?.assign(tf.mul(value, 0.1) as Scalar);
      return tf.mul(value, scale as Scalar);
    },
    ...changes,
  });
}

test("a term with a layer, a state and a scalar passes", async () => {
  const before = tf.memory().numTensors;
  expect(await problemsOf(termWith({}))).toBe("");
  expect(tf.memory().numTensors).toBe(before);
});

test("a layer that starts otherwise in every run is found", async () => {
  const problems = await problemsOf(termWith({ layers: () => ({ map: dense(undefined) }) }));
  expect(problems).toBe("loss/map/kernel starts otherwise in every run; take chance from `rng`");
});

test("a layer that the loss does not depend on is found", async () => {
  const problems = await problemsOf(
    termWith({ layers: (_shapes, rng) => ({ map: dense(rng.uint32()), spare: dense(rng.uint32()) }) }),
  );
  expect(problems).toContain("no gradient in layers/spare/kernel");
  expect(problems).not.toContain("layers/map");
});

test("a wrong gradient in a layer's weights is found", async () => {
  const compute: LossTerm["compute"] = ({ studentLogits }, _scalars, { layers }) => {
    const mapped = layers["map"]?.apply(studentLogits as Tensor) as Tensor;
    const wrong = tf.customGrad((...args) => {
      return { value: tf.clone(args[0] as Tensor), gradFunc: (dy) => tf.mul(dy as Tensor, 3) };
    });
    return tf.mean(tf.square(wrong(mapped)));
  };
  expect(await problemsOf(termWith({ compute }))).toContain("the gradient in layers/map/kernel differs");
});

test("state that makes the second step fail is found", async () => {
  const state = (): ReturnType<NonNullable<LossTerm["state"]>> => ({ running: { shape: [], initial: 1 } });
  const compute: LossTerm["compute"] = ({ studentLogits }, _scalars, { layers, state: { running } }) => {
    const mapped = layers["map"]?.apply(studentLogits as Tensor) as Tensor;
    const value = tf.div(tf.mean(tf.square(mapped)), running as Tensor);
    running?.assign(tf.scalar(0));
    return value as Scalar;
  };
  expect(await problemsOf(termWith({ state, compute }))).toBe("the value is Infinity in a second step");
});

test("a scalar that is not finite, and one that hides what it depends on, are found", async () => {
  const odd = await problemsOf(termWith({ scalars: { scale: (epoch) => 1 / (5 - epoch) } }));
  expect(odd).toBe("the scalar scale is Infinity at epoch 5 of 10");
  const scalars = { scale: (epoch: number, epochs: number): number => 1 + epoch / epochs };
  const hidden = await problemsOf(termWith({ scalars }));
  expect(hidden).toBe(
    "the scalar scale depends on the number of epochs, which the provider's `dependsOnEpochs` has to say",
  );
  const said = { ...termWith({ scalars }), dependsOnEpochs: () => "its scale" };
  expect(await problemsOf(said)).toBe("");
});

interface TopOptions {
  readonly count: number;
}

/** The student's logits pulled to the teacher's where the teacher's are largest: found by TopK, which has no gradient. */
const toTheTeachersTop = defineLoss({
  id: "tried",
  summary: "Tried.",
  cacheVersion: 1,
  needs: ["studentLogits", "teacherLogits"],
  create: ({ count }: TopOptions, { tf: given }) => ({
    prepared: { factors: { shape: [], dtype: "float32" } },
    prepare: ({ size }) => ({ factors: new Float32Array(size).fill(2) }),
    targets: ({ teacherLogits }) => {
      const { indices } = given.topk(teacherLogits, count); // [batch, count]
      const chosen = given.oneHot(given.cast(indices, "int32"), teacherLogits.shape[1] ?? 0);
      return { mask: given.cast(given.max(chosen, 1), "float32") }; // [batch, classes]
    },
    compute: ({ studentLogits, teacherLogits, mask, factors }) => {
      const distance = given.squaredDifference(studentLogits, teacherLogits);
      return given.mean(given.mul(given.mul(distance, mask), given.expandDims(factors, 1)));
    },
  }),
});

test("targets may use operations without a gradient", async () => {
  await checkLoss(toTheTeachersTop, { tf, options: { count: 2 } });
});

test("targets are constants, and stay what they are while differences are taken", async () => {
  const own: LossTerm = {
    targets: ({ studentLogits }) => ({
      pseudo: tf.round(studentLogits as Tensor),
      twice: tf.mul(studentLogits as Tensor, 2),
    }),
    compute: ({ studentLogits, pseudo, twice }) => {
      const target = tf.add(pseudo as Tensor, twice as Tensor);
      return tf.mean(tf.squaredDifference(studentLogits as Tensor, target));
    },
  };
  expect(await problemsOf(loss(["studentLogits"], own))).toBe("");
});

test("what `prepare` fills may depend on the shapes", async () => {
  const masked: LossTerm = {
    prepared: ({ studentLogits }) => ({ mask: { shape: studentLogits ?? [], dtype: "float32" } }),
    prepare: ({ size }, rng) => ({ mask: Float32Array.from({ length: size * 5 }, () => rng.integer(2)) }),
    compute: ({ studentLogits, mask }) => tf.mean(tf.mul(tf.square(studentLogits as Tensor), mask as Tensor)),
  };
  expect(await problemsOf(loss(["studentLogits"], masked))).toBe("");
});
