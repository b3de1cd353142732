import type { Tensor, Variable } from "@tensorflow/tfjs";
import type { Adapter, CreateContext, Objective, Optimizer, Schedule } from "../../../core/index.ts";
import { assertPromise } from "./assert-promise.ts";

/** Of the runs that are imagined. */
const epochs = 10;
const moments = Array.from({ length: 2 * epochs + 1 }, (_, half) => half / 2);

/** Factors over a whole run: finite, none below 0. */
export async function useSchedule(schedule: Schedule): Promise<unknown> {
  const factors = moments.map((epoch) => schedule.factor(epoch, epochs));
  for (const [at, factor] of factors.entries()) {
    assertPromise(
      Number.isFinite(factor) && factor >= 0,
      `the factor at epoch ${moments[at]} of ${epochs} is ${factor}`,
    );
  }
  return factors;
}

/** Weights of all terms over a whole run: finite, and every term has a name of its own. */
export async function useObjective({ terms }: Objective): Promise<unknown> {
  const names = terms.map(({ name }) => name);
  assertPromise(new Set(names).size === names.length, `two terms have one name: ${names.join(", ")}`);
  return terms.map((term) => {
    const weights = moments.map((epoch) => term.weight(epoch, epochs));
    assertPromise(weights.every(Number.isFinite), `the weight of the term "${term.name}" is not finite`);
    return { name: term.name, needs: term.needs, weights };
  });
}

/** What its layers make of `[4, 4, 6]` where the teacher has `[4, 4, 10]`, and the weights from which they start. */
export async function useAdapter(adapter: Adapter, { tf, rng }: CreateContext): Promise<unknown> {
  const from = [4, 4, 6];
  const to = [4, 4, 10];
  const layers = Object.entries(adapter.layers(from, to, rng("adapter")));
  const adapted = tf.tidy(() => {
    const start: Tensor = tf.ones([1, ...from]);
    return layers.reduce((features, [, layer]) => layer.apply(features) as Tensor, start);
  });
  const weights = layers.flatMap(([, layer]) => layer.getWeights());
  const values = await Promise.all([adapted, ...weights].map((tensor) => tensor.data()));
  const { shape } = adapted;
  adapted.dispose();
  for (const weight of layers.flatMap(([, layer]) => layer.weights)) weight.dispose();
  assertPromise(shape.slice(1).join() === to.join(), `features of ${from} come out as ${shape.slice(1)}, wanted ${to}`);
  assertPromise(
    values.every((numbers) => numbers.every(Number.isFinite)),
    "weights or features are not finite",
  );
  return { names: layers.map(([name]) => name), values };
}

/** Three updates of one weight: it goes against its gradient, and stays where that is 0. */
export async function useOptimizer(optimizer: Optimizer, { tf }: CreateContext): Promise<unknown> {
  const start = [1, -2, 3];
  const slopes = [0.5, -0.25, 0];
  const weight = tf.tidy(() => tf.variable(tf.tensor1d(start)));
  const slots: Record<string, Variable> = {};
  for (const name of optimizer.slots) slots[name] = tf.tidy(() => tf.variable(tf.zerosLike(weight)));
  for (let update = 1; update <= 3; update++) {
    tf.tidy(() => {
      const numbers = Object.entries(optimizer.scalars?.(update) ?? {});
      optimizer.apply({
        weight,
        gradient: tf.tensor1d(slopes),
        slots,
        learningRate: tf.scalar(optimizer.learningRate),
        scalars: Object.fromEntries(numbers.map(([name, number]) => [name, tf.scalar(number)])),
        weightDecay: 0,
      });
    });
  }
  const all = [weight, ...Object.values(slots)];
  const values = await Promise.all(all.map((variable) => variable.data()));
  for (const variable of all) variable.dispose();
  for (const [at, slope] of slopes.entries()) {
    const moved = (values[0]?.[at] ?? Number.NaN) - (start[at] ?? 0);
    assertPromise(Math.sign(moved) === -Math.sign(slope), `a weight of gradient ${slope} moves by ${moved}`);
  }
  return values;
}
