import type { SymbolicTensor } from "@tensorflow/tfjs";
import {
  KdflowError,
  type LossOutputs,
  type LossShapes,
  type Objective,
  type ObjectiveTerm,
  type TensorSpec,
} from "../../../core/index.ts";
import { assertOutputKind } from "../checks/check-output-kinds.ts";
import type { BatchFiller, SampleSource } from "./batch-filler.ts";
import { movedRowsInput } from "./moved-rows.ts";
import type { BatchBinding, ConstantBinding, InputBinding, InputScene, StepInput } from "./step-input.ts";
import { studentInput } from "./student.ts";
import { teacherInput } from "./teacher.ts";
import { truthInput } from "./truth.ts";

/** All inputs that loss terms can be given; the first that answers to a name has it. */
const table: readonly StepInput[] = [studentInput, movedRowsInput, teacherInput, truthInput];

/** What the loss terms of a training are given. */
export interface TrainingInputs {
  /** By term, and by the name that the term calls it. */
  readonly ofTerm: ReadonlyMap<string, Readonly<Record<string, InputBinding>>>;
  /** Tensors of the student's network that are needed, by key. */
  readonly places: Readonly<Record<string, SymbolicTensor>>;
  /** The step's inputs, by key. */
  readonly specs: Readonly<Record<string, TensorSpec>>;
  readonly constants: Readonly<Record<string, ConstantBinding>>;
  /** What fills the step's inputs for every batch. */
  fillers(source: SampleSource): readonly BatchFiller[];
}

/**
 * Looks up all that terms need, and what they take where it is there.
 *
 * @throws KDF_TRAIN_INPUT for what is not there
 */
export function bindInputs({ terms }: Objective, scene: InputScene): TrainingInputs {
  const byKey = new Map<string, InputBinding>();
  const ofBatch = new Map<StepInput, Map<string, BatchBinding>>();
  const bind = (name: string, term: ObjectiveTerm): InputBinding | undefined => {
    const input = table.find((entry) => entry.answers(name));
    const binding = input?.bind(name, term, scene);
    if (input === undefined || binding === undefined) return undefined;
    byKey.set(binding.key, binding);
    if (binding.from === "batch") ofBatch.set(input, (ofBatch.get(input) ?? new Map()).set(binding.key, binding));
    return binding;
  };
  const ofTerm = new Map(terms.map((term) => [term.name, bindTerm(term, bind)]));
  const all = [...byKey.values()];
  const entries = <T>(of: (binding: InputBinding) => T | undefined): Record<string, T> =>
    Object.fromEntries(
      all.flatMap((binding) => {
        const value = of(binding);
        return value === undefined ? [] : [[binding.key, value]];
      }),
    );
  return {
    ofTerm,
    places: entries((binding) => (binding.from === "student" ? binding.place : undefined)),
    specs: entries((binding) =>
      binding.from === "batch" ? { shape: binding.shape, dtype: binding.dtype } : undefined,
    ),
    constants: entries((binding) => (binding.from === "constant" ? binding : undefined)),
    fillers: (source) =>
      [...ofBatch].flatMap(([input, bindings]) => input.filler?.([...bindings.values()], source) ?? []),
  };
}

function bindTerm(
  term: ObjectiveTerm,
  bind: (name: string, term: ObjectiveTerm) => InputBinding | undefined,
): Record<string, InputBinding> {
  const bindings: Record<string, InputBinding> = {};
  for (const name of new Set([...term.needs, ...(term.takes ?? [])])) {
    const binding = bind(name, term);
    assertOutputKind(term, name, binding?.output?.kind, "KDF_TRAIN_INPUT");
    if (binding !== undefined) bindings[name] = binding;
    else if (term.needs.includes(name)) {
      const message = `the loss term "${term.name}" takes ${name}, which this training does not have`;
      throw new KdflowError("KDF_TRAIN_INPUT", message, { hint: "the term's author says what it needs by `needs`" });
    }
  }
  return bindings;
}

/** Shapes of a term's inputs, as its `layers` and `state` are asked with. */
export function termShapes({ ofTerm }: TrainingInputs, { name }: Pick<ObjectiveTerm, "name">): LossShapes {
  return Object.fromEntries(Object.entries(ofTerm.get(name) ?? {}).map(([input, { shape }]) => [input, shape]));
}

/** What the named outputs among a term's inputs are. */
export function termOutputs(
  { ofTerm }: Pick<TrainingInputs, "ofTerm">,
  { name }: Pick<ObjectiveTerm, "name">,
): LossOutputs {
  return Object.fromEntries(
    Object.entries(ofTerm.get(name) ?? {}).flatMap(([input, { output }]) =>
      output === undefined ? [] : [[input, output]],
    ),
  );
}
