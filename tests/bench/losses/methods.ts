/** One row of the bench. */
export interface Method {
  /** What stands in place of `loss`. */
  readonly loss: string;
  /** What the teacher's answers are stored as; left out, the training says how many views there are. */
  readonly softLabels?: string;
}

const logits = "{ use: logits, views: $vars.views, inputs: { data: data } }";
/** Small enough to be stored, unlike maps in eight views. */
const embeddings = "{ use: features, taps: [pooled], views: $vars.views, inputs: { data: data } }";

/** The row on labels alone. */
export const baselineRow = "baseline";

/** All pairs of taps of two ResNets of CIFAR's form. */
const stages = "{ stage1: stage1, stage2: stage2, stage3: stage3 }";

/**
 * The rows, in order. Weights and temperatures are those of the papers' and RepDistiller's tables for ResNets on CIFAR;
 * the weight of `attention-transfer` is 1000 for each pair.
 */
export const methods: Readonly<Record<string, Method>> = {
  [baselineRow]: { loss: "{ cross-entropy: 1 }" },
  kd: { loss: "{ cross-entropy: 0.1, kd: { weight: 0.9, temperature: 4 } }", softLabels: logits },
  dkd: {
    loss: "{ cross-entropy: 1, dkd: { alpha: 1, beta: 8, temperature: 4, weight: { from: 0.05, to: 1, stopEpoch: 2 } } }",
    softLabels: logits,
  },
  dist: { loss: "{ cross-entropy: 1, dist: { weight: 2, temperature: 4 } }", softLabels: logits },
  "attention-transfer": {
    loss: `{ cross-entropy: 1, attention-transfer: { weight: 3000, at: ${stages} } }`,
  },
  crd: {
    loss: "{ cross-entropy: 1, crd: { weight: 0.8, samples: $vars.samples, at: pooled } }",
    softLabels: embeddings,
  },
  "review-kd": { loss: `{ cross-entropy: 1, review-kd: { weight: 1, at: ${stages} } }` },
};
