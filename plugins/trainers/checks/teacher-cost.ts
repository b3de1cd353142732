import {
  comesFromTeacher,
  type Declarations,
  featureInputs,
  type PlanContext,
  type PortDescriptions,
} from "../../../core/index.ts";

/**
 * What a teacher beside the student costs: it is asked of every view of every epoch, since features are not stored, and
 * neither is what no soft labels answer.
 *
 * @returns one sentence; none where nothing is asked of it while the student trains
 */
export function teacherCost(
  { epochs }: { readonly epochs: number },
  inputs: PortDescriptions,
  declarations: Declarations,
  context: PlanContext,
): readonly string[] {
  const loss = declarations["loss"]?.[0];
  if (loss === undefined || (inputs["teacher"] ?? []).length === 0) return [];
  const objective = context.lookup("loss", loss);
  const isStored = (inputs["softLabels"] ?? []).length > 0;
  const asking = (objective.terms?.(objective.options, context) ?? []).filter(({ needs }) =>
    needs.some((name) => comesFromTeacher(name) && (!isStored || featureInputs.includes(name))),
  );
  if (asking.length === 0) return [];
  const names = [...new Set(asking.map(({ name }) => name))];
  const training = inputs["data"]?.length === 1 ? inputs["data"][0]?.training : undefined;
  const images =
    training === undefined || training.samples === 0
      ? "every training image"
      : `${training.about ? "about " : ""}${training.samples} images`;
  const each = `${images} in each of ${epochs} ${epochs === 1 ? "epoch" : "epochs"}`;
  return [
    `teacher in the loop: ${names.join(", ")} ${names.length === 1 ? "asks" : "ask"} it of ${each}; nothing is stored`,
  ];
}
