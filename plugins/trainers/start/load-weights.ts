import type { LayersModel } from "@tensorflow/tfjs";
import { KdflowError, layerVariable, type Tf } from "../../../core/index.ts";
import { type LayerPatterns, layerOf } from "./layer-patterns.ts";
import { differenceOf, type StartWeights, sameNames, withoutWeights } from "./start-weights.ts";

export interface LoadRequest {
  readonly tf: Tf;
  readonly model: LayersModel;
  readonly start: StartWeights;
  /** Names of the data's classes. */
  readonly classNames: readonly string[];
  /** Patterns of the layers that keep their seeded start. */
  readonly fresh: readonly string[];
  readonly patterns: LayerPatterns;
}

const listed = 10;

/**
 * Puts the weights of another network into a model, running averages included, by name. All tensors outside of `fresh`
 * have to be there in the same shape, and the last layer's classes have to be the same; tensors that the model has no
 * place for are left out.
 *
 * @returns what was loaded, a sentence
 * @throws KDF_TRAIN_WEIGHTS, KDF_TRAIN_LAYERS
 */
export function loadWeights({ tf, model, start, classNames, fresh, patterns }: LoadRequest): string {
  const kept = new Set(fresh.flatMap((pattern) => [...patterns(pattern, "fresh")]));
  const wanted = model.weights.filter(({ originalName }) => !kept.has(layerOf(originalName)));
  const output = model.outputs[0]?.sourceLayer.name;
  const otherClasses = !sameNames(start.classNames, classNames);
  const problems = wanted.flatMap(({ originalName: name, shape }) => {
    const given = start.tensors.get(name);
    const own = `[${shape.join(", ")}]`;
    if (given === undefined) return [`"${name}" ${own} is not there`];
    const theirs = `[${given.shape.join(", ")}]`;
    if (theirs !== own) return [`"${name}" is ${theirs} there and ${own} here`];
    if (otherClasses && layerOf(name) === output) {
      return [`"${name}" is for other classes: ${differenceOf(start.classNames, classNames)}`];
    }
    return [];
  });
  if (problems.length > 0) throw misfit(start, problems, wanted.length);
  if (wanted.length === 0) {
    throw new KdflowError("KDF_TRAIN_WEIGHTS", `\`fresh: [${fresh.join(", ")}]\` leaves no tensor to load`, {
      hint: [`name fewer layers, or take \`weights: ${start.stage}\` out`, ...withoutWeights(start.stage)],
      option: "/fresh",
    });
  }
  tf.tidy(() => {
    for (const weight of wanted) {
      const { values = new Float32Array(), shape = [] } = start.tensors.get(weight.originalName) ?? {};
      layerVariable(weight).assign(tf.tensor(values, [...shape]));
    }
  });
  const places = new Set(model.weights.map(({ originalName }) => originalName));
  const foreign = [...start.tensors.keys()].filter((name) => !places.has(name));
  return [
    `starts from stage "${start.stage}": loaded ${wanted.length} of ${model.weights.length} tensors`,
    ...(fresh.length === 0 ? [] : [`${fresh.join(", ")} left fresh`]),
    ...(foreign.length === 0 ? [] : [`${foreign.length} of its tensors have no place here`]),
  ].join(", ");
}

function misfit({ stage }: StartWeights, problems: readonly string[], wanted: number): KdflowError {
  const shown = problems.slice(0, listed);
  const more = problems.length > listed ? [`and ${problems.length - listed} more`] : [];
  const message = `${problems.length} of ${wanted} tensors do not match the weights of stage "${stage}"`;
  return new KdflowError("KDF_TRAIN_WEIGHTS", message, {
    hint: [
      ...shown,
      ...more,
      "take the same network, or name the layers that start from the seed: `fresh: [head]`",
      ...withoutWeights(stage),
    ],
    option: "/inputs/weights",
  });
}
