import { describe, expect, test } from "vitest";
import { kd } from "../../../plugins/losses/kd.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";
import { goldenCase, goldenRows } from "./golden-vectors.ts";
import { createTerm, finiteDifferences, kd64, lossOf, noParts, tensorsOf, tf, valueAndGradient } from "./run-term.ts";

const student = [
  [1, 2, 3],
  [0.5, -1, 2],
];
const teacher = [
  [3, 0, -1],
  [0, 1, 2],
];
const defaults = { temperature: 4 };

describe("kd", () => {
  test("needs the logits of student and teacher", () => {
    expect(kd.needs).toEqual(["studentLogits", "teacherLogits"]);
  });

  test("has the value and gradient of float64 PyTorch", async () => {
    const golden = await goldenCase("kd");
    const term = await createTerm(kd, golden.options);
    const inputs = {
      studentLogits: goldenRows(golden, "studentLogits"),
      teacherLogits: goldenRows(golden, "teacherLogits"),
    };

    const { value, gradient } = valueAndGradient(term, inputs);

    expect(relativeError([value], [golden.value])).toBeLessThanOrEqual(tolerances.value);
    expect(relativeError(gradient, golden.gradients.studentLogits.values)).toBeLessThanOrEqual(tolerances.value);
  });

  test("equals T² · KL(teacher ‖ student) worked out by hand for two classes", async () => {
    const term = await createTerm(kd, { temperature: 2 });
    const [t, s] = [1 / (1 + Math.exp(-1)), 0.5]; // softmax of [2, 0] / 2 and of [0, 0] / 2
    const kl = t * Math.log(t / s) + (1 - t) * Math.log((1 - t) / (1 - s));

    expect(lossOf(term, { studentLogits: [[0, 0]], teacherLogits: [[2, 0]] })).toBeCloseTo(4 * kl, 6);
  });

  test("equals the float64 oracle with default options", async () => {
    const term = await createTerm(kd, defaults);

    const value = lossOf(term, { studentLogits: student, teacherLogits: teacher });

    expect(relativeError([value], [kd64(student, teacher, 4)])).toBeLessThanOrEqual(tolerances.value);
  });

  test("has the gradient of central differences", async () => {
    const term = await createTerm(kd, { temperature: 1.5 });
    const expected = finiteDifferences((moved) => kd64(moved, teacher, 1.5), student);

    const { gradient } = valueAndGradient(term, { studentLogits: student, teacherLogits: teacher });

    expect(relativeError(gradient, expected)).toBeLessThanOrEqual(tolerances.finiteDifferences);
  });

  test("gives nothing to the teacher", async () => {
    const term = await createTerm(kd, defaults);
    const gradient = tf.tidy(() => {
      const { studentLogits, ...others } = tensorsOf({ studentLogits: student, teacherLogits: teacher });
      const { teacherLogits } = others;
      if (teacherLogits === undefined) throw new Error("no teacher");
      return tf.grad((x) =>
        tf.add(term.compute({ studentLogits, teacherLogits: x }, {}, noParts), tf.mul(0, tf.sum(x))),
      )(teacherLogits);
    });

    expect([...gradient.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    gradient.dispose();
  });

  test("is finite for logits of ±10 000, with a gradient that points the right way", async () => {
    const term = await createTerm(kd, defaults);
    const inputs = { studentLogits: [[1e4, -1e4, 0]], teacherLogits: [[-1e4, 1e4, 0]] };

    const { value, gradient } = valueAndGradient(term, inputs);

    expect(value).toBeCloseTo(16 * (2e4 / 4), 0);
    expect([...gradient]).toEqual([4, -4, 0]);
  });

  test("is the mean over the batch, so a batch of one gives one row's loss", async () => {
    const term = await createTerm(kd, defaults);
    const [first, second] = [0, 1].map((row) =>
      lossOf(term, { studentLogits: student.slice(row, row + 1), teacherLogits: teacher.slice(row, row + 1) }),
    );

    const whole = lossOf(term, { studentLogits: student, teacherLogits: teacher });

    expect(whole).toBeCloseTo((Number(first) + Number(second)) / 2, 6);
  });

  test("leaves no tensor behind", async () => {
    const term = await createTerm(kd, defaults);
    valueAndGradient(term, { studentLogits: student, teacherLogits: teacher });
    const before = tf.memory().numTensors;

    valueAndGradient(term, { studentLogits: student, teacherLogits: teacher });

    expect(tf.memory().numTensors).toBe(before);
  });
});
