import { expect, test } from "vitest";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { createGuarded } from "../../../core/plugins/guard-component.ts";
import type { RegisteredProvider } from "../../../core/plugins/registry.ts";

function registeredBy(plugin: string): RegisteredProvider {
  const provider = { family: "schedules", id: "odd", summary: "Odd.", cacheVersion: 1, create: () => undefined };
  return { provider, schema: {}, plugin: { name: plugin, version: "1.0.0" } } as unknown as RegisteredProvider;
}

class Odd {
  readonly #factor = 2;
  readonly calls: number[] = [];
  get limit(): number {
    return this.#factor * 10;
  }
  factor(epoch: number): number {
    this.calls.push(epoch);
    if (epoch > this.limit) throw new RangeError("too far");
    return epoch * this.#factor;
  }
  async later(): Promise<void> {
    throw new Error("late");
  }
}

test("a plugin's component works as before, private fields and getters included", async () => {
  const odd = await createGuarded(registeredBy("p"), "train", () => Object.freeze(new Odd()));
  expect(odd.factor(3)).toBe(3 * 2);
  expect(odd.limit).toBe(20);
  expect(odd.calls).toEqual([3]);
});

test("what a method throws, now or later, names the plugin and the stage", async () => {
  const odd = await createGuarded(registeredBy("p"), "train", () => new Odd());
  const message = 'schedules/odd of plugin "p" 1.0.0 failed in stage "train"';
  expect(() => odd.factor(21)).toThrow(message);
  await expect(odd.later()).rejects.toThrow(message);
  await expect(odd.later()).rejects.toMatchObject({ code: "KDF_PLUGIN_PROVIDER", cause: new Error("late") });
});

test("what `create` throws names the plugin, and coded errors stay", async () => {
  const failing = createGuarded(registeredBy("p"), "train", () => {
    throw new Error("no table");
  });
  await expect(failing).rejects.toMatchObject({ code: "KDF_PLUGIN_PROVIDER" });
  const coded = new KdflowError("KDF_PLAN_OPTIONS", "odd options");
  await expect(createGuarded(registeredBy("p"), "train", () => Promise.reject(coded))).rejects.toBe(coded);
});

test("built-in components are handed on as they are", async () => {
  const odd = new Odd();
  expect(await createGuarded(registeredBy("kdflow"), "train", () => odd)).toBe(odd);
});
