import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import { apiVersion } from "./api-version.ts";
import type { Engine, Hooks } from "./hooks.ts";

/** Properties that Node and test runners ask any object for. */
const askedOfAnyObject: readonly PropertyKey[] = ["then", "toJSON", "constructor"];

/** What a plugin's `apply` gets: a table of hooks in which a misspelt hook is an error instead of `undefined`. */
export function createEngine(hooks: Hooks): Engine {
  const table = new Proxy(hooks, {
    get(target, name, receiver) {
      if (name in target || typeof name === "symbol" || askedOfAnyObject.includes(name)) {
        return Reflect.get(target, name, receiver);
      }
      throw new KdflowError("KDF_PLUGIN_HOOK_UNKNOWN", `there is no hook "${name}"`, {
        hint: allowedHint(name, Object.keys(target), "hooks"),
      });
    },
  });
  return Object.freeze({ apiVersion, hooks: table });
}
