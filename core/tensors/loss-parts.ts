import type { layers, Variable } from "@tensorflow/tfjs";
import type { Tf } from "../contracts/backend.ts";
import type { LossParts, LossShapes, LossStateSpec, LossTerm } from "../contracts/loss-term.ts";
import type { Rng } from "../contracts/rng.ts";
import type { StateVariable } from "../contracts/step.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { layerVariable } from "./layer-variable.ts";

/** A weight of a term's own layer. */
export interface LossWeight extends StateVariable {
  /** False for running averages, and for layers that their author froze. */
  readonly trainable: boolean;
}

/** A term's own layers and state, and the tensors behind them. */
export interface OwnedLossParts extends LossParts {
  /** All weights of all layers, named `loss/<term>/<layer>/<weight>`. */
  readonly weights: readonly LossWeight[];
  /** All state tensors, named `loss-state/<term>/<name>`. */
  readonly variables: readonly StateVariable[];
  dispose(): void;
}

export interface LossPartsRequest {
  readonly tf: Tf;
  /** The term's name in the objective. */
  readonly name: string;
  readonly term: LossTerm;
  readonly shapes: LossShapes;
  rng(stream: string): Rng;
}

/**
 * Makes a term's own layers and state tensors.
 *
 * @returns empty records for a term without; caller disposes
 * @throws KDF_PLUGIN_INVALID for a layer that is not built, KDF_TENSORS_SHAPE for an initial value of another size
 */
export function createLossParts({ tf, name, term, shapes, rng }: LossPartsRequest): OwnedLossParts {
  const weights: LossWeight[] = [];
  const variables: StateVariable[] = [];
  const state: Record<string, Variable> = {};
  // not the layers' own `dispose`, which frees nothing of a layer that was built without being applied
  const dispose = (): void => {
    for (const { variable } of [...weights, ...variables]) if (!variable.isDisposed) variable.dispose();
  };
  try {
    // weights and variables outlive a tidy, and what their making left behind does not
    const layers = untracked(tf, () => term.layers?.(shapes, rng(`loss-layers/${name}`)) ?? {});
    for (const [key, layer] of Object.entries(layers)) weights.push(...weightsOf(name, key, layer));
    const specs = term.state?.(shapes, rng(`loss-state/${name}`)) ?? {};
    for (const [key, spec] of Object.entries(specs)) {
      state[key] = untracked(tf, () => stateVariable(tf, `"${key}" of the loss term "${name}"`, spec));
      variables.push({ name: `loss-state/${name}/${key}`, variable: state[key] });
    }
    return { layers, state, weights, variables, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** Runs `make` in a tidy that does not look for tensors in what it returns. */
function untracked<T>(tf: Tf, make: () => T): T {
  const made: { value?: T } = {};
  tf.tidy(() => void Object.assign(made, { value: make() }));
  return made.value as T;
}

/** Weights are named by their kind and place: TensorFlow.js counts layers over the whole life of a process. */
function weightsOf(term: string, key: string, layer: layers.Layer): LossWeight[] {
  if (layer.built !== true) {
    throw new KdflowError("KDF_PLUGIN_INVALID", `the layer "${key}" of the loss term "${term}" is not built`, {
      hint: "call `layer.build([null, ...shape])` with the shape of its input, or make it a `tf.sequential` with an `inputShape`",
    });
  }
  const trainable = new Set(layer.trainableWeights);
  const seen = new Map<string, number>();
  return layer.weights.map((weight) => {
    const kind = weight.originalName.slice(weight.originalName.lastIndexOf("/") + 1);
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    const name = `loss/${term}/${key}/${count === 1 ? kind : `${kind}-${count}`}`;
    return { name, variable: layerVariable(weight), trainable: trainable.has(weight) };
  });
}

function stateVariable(tf: Tf, what: string, { shape, initial = 0 }: LossStateSpec): Variable {
  if (typeof initial === "number") return tf.variable(tf.fill([...shape], initial), false, undefined, "float32");
  const size = shape.reduce((product, length) => product * length, 1);
  if (initial.length !== size) {
    throw new KdflowError(
      "KDF_TENSORS_SHAPE",
      `the initial value of state ${what} has ${initial.length} numbers where [${shape.join(", ")}] takes ${size}`,
    );
  }
  // a copy: some backends work on the very array that they are given
  return tf.variable(tf.tensor(Float32Array.from(initial), [...shape], "float32"), false, undefined, "float32");
}
