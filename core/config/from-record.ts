import { KdflowError } from "../errors/kdflow-error.ts";
import { isPlainList, type Plain } from "./config-node.ts";
import { readScalar } from "./read-yaml.ts";
import type { Environment } from "./variables.ts";

const whole = /^\$env\.([A-Za-z_][\w-]*)$/;
const inside = /\$\{env\.([A-Za-z_][\w-]*)\}/g;

/**
 * Values of a run's record with the environment variables that it names put in again.
 *
 * @throws KDF_CONFIG_UNKNOWN_VARIABLE where one is not set
 */
export function fromRecord(record: Plain, env: Environment): Plain {
  if (typeof record === "string") return fromText(record, env);
  if (typeof record !== "object" || record === null) return record;
  if (isPlainList(record)) return record.map((item) => fromRecord(item, env));
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, fromRecord(value, env)]));
}

function fromText(text: string, env: Environment): Plain {
  const [, name] = whole.exec(text) ?? [];
  if (name !== undefined) return readScalar(lookUp(name, env));
  return text.replace(inside, (_, each: string) => lookUp(each, env));
}

function lookUp(name: string, env: Environment): string {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  if (text !== undefined) return text;
  throw new KdflowError("KDF_CONFIG_UNKNOWN_VARIABLE", `the environment variable "${name}" is not set`, {
    hint: `the run was made with it; set it as it was then: ${name}=… kdflow …`,
  });
}
