import type { Description, PlanContext, PortDescription, TrainingFacts } from "../../../core/index.ts";

/**
 * What a training gives loss terms, as it is known while planning. The options that the truth depends on are checked.
 *
 * @param sources the data; nothing is known of one without a task
 * @throws what the task's own checks throw
 */
export function plannedInputs(
  sources: readonly PortDescription[],
  options: object,
  context: Pick<PlanContext, "task">,
): Pick<Description, "lossInputs" | "besides"> {
  const [first] = sources;
  if (first?.task === undefined) return {};
  const { classNames = [] } = first;
  const mixes = sources.some((source) => source.mixes === true);
  const photos = Math.max(...sources.map((source) => source.photos ?? (source.mixes === true ? 2 : 1)));
  const facts: TrainingFacts = { classNames, mixes, photos, options };
  const { inputs } = context.task(first.task).truth;
  if (first.classNames !== undefined) for (const input of inputs) input.check?.(facts);
  const always = inputs.filter(({ isThere }) => isThere === undefined).map(({ name }) => name);
  const beside = inputs.filter(({ isThere }) => isThere?.(facts) === true).map(({ name }) => name);
  return {
    lossInputs: [...always, ...beside],
    besides: Object.fromEntries(always.map((name) => [name, beside])),
  };
}
