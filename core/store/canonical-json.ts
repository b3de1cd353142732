import { KdflowError } from "../errors/kdflow-error.ts";

/**
 * Writes plain data as JSON in the one form that keys are hashed from: object keys sorted by code unit, no spaces,
 * numbers as JavaScript prints them. Two values give the same text exactly when they are equal as data; −0 is 0.
 *
 * @throws KDF_INTERNAL naming the place of what JSON cannot hold: undefined, NaN, infinities, class instances, cycles
 */
export function canonicalJson(value: unknown): string {
  return write(value, "$", []);
}

function write(value: unknown, path: string, parents: readonly object[]): string {
  if (value === null || typeof value === "boolean" || typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw notJson(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== "object") throw notJson(path, typeof value);
  if (parents.includes(value)) throw notJson(path, "a cycle");
  const below = [...parents, value];
  if (Array.isArray(value)) {
    // Array.from visits holes too, which would otherwise be skipped.
    return `[${Array.from(value, (item: unknown, index) => write(item, `${path}[${index}]`, below)).join(",")}]`;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw notJson(path, value.constructor.name);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${write(item, `${path}.${key}`, below)}`).join(",")}}`;
}

function notJson(path: string, what: string): KdflowError {
  return new KdflowError("KDF_INTERNAL", `${path} is ${what}, which has no canonical JSON`);
}
