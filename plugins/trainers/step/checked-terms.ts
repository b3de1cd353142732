import type { Scalar, Tensor } from "@tensorflow/tfjs";
import { KdflowError, type Tf } from "../../../core/index.ts";

/** What TensorFlow.js says of an operation that has no gradient. */
const noGradient = /gradient function not found for (\w+)/;
/** And of a loss that no variable leads to. */
const noConnection = /Cannot find a connection between any variable/;

/**
 * What a loss term gave, once it is known to be a loss: a live tensor of this engine, `[]`, float32.
 *
 * @throws KDF_TRAIN_LOSS_VALUE naming the term; KDF_PLUGIN_FOREIGN_TENSOR
 */
export function checkedTerm(tf: Tf, name: string, value: unknown): Scalar {
  const given = wordsFor(tf, value);
  if (given !== undefined) {
    throw new KdflowError("KDF_TRAIN_LOSS_VALUE", `the loss term "${name}" gives ${given}, wanted a scalar tensor []`, {
      hint: "`compute` returns one number for the batch as a tensor, such as `tf.mean(losses)`",
    });
  }
  const scalar = value as Scalar;
  const { tensorInfo } = tf.engine().state as unknown as { readonly tensorInfo: WeakMap<object, unknown> };
  if (tensorInfo.has(scalar.dataId)) return scalar;
  throw new KdflowError(
    "KDF_PLUGIN_FOREIGN_TENSOR",
    `the loss term "${name}" gives a tensor of another copy of TensorFlow.js`,
    { hint: "take `tf` from the context instead of importing @tensorflow/tfjs" },
  );
}

function wordsFor(tf: Tf, value: unknown): string | undefined {
  if (value instanceof Promise) return "a promise (`compute` must not be async)";
  if (isTensor(value)) {
    if (value.rank !== 0) return `a tensor of the shape [${value.shape.join(", ")}]`;
    if (value.isDisposed) return "a tensor that was disposed";
    return value.dtype === "float32" ? undefined : `a tensor of the type ${value.dtype}`;
  }
  if (value === undefined || value === null) return "nothing (is a `return` missing?)";
  return value instanceof tf.Tensor ? undefined : `a ${typeof value}`;
}

/** Also true for tensors of another copy. */
function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "dataId" in value && "rank" in value && "dtype" in value;
}

/**
 * Says in our words what TensorFlow.js means where a loss has no gradient.
 *
 * @param terms names of the loss terms
 */
export function withoutGradient<T>(terms: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const [, operation] = noGradient.exec(message) ?? [];
    if (operation === undefined && !noConnection.test(message)) throw error;
    const who = `the loss (${terms.map((name) => `"${name}"`).join(", ")})`;
    const what =
      operation === undefined ? "does not depend on the student" : `uses ${operation}, which has no gradient`;
    throw new KdflowError("KDF_TRAIN_NO_GRADIENT", `${who} ${what}`, {
      cause: error,
      hint:
        operation === undefined
          ? "`compute` must use the student's tensors that it is given, by operations of the context's `tf`"
          : "use another operation; constants that it only compares with belong into the term's `targets`, where no gradient is needed",
    });
  }
}

/** What `work` gives; `undefined` where no variable leads to its loss. */
export function ifConnected<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && noConnection.test(error.message)) return undefined;
    throw error;
  }
}
