import { readFile } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";

/** Numbers in row-major order. */
export interface Vector {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** What a reference program says of one loss. */
export interface LossCase {
  /** A provider's id. */
  readonly loss: string;
  /** The provider's own options; left out are its defaults. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The provider's inputs by name, batch first; `[batch, height, width, channels]` of features. */
  readonly inputs: Readonly<Record<string, Vector>>;
  readonly value: number;
  /** By input. */
  readonly gradients: Readonly<Record<string, Vector>>;
}

/**
 * Reads a file of the form `{ "cases": [{ "loss", "options", "inputs", "value", "gradients" }] }`.
 *
 * @throws KDF_CONFORMANCE_VECTORS naming the case and what is wrong with it
 */
export async function readVectors(file: string): Promise<readonly LossCase[]> {
  const parsed = await parsedFile(file);
  const cases = isRecord(parsed) ? parsed["cases"] : undefined;
  if (!Array.isArray(cases) || cases.length === 0) throw vectorsError(`"${file}" has no list \`cases\``);
  return cases.map((entry: unknown, index) => lossCase(entry, `case ${index + 1} of "${file}"`));
}

async function parsedFile(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw vectorsError(`"${file}" cannot be read as JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
}

function lossCase(entry: unknown, place: string): LossCase {
  if (!isRecord(entry)) throw vectorsError(`${place} is not an object`);
  const { loss, options = {}, inputs, value, gradients } = entry;
  if (typeof loss !== "string") throw vectorsError(`${place} does not name its \`loss\``);
  const named = `${place}, ${loss},`;
  if (!isRecord(options)) throw vectorsError(`${named} has \`options\` that are not an object`);
  if (typeof value !== "number") throw vectorsError(`${named} has no number \`value\``);
  return {
    loss,
    options,
    value,
    inputs: vectors(inputs, `${named} \`inputs\``),
    gradients: vectors(gradients, `${named} \`gradients\``),
  };
}

function vectors(record: unknown, place: string): Record<string, Vector> {
  if (!isRecord(record)) throw vectorsError(`${place} is not an object of vectors`);
  const entries = Object.entries(record).map(([name, vector]) => [name, vectorOf(vector, `${place}.${name}`)] as const);
  return Object.fromEntries(entries);
}

function vectorOf(vector: unknown, place: string): Vector {
  const { shape, values } = isRecord(vector) ? vector : {};
  if (!isNumbers(shape) || !isNumbers(values))
    throw vectorsError(`${place} has no \`shape\` and \`values\` of numbers`);
  const size = shape.reduce((product, length) => product * length, 1);
  if (values.length === size) return { shape, values };
  throw vectorsError(`${place} has ${values.length} values where its shape [${shape.join(", ")}] takes ${size}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((number) => typeof number === "number");
}

/** @param hint what to do, unless the form is wrong */
export function vectorsError(message: string, hint?: string): KdflowError {
  return new KdflowError("KDF_CONFORMANCE_VECTORS", message, { hint: hint ?? "docs/losses.md shows the form" });
}
