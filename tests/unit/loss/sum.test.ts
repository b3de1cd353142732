import { describe, expect, test } from "vitest";
import {
  type CreateContext,
  defineLoss,
  KdflowError,
  type LossTermUse,
  type PlanContext,
  type ProviderOf,
  type ProviderUse,
  type WeightSpec,
} from "../../../core/index.ts";
import { bindProvider } from "../../../core/plugins/bind-provider.ts";
import { sum as sumProvider } from "../../../plugins/loss/sum.ts";
import { weightAt } from "../../../plugins/loss/weights/weight-at.ts";
import { boxSoft } from "../../../plugins/losses/box-soft.ts";
import { crossEntropy } from "../../../plugins/losses/cross-entropy.ts";
import { kd } from "../../../plugins/losses/kd.ts";
import { yolov7 } from "../../../plugins/losses/yolov7.ts";
import type { LossSumOptions } from "../../../plugins/options.ts";
import { classification } from "../../../plugins/tasks/classification.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { noParts, tensorsOf, tf } from "../losses/run-term.ts";

type Against = { readonly against: "nothing" | "teacher" };

/** A hard term whose needs depend on its options. */
const logitNorm = defineLoss({
  id: "logit-norm",
  summary: "mean square of the student's logits",
  cacheVersion: 1,
  needs: ({ against }: Against) => (against === "teacher" ? ["studentLogits", "teacherLogits"] : ["studentLogits"]),
  create: (_options: Against, { tf: engine }) => ({
    compute: ({ studentLogits }) => engine.mean(engine.square(studentLogits)),
  }),
});

/** A term with a temperature that falls over the whole run, or not. */
const falling = defineLoss({
  id: "falling",
  summary: "the logits over a temperature",
  cacheVersion: 1,
  needs: ["studentLogits"],
  dependsOnEpochs: ({ falls }: { readonly falls: boolean }) => (falls ? "the temperature of falling" : undefined),
  create: (_options: { readonly falls: boolean }, { tf: engine }) => ({
    scalars: { temperature: (epoch, epochs) => 1 - epoch / epochs },
    compute: ({ studentLogits }) => engine.mean(studentLogits),
  }),
});

const providers: Readonly<Record<string, ProviderOf<"losses">>> = {
  "cross-entropy": crossEntropy,
  kd,
  "logit-norm": logitNorm,
  falling,
  yolov7,
  "box-soft": boxSoft,
};

/** Knows the terms that are loaded: those that the pipeline names, and the one that the task falls back to. */
const context = {
  tf,
  detach: <T>(tensor: T) => tensor,
  lookup: (_family: string, named: ProviderUse) => {
    const provider = providers[named.use];
    if (provider === undefined) throw new KdflowError("KDF_INTERNAL", `"${named.use}" was never loaded`);
    return bindProvider<"losses">(provider, named);
  },
} as unknown as CreateContext & PlanContext;

const sum = {
  needs: (options: LossSumOptions) => sumProvider.needs(options as never, context),
  baseline: (options: LossSumOptions, rules = classification.task.baseline) =>
    sumProvider.baseline(options as never, context, rules) as {
      options: LossSumOptions;
      note: string;
    },
  create: (options: LossSumOptions) => sumProvider.create(options as never, context),
  dependence: (options: LossSumOptions) => sumProvider.dependsOnEpochs?.(options as never, context),
};

function crossEntropyTerm(weight: WeightSpec = 1, labelSmoothing = 0): LossTermUse {
  return { use: "cross-entropy", weight, options: { labelSmoothing } };
}

function kdTerm(weight: WeightSpec = 1, temperature = 4): LossTermUse {
  return { use: "kd", weight, options: { temperature } };
}

function normTerm(weight: WeightSpec = 1, against = "nothing"): LossTermUse {
  return { use: "logit-norm", weight, options: { against } };
}

describe("needs", () => {
  test("are those of all terms, each once", () => {
    expect(sum.needs({ "cross-entropy": crossEntropyTerm(), kd: kdTerm() })).toEqual([
      "studentLogits",
      "labels",
      "teacherLogits",
    ]);
  });

  test("may depend on a term's options", () => {
    expect(sum.needs({ norm: normTerm(1) })).toEqual(["studentLogits"]);
    expect(sum.needs({ norm: normTerm(1, "teacher") })).toEqual(["studentLogits", "teacherLogits"]);
  });
});

describe("what depends on the number of epochs", () => {
  const ramp = { from: 1, to: 0, shape: "linear" } as const;

  test("is a ramp without stopEpoch, in the baseline's shares too", () => {
    const terms = { "cross-entropy": crossEntropyTerm(0.5), norm: normTerm(ramp), kd: kdTerm({ ...ramp, to: 0.2 }) };
    expect(sum.dependence(terms)).toBe("the weight of norm (a ramp without stopEpoch)");
    expect(sum.dependence(sum.baseline(terms).options)).toBe("the weight of cross-entropy (a ramp without stopEpoch)");
  });

  test("is nothing where weights are fixed or ramps stop at an epoch, in the baseline too", () => {
    const stops = { ...ramp, stopEpoch: 4 };
    const terms = { "cross-entropy": crossEntropyTerm(0.5), norm: normTerm(stops), kd: kdTerm({ ...stops, to: 0.2 }) };
    expect(sum.dependence(terms)).toBeUndefined();
    expect(sum.dependence(sum.baseline(terms).options)).toBeUndefined();
  });

  test("is what a term says of its own scalars", () => {
    const term = (falls: boolean): LossTermUse => ({ use: "falling", weight: 1, options: { falls } });
    expect(sum.dependence({ falling: term(false) })).toBeUndefined();
    expect(sum.dependence({ falling: term(true) })).toBe("the temperature of falling");
  });
});

describe("baseline", () => {
  test("gives the hard term the total weight and says so", () => {
    const { options, note } = sum.baseline({ "cross-entropy": crossEntropyTerm(0.1), kd: kdTerm(0.9) });

    expect(options).toEqual({ "cross-entropy": crossEntropyTerm(1) });
    expect(note).toBe("baseline: cross-entropy weight 0.1 → 1 (kd removed)");
  });

  test("does not change with the temperature, nor with the order of terms", () => {
    const of = (terms: LossSumOptions): string => JSON.stringify(sum.baseline(terms).options);

    expect(of({ "cross-entropy": crossEntropyTerm(0.1), kd: kdTerm(0.9, 4) })).toBe(
      of({ kd: kdTerm(0.9, 20), "cross-entropy": crossEntropyTerm(0.1) }),
    );
  });

  test("keeps the options of the terms that stay", () => {
    const { options } = sum.baseline({ "cross-entropy": crossEntropyTerm(0.5, 0.1), kd: kdTerm(0.5) });

    expect(options["cross-entropy"]).toEqual(crossEntropyTerm(1, 0.1));
  });

  test("counts a term without weight as 1", () => {
    const { options } = sum.baseline({
      "cross-entropy": { use: "cross-entropy", options: { labelSmoothing: 0 } },
      kd: { use: "kd", options: { temperature: 4 } },
    });

    expect(options["cross-entropy"]?.weight).toBe(2);
  });

  test("shares the total among several hard terms by their weights", () => {
    const { options, note } = sum.baseline({
      "cross-entropy": crossEntropyTerm(0.3),
      norm: normTerm(0.1),
      kd: kdTerm(0.4),
    });

    expect(options["cross-entropy"]?.weight).toBeCloseTo(0.6, 12);
    expect(options["norm"]?.weight).toBeCloseTo(0.2, 12);
    expect(note).toBe("baseline: cross-entropy weight 0.3 → 0.6, norm weight 0.1 → 0.2 (kd removed)");
  });

  test("keeps the weights that are left of a detector's loss, and names no term in place of all", () => {
    const rules = detection.task.baseline;
    const yolo: LossTermUse = { use: "yolov7", weight: 8, options: { assign: "anchor" } };
    const soft: LossTermUse = { use: "box-soft", weight: 2, options: {} };
    const { options, note } = sum.baseline({ yolo, soft }, rules);

    expect(options).toEqual({ yolo });
    expect(note).toBe("baseline: yolo alone, at the same weights (soft removed)");
    expect(() => sum.baseline({ soft }, rules)).toThrow("nothing is left of the loss without a teacher: soft");
  });

  test("adds up ramps that make a constant", () => {
    const { options, note } = sum.baseline({
      "cross-entropy": crossEntropyTerm({ from: 0.1, to: 1, shape: "cosine" }),
      kd: kdTerm({ from: 0.9, to: 0, shape: "cosine" }),
    });

    expect(options["cross-entropy"]?.weight).toBe(1);
    expect(note).toBe("baseline: cross-entropy weight 0.1…1 → 1 (kd removed)");
  });

  test("follows the total of a falling distillation weight at every moment", () => {
    const falling = { from: 1, to: 0.01, shape: "cosine", stopEpoch: 8 } as const;
    const { options, note } = sum.baseline({ "cross-entropy": crossEntropyTerm(0.5), kd: kdTerm(falling) });
    const weight = options["cross-entropy"]?.weight ?? 0;

    for (const epoch of [0, 1.25, 4, 8, 10]) {
      expect(weightAt(weight, epoch, 10)).toBeCloseTo(0.5 + weightAt(falling, epoch, 10), 12);
    }
    expect(note).toBe("baseline: cross-entropy weight 0.5 → the total of all terms (kd removed)");
  });

  test("shares by ramps of the hard terms at every moment", () => {
    const rising = { from: 0, to: 1, shape: "linear" } as const;
    const { options } = sum.baseline({
      "cross-entropy": crossEntropyTerm(1),
      norm: normTerm(rising),
      kd: kdTerm(3),
    });
    const [hard = 0, norm = 0] = [options["cross-entropy"]?.weight, options["norm"]?.weight];

    expect(weightAt(hard, 0, 10)).toBeCloseTo(4, 12);
    expect(weightAt(norm, 0, 10)).toBe(0);
    expect(weightAt(hard, 5, 10)).toBeCloseTo(4.5 * (1 / 1.5), 12);
    expect(weightAt(norm, 5, 10)).toBeCloseTo(4.5 * (0.5 / 1.5), 12);
  });

  test("is cross-entropy at the total weight where no hard term is left", () => {
    const { options, note } = sum.baseline({ kd: kdTerm(0.7) });

    expect(options).toEqual({ "cross-entropy": crossEntropyTerm(0.7) });
    expect(note).toBe("baseline: cross-entropy weight 0.7 added (kd removed, no other term was there)");
  });

  test("is the loss itself where no term needs the teacher", () => {
    const options = { "cross-entropy": crossEntropyTerm(0.4) };

    expect(sum.baseline(options).options).toEqual(options);
  });
});

describe("create", () => {
  test("gives each term with its needs, its weight and its value", async () => {
    const { terms } = await sum.create({
      hard: crossEntropyTerm(0.1),
      kd: kdTerm({ from: 1, to: 0, shape: "linear" }, 2),
    });
    const inputs = tensorsOf({ studentLogits: [[1, 3]], teacherLogits: [[1, 3]], labels: [0] });

    expect(terms.map(({ name, needs }) => [name, needs])).toEqual([
      ["hard", crossEntropy.needs],
      ["kd", kd.needs],
    ]);
    expect(terms.map(({ weight }) => weight(5, 10))).toEqual([0.1, 0.5]);
    const [hard, soft] = terms.map(({ term }) => Number(term.compute(inputs, {}, noParts).dataSync()[0]));
    expect(hard).toBeCloseTo(Math.log(1 + Math.exp(2)), 5);
    expect(soft).toBe(0);
  });
});
