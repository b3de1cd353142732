import type { Tensor } from "@tensorflow/tfjs";
import {
  type Adapter,
  KdflowError,
  type LossParts,
  type LossShapes,
  type LossTerm,
  type ObjectiveTerm,
  type PreparedInputs,
  preparedInputs,
  type Tf,
} from "../../../core/index.ts";
import { conv1x1Adapter } from "../../adapters/conv1x1.ts";
import { resizeAdapter } from "../../adapters/resize.ts";
import { type TrainingInputs, termOutputs, termShapes } from "../inputs/bind-inputs.ts";

/** A term with its adapter, and what its layers, state and prepared inputs are made for. */
export interface AdaptedTerm {
  readonly term: LossTerm;
  /** Of all inputs, those that `prepare` fills among them. */
  readonly shapes: LossShapes;
  readonly prepared: PreparedInputs;
}

const prefix = "adapter/";

/**
 * A term whose own layers begin with those of its adapter: the one that the pipeline names, or where the loss needs
 * features of one shape a 1×1 convolution if their channels differ, and `resize` if their rows or columns do. All else of
 * the term sees adapted features.
 *
 * @throws KDF_TRAIN_FEATURES where no adapter makes them fit
 */
export function adaptedTerm(tf: Tf, use: ObjectiveTerm, inputs: TrainingInputs): AdaptedTerm {
  const given = termShapes(inputs, use);
  const adapter = adapterOf(tf, use, given);
  const { studentFeatures: from = [], teacherFeatures: to = [] } = given;
  const { layers } = use.term;
  const own: LossTerm["layers"] = (shapes, rng) => ({
    ...(adapter && namedLayers(adapter, from, to, rng)),
    ...layers?.(shapes, rng),
  });
  const term = adapter === undefined ? use.term : { ...use.term, layers: own };
  const adapted: LossShapes = adapter === undefined ? given : { ...given, studentFeatures: to };
  const prepared = preparedInputs(term, adapted, termOutputs(inputs, use));
  const filled = Object.entries(prepared).map(([name, { shape }]) => [name, shape] as const);
  return { term, prepared, shapes: { ...adapted, ...Object.fromEntries(filled) } };
}

function adapterOf(tf: Tf, use: ObjectiveTerm, { studentFeatures, teacherFeatures }: LossShapes): Adapter | undefined {
  if (use.adapter !== undefined || use.adapts !== true) return use.adapter;
  const [from = [], to = []] = [studentFeatures, teacherFeatures];
  if (from.join() === to.join()) return undefined;
  if (from.slice(0, -1).join() === to.slice(0, -1).join()) return conv1x1Adapter(tf);
  if (from.length === 3 && to.length === 3) return resizeAdapter(tf);
  const { name, at } = use;
  const message = `the loss term "${name}" compares "${at?.student}" of the student, ${from.join("×")}, with "${at?.teacher}" of the teacher, ${to.join("×")}`;
  throw new KdflowError("KDF_TRAIN_FEATURES", message, {
    hint: "choose taps of which both are maps, or both vectors",
  });
}

function namedLayers(
  adapter: Adapter,
  ...[from, to, rng]: Parameters<Adapter["layers"]>
): ReturnType<Adapter["layers"]> {
  const layers = Object.entries(adapter.layers(from, to, rng));
  return Object.fromEntries(layers.map(([name, layer]) => [prefix + name, layer]));
}

/** A term's inputs with the student's features as its adapter, where it has one, makes them. */
export function adaptedInputs(inputs: Record<string, Tensor>, { layers }: LossParts): Record<string, Tensor> {
  let { studentFeatures } = inputs;
  for (const [name, layer] of Object.entries(layers)) {
    if (studentFeatures !== undefined && name.startsWith(prefix)) {
      studentFeatures = layer.apply(studentFeatures, { training: true }) as Tensor;
    }
  }
  return studentFeatures === undefined ? inputs : { ...inputs, studentFeatures };
}
