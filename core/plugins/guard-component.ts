import { asPluginError, builtinPluginName } from "./plugin-error.ts";
import type { RegisteredProvider } from "./registry.ts";

/**
 * Creates a component of a plugin so that whatever it throws, now or in a method later, names the plugin: a loss of
 * one plugin runs inside the trainer of another. Built-in components are handed on as they are.
 *
 * @param create calls the provider's `create`
 */
export async function createGuarded<T>(
  registered: RegisteredProvider,
  stage: string | undefined,
  create: () => Promise<T> | T,
): Promise<T> {
  if (registered.plugin.name === builtinPluginName) return create();
  const rethrow = (thrown: unknown): never => {
    throw asPluginError(thrown, registered, stage);
  };
  try {
    const instance = await create();
    return typeof instance === "object" && instance !== null ? guarded(instance, rethrow) : instance;
  } catch (error) {
    return rethrow(error);
  }
}

/** An object with the same fields, whose methods hand what they throw to `rethrow`. */
function guarded<T extends object>(instance: T, rethrow: (thrown: unknown) => never): T {
  const copy: Record<PropertyKey, unknown> = {};
  for (const [key, { value }] of descriptors(instance)) {
    const field =
      typeof value === "function"
        ? { value: guardedMethod(instance, value as Method, rethrow) }
        : { get: () => Reflect.get(instance, key) };
    Object.defineProperty(copy, key, { enumerable: true, ...field });
  }
  return copy as T;
}

type Method = (...args: unknown[]) => unknown;

function guardedMethod(instance: object, method: Method, rethrow: (thrown: unknown) => never): Method {
  return (...args) => {
    try {
      const result = method.apply(instance, args);
      return result instanceof Promise ? result.catch(rethrow) : result;
    } catch (error) {
      return rethrow(error);
    }
  };
}

/** Fields and methods of an object, its own and those of its classes; nearer ones win. */
function descriptors(instance: object): Map<PropertyKey, PropertyDescriptor> {
  const found = new Map<PropertyKey, PropertyDescriptor>();
  for (let level = instance; level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    const own = Object.getOwnPropertyDescriptors(level);
    for (const [key, descriptor] of Object.entries(own)) {
      if (key !== "constructor" && !found.has(key)) found.set(key, descriptor);
    }
  }
  return found;
}
