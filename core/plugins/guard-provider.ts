import { asPluginError, builtinPluginName } from "./plugin-error.ts";
import type { Provider } from "./provider.ts";
import type { PluginOrigin } from "./registry.ts";

type Method = (...args: unknown[]) => unknown;
/** Turns what was thrown into what is thrown on. */
type Rethrow = (thrown: unknown) => never;

/**
 * A provider of a plugin, whose errors, and those of what it creates and opens, name the plugin: a loss of one plugin runs
 * inside the trainer of another, where nobody else would know whose fault it is. Built-in providers stay as they are.
 */
export function guardProvider(provider: Provider, plugin: PluginOrigin): Provider {
  if (plugin.name === builtinPluginName) return provider;
  const rethrow: Rethrow = (thrown) => {
    throw asPluginError(thrown, { provider, plugin }, undefined);
  };
  return guarded(provider, rethrow, (key, result) => {
    if (key !== "create" && key !== "open") return result;
    const guardInstance = (instance: unknown): unknown => {
      if (typeof instance === "object" && instance !== null) return guarded(instance, rethrow);
      throw new Error(`\`${key}\` gave ${instance === undefined ? "nothing" : String(instance)}, wanted an object`);
    };
    return result instanceof Promise ? result.then(guardInstance) : guardInstance(result);
  });
}

/** An object with the same fields, whose methods, and those in records of methods, hand what they throw, now or later, to `rethrow`. */
function guarded<T extends object>(
  target: T,
  rethrow: Rethrow,
  present: (key: string, result: unknown) => unknown = (_key, result) => result,
): T {
  const copy = {};
  for (const [key, { value }] of descriptors(target)) {
    const method: Method = (...args) => {
      try {
        const result = present(key, (value as Method).apply(target, args));
        return result instanceof Promise ? result.catch(rethrow) : result;
      } catch (error) {
        return rethrow(error);
      }
    };
    const field =
      typeof value === "function"
        ? { value: method }
        : isRecordOfMethods(value)
          ? { value: guarded(value, rethrow) }
          : { get: () => Reflect.get(target, key) };
    Object.defineProperty(copy, key, { enumerable: true, ...field });
  }
  return copy as T;
}

/** True for a field such as the `scalars` of a loss term, for the splits of data, and for each of them. */
function isRecordOfMethods(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  const fields = Object.values(value);
  return (
    isSplit(value) || (fields.length > 0 && fields.every((field) => typeof field === "function" || isSplit(field)))
  );
}

function isSplit(value: unknown): boolean {
  return typeof value === "object" && value !== null && "render" in value && typeof value.render === "function";
}

/** Fields and methods of an object, its own and those of its classes; nearer ones win. */
function descriptors(target: object): Map<string, PropertyDescriptor> {
  const found = new Map<string, PropertyDescriptor>();
  for (let level = target; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (key !== "constructor" && !found.has(key)) found.set(key, descriptor);
    }
  }
  return found;
}
