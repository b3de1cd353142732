import type { Dataset, Task, TrainingFacts } from "../../../core/index.ts";
import { type BatchBinding, type InputScene, roomFor, type StepInput } from "./step-input.ts";

/** What a term is given of the truth, as the data's task says: filled for every batch, or a constant of the step. */
export const truthInput: StepInput = {
  answers: () => true,
  bind(name, _term, { source, options }) {
    const { dataset, task } = source;
    const facts = factsOf(dataset, options);
    const input = task.truth.inputs.find((each) => each.name === name);
    if (input === undefined || input.isThere?.(facts) === false) return undefined;
    const { shape, dtype } = input.spec(facts, dataset.splits.train.truth);
    if (input.constant === undefined) return { from: "batch", key: name, shape, dtype };
    return { from: "constant", key: name, shape, values: input.constant(facts, dataset.splits.train.truth) };
  },
  filler: (bindings, { task, inputSize }) => ({
    slot(batchSize) {
      const rooms = bindings.map((binding) => ({ binding, values: roomFor(binding, batchSize) }));
      return {
        ahead({ split, chosen, views }) {
          const rows = { truth: split.truth, indices: chosen, views, imageSize: inputSize };
          for (const { binding, values } of rooms) {
            inputOf(task, binding)?.fill?.(rows, values.subarray(0, (values.length / batchSize) * chosen.length));
          }
        },
        given: (size) =>
          Object.fromEntries(
            rooms.map(({ binding, values }) => [binding.key, values.subarray(0, (values.length / batchSize) * size)]),
          ),
      };
    },
  }),
};

function inputOf({ truth }: Task, { key }: BatchBinding): Task["truth"]["inputs"][number] | undefined {
  return truth.inputs.find(({ name }) => name === key);
}

function factsOf(
  { classNames, mixes, photos = mixes === true ? 2 : 1 }: Pick<Dataset, "classNames" | "mixes" | "photos">,
  options: InputScene["options"],
): TrainingFacts {
  return { classNames, mixes: mixes === true, photos, options };
}
