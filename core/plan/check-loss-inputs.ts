import { comesFromModel, featureInputs } from "../contracts/loss-term.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { Description, ObjectiveProvider, Options, PlannedTerm, PortDescriptions } from "../plugins/provider.ts";
import type { PlanNode } from "./graph.ts";
import { locatedErrors } from "./locate-error.ts";

/**
 * Holds the terms of a training's loss to what the training gives them.
 *
 * @throws KDF_PLAN_LOSS_INPUT for an input that it does not give; KDF_PLAN_LOSS_LABELS for a term that knows nothing of
 *   what stands beside its input, and would be told that a mixed image is of its first class alone; KDF_PLAN_FEATURES
 *   for features without a place or at one that the teacher does not have
 */
export function checkLossInputs(
  node: PlanNode,
  { lossInputs, besides = {} }: Description,
  inputs: PortDescriptions,
  context: PlanContext,
): void {
  const loss = node.inputs.get("loss")?.[0];
  if (loss === undefined) return;
  const objective = loss.registered.provider as ObjectiveProvider<Options>;
  const terms = termsOf(objective, loss, context);
  const place = (option = ""): KdflowError["where"] =>
    loss.stage.locate(option, "key") ?? loss.stage.locate() ?? node.stage.locate();
  const missing = objective.needs(loss.options, context).filter((name) => {
    return !comesFromModel(name) && lossInputs?.includes(name) === false;
  });
  if (missing.length > 0) {
    const provider = `${node.stage.kind}/${node.registered.provider.id}`;
    const message = `the loss of stage "${node.name}" needs ${missing.join(", ")}, which ${provider} does not give`;
    throw new KdflowError("KDF_PLAN_LOSS_INPUT", message, {
      hint: `it gives: ${[...ofModels, ...(lossInputs ?? [])].join(", ")}`,
      where: place(),
    });
  }
  for (const [input, others] of Object.entries(besides)) {
    const term = terms.find(
      ({ needs, takes }) => needs.includes(input) && !others.every((name) => takes.includes(name)),
    );
    if (term !== undefined) throw knowsNothing(term, input, others, node.name, place());
  }
  for (const term of terms) {
    const problem = featureProblem(term, inputs["teacher"]?.[0]?.taps);
    if (problem === undefined) continue;
    const [message, hint] = problem;
    throw new KdflowError("KDF_PLAN_FEATURES", `the loss term "${term.name}" ${message}`, {
      hint,
      where: place(term.option),
    });
  }
}

function termsOf(objective: ObjectiveProvider<Options>, loss: PlanNode, context: PlanContext): readonly PlannedTerm[] {
  try {
    return objective.terms?.(loss.options, context) ?? [];
  } catch (error) {
    throw error instanceof KdflowError ? locatedErrors(error, loss.stage) : error;
  }
}

/** The outputs of a network are known when it is built. */
const ofModels = ["student<Output>", "teacher<Output>", ...featureInputs];

/** What is wrong with where a term takes features, and what to do. */
function featureProblem(
  { needs, at, adapted }: PlannedTerm,
  teacherTaps: readonly string[] | undefined,
): [string, string] | undefined {
  const features = needs.filter((name) => featureInputs.includes(name));
  if (features.length === 0 && at !== undefined) return ["has `at` and takes no features", "remove `at`"];
  if (adapted === true && features.length < featureInputs.length) {
    return ["has an adapter and does not take features of both student and teacher", "remove `adapter`"];
  }
  if (features.length === 0) return undefined;
  if (at === undefined) {
    const hint = "add `at: { <tap of the student>: <tap of the teacher> }`, such as `at: { stage3: stage4 }`";
    return [`takes ${features.join(", ")} and does not say where`, hint];
  }
  if (!needs.includes("teacherFeatures") || teacherTaps?.includes(at.teacher) !== false) return undefined;
  const hint =
    teacherTaps.length === 0
      ? "it has none: an ONNX teacher has those of its option `taps`, one that is trained here those of its backbone"
      : allowedHint(at.teacher, teacherTaps, "taps");
  return [`takes features at "${at.teacher}" of the teacher, which has no such tap`, hint];
}

function knowsNothing(
  { name }: PlannedTerm,
  input: string,
  others: readonly string[],
  stage: string,
  where: KdflowError["where"],
): KdflowError {
  return new KdflowError(
    "KDF_PLAN_LOSS_LABELS",
    `the loss term "${name}" takes ${input}, but not ${others.join(", ")}, which stage "${stage}" has`,
    {
      hint: [
        "images are mixed by mixup and cutmix, classes weighted by `classWeights`: leave them out, or use cross-entropy",
        "an author of a loss says what it takes by `takes`",
      ],
      where,
    },
  );
}
