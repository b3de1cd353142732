import {
  allowedHint,
  type JsonSchema,
  type LossProvider,
  type LossTerm,
  type ProviderOf,
  type Tf,
} from "../../../core/index.ts";
import {
  createLossProbe,
  createTestContext,
  defaultOptions,
  type HostInputs,
  type HostTensor,
  relativeDifference,
} from "../../../core/testing/index.ts";
import { type LossCase, vectorsError } from "./read-vectors.ts";

/** Where losses are looked up. */
interface Losses {
  find(family: "losses", id: string): Promise<{ readonly provider: ProviderOf<"losses">; readonly schema: JsonSchema }>;
}

/** How far a loss is from one case, each as max|Δ| / max|reference|. */
export interface CaseErrors {
  readonly loss: string;
  readonly options: LossCase["options"];
  readonly value: number;
  /** By input, as the case names it; NaN where the loss has no gradient. */
  readonly gradients: Readonly<Record<string, number>>;
  /** The largest of all. */
  readonly largest: number;
}

/**
 * Names that references have for features of some kind: an embedding is features without places, and losses on two
 * layers take the features of two pairs of taps.
 */
const otherNames: Readonly<Record<string, string>> = {
  studentEmbedding: "studentFeatures",
  teacherEmbedding: "teacherFeatures",
  studentEarly: "studentFeatures1",
  teacherEarly: "teacherFeatures1",
  studentLate: "studentFeatures2",
  teacherLate: "teacherFeatures2",
};

/**
 * Gives a loss the inputs of a case and compares its value and gradients.
 *
 * @throws KDF_CONFIG_UNKNOWN_PROVIDER for a loss that nobody supplies; KDF_CONFORMANCE_VECTORS for options and inputs
 *   that it does not have
 */
export async function replayCase(tf: Tf, losses: Losses, reference: LossCase): Promise<CaseErrors> {
  const { loss } = reference;
  const { provider, schema } = await losses.find("losses", loss);
  const options = checkedOptions(schema, reference);
  const lossProvider = provider as LossProvider<object>;
  const inputs = hostInputs(lossProvider, options, reference);
  const term: LossTerm = await lossProvider.create(options, createTestContext({ tf }));
  const probe = createLossProbe(tf, term, inputs);
  try {
    const value = relativeDifference([probe.evaluate(inputs).value], [reference.value]);
    const gradients = Object.entries(reference.gradients).map(([name, { values }]): [string, number] => {
      const own = ownName(name, inputs);
      if (own === undefined) throw unknownInput(loss, name, Object.keys(inputs), "a gradient by");
      const gradient = probe.inputGradient(inputs, own);
      return [name, typeof gradient === "string" ? Number.NaN : relativeDifference(gradient, values)];
    });
    const all = [value, ...gradients.map(([, error]) => error)];
    const largest = all.some(Number.isNaN) ? Number.NaN : Math.max(...all);
    return { loss, options: reference.options, value, gradients: Object.fromEntries(gradients), largest };
  } finally {
    probe.dispose();
  }
}

function checkedOptions(schema: Readonly<Record<string, unknown>>, { loss, options }: LossCase): object {
  const names = Object.keys((schema["properties"] ?? {}) as object);
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw vectorsError(`"${unknown}" is not an option of losses/${loss}`, allowedHint(unknown, names, "options"));
  }
  try {
    return defaultOptions(schema, options);
  } catch (cause) {
    throw vectorsError(`losses/${loss}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function hostInputs(provider: LossProvider<object>, options: object, { loss, inputs }: LossCase): HostInputs {
  const needs = typeof provider.needs === "function" ? provider.needs(options) : provider.needs;
  const joined = provider.joins === true ? Object.keys(inputs).map((name) => otherNames[name] ?? name) : [];
  const known = Object.fromEntries([...needs, ...(provider.takes ?? []), ...joined].map((name) => [name, name]));
  const given = Object.entries(inputs).map(([name, { shape, values }]): [string, HostTensor] => {
    const own = ownName(name, known);
    if (own === undefined) throw unknownInput(loss, name, Object.keys(known), "the input");
    return [own, hostTensor(own, shape, values)];
  });
  const missing = provider.joins === true ? undefined : needs.find((name) => !given.some(([own]) => own === name));
  if (missing !== undefined) throw vectorsError(`losses/${loss} needs ${missing}, which its case does not have`);
  return Object.fromEntries(given);
}

/** Features are float32; of a task's truth, what is counted is int32. */
function hostTensor(name: string, shape: readonly number[], values: readonly number[]): HostTensor {
  const counts = /labels$/i.test(name);
  return counts
    ? { shape, dtype: "int32", values: Int32Array.from(values) }
    : { shape, dtype: "float32", values: Float32Array.from(values) };
}

function ownName(name: string, known: object): string | undefined {
  return [name, otherNames[name] ?? name].find((candidate) => Object.hasOwn(known, candidate));
}

function unknownInput(loss: string, name: string, known: readonly string[], what: string): Error {
  return vectorsError(`the case of losses/${loss} has ${what} "${name}"`, allowedHint(name, known, "inputs"));
}
