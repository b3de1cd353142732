import type { Tensor } from "@tensorflow/tfjs";
import { type Answers, KdflowError, type Outputs, type Tf } from "../../../core/index.ts";
import { sigmoidKind } from "../../tasks/classification/names.ts";

/** Name of the output that holds them. */
export const probabilitiesName = "probabilities";

/** A classifier's answers with the softmax, or sigmoid, of logits / temperature beside them: `[batch, classes]`. */
export function withProbabilities(
  tf: Tf,
  answers: Readonly<Record<string, Tensor>>,
  outputs: Outputs,
  temperature: number,
): Readonly<Record<string, Tensor>> {
  const { logits } = answers;
  if (logits === undefined) throw noLogits();
  const cooled = tf.div(logits, temperature);
  const probabilities = outputs["logits"]?.kind === sigmoidKind ? tf.sigmoid(cooled) : tf.softmax(cooled);
  return { ...answers, [probabilitiesName]: probabilities };
}

/** The same, computed apart in double precision. */
export function expectedProbabilities(answers: Answers, outputs: Outputs, temperature: number): Answers {
  const { logits } = answers;
  const { kind, shape: [classes = 0] = [] } = outputs["logits"] ?? {};
  if (logits === undefined) throw noLogits();
  if (kind === sigmoidKind) {
    return { ...answers, [probabilitiesName]: logits.map((logit) => 1 / (1 + Math.exp(-logit / temperature))) };
  }
  const probabilities = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += classes) {
    const row = Array.from(logits.subarray(start, start + classes), (logit) => logit / temperature);
    const largest = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - largest));
    const sum = powers.reduce((all, power) => all + power, 0);
    probabilities.set(
      powers.map((power) => power / sum),
      start,
    );
  }
  return { ...answers, [probabilitiesName]: probabilities };
}

function noLogits(): KdflowError {
  return new KdflowError("KDF_PLAN_OPTIONS", "`temperature` is for models that answer with logits", {
    hint: "leave `temperature` out",
    option: "/temperature",
  });
}
