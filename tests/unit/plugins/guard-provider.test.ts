import { expect, test } from "vitest";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { guardProvider } from "../../../core/plugins/guard-provider.ts";
import { asPluginError } from "../../../core/plugins/plugin-error.ts";
import type { Provider } from "../../../core/plugins/provider.ts";

class Odd {
  readonly #factor = 2;
  readonly calls: number[] = [];
  readonly scalars = {
    half: (epoch: number): number => epoch / 2,
    never: (): number => {
      throw new RangeError("no such epoch");
    },
  };
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

interface OddProvider {
  readonly id: string;
  create(): Odd | Promise<Odd>;
}

function guardedBy(plugin: string, create: OddProvider["create"]): OddProvider {
  const provider = { family: "schedules", id: "odd", summary: "Odd.", cacheVersion: 1, create };
  const guarded = guardProvider(provider as unknown as Provider, { name: plugin, version: "1.0.0" });
  return guarded as unknown as OddProvider;
}

const message = 'schedules/odd of plugin "p" 1.0.0 failed';

test("a plugin's component works as before, private fields and getters included", async () => {
  const odd = await guardedBy("p", () => Object.freeze(new Odd()) as Odd).create();
  expect(odd.factor(3)).toBe(3 * 2);
  expect(odd.limit).toBe(20);
  expect(odd.calls).toEqual([3]);
});

test("what a component throws, now or later, names the plugin", async () => {
  const odd = await guardedBy("p", async () => new Odd()).create();
  expect(() => odd.factor(21)).toThrow(message);
  await expect(odd.later()).rejects.toMatchObject({ code: "KDF_PLUGIN_PROVIDER", message, cause: new Error("late") });
});

test("what a function in a record of functions throws names the plugin", async () => {
  const { scalars } = await guardedBy("p", () => new Odd()).create();
  expect(scalars.half(3)).toBe(3 / 2);
  expect(() => scalars.never()).toThrow(message);
});

test("what `create` throws names the plugin, and coded errors stay", async () => {
  const failing = guardedBy("p", () => {
    throw new Error("no table");
  });
  expect(() => failing.create()).toThrow(message);
  const coded = new KdflowError("KDF_PLAN_OPTIONS", "odd options");
  await expect(guardedBy("p", () => Promise.reject(coded)).create()).rejects.toBe(coded);
});

test("the stage is added once it is known", async () => {
  const registered = { provider: {}, plugin: { name: "other", version: "2" } } as unknown as Parameters<
    typeof asPluginError
  >[1];
  const odd = await guardedBy("p", () => new Odd()).create();
  const error = asPluginError(await odd.later().catch((thrown: unknown) => thrown), registered, "train");
  expect(error).toMatchObject({ message: `${message} in stage "train"`, cause: new Error("late") });
  expect(asPluginError(error, registered, "evaluate")).toBe(error);
});

test("built-in providers are handed on as they are", () => {
  const provider = { family: "schedules", id: "odd" } as unknown as Provider;
  expect(guardProvider(provider, { name: "kdflow", version: "1" })).toBe(provider);
});

test.each([undefined, 42])("%s in place of a component names the plugin", (given) => {
  const provider = guardedBy("p", () => given as never);
  expect(() => provider.create()).toThrow(expect.objectContaining({ code: "KDF_PLUGIN_PROVIDER", message }));
});

test("what a split of opened data throws names the plugin, and nothing opened is told", async () => {
  const render = (): never => {
    throw new Error("disc error");
  };
  const opened = { splits: { train: { name: "train", count: 3, render } } };
  const openWith = (value: unknown): (() => Promise<typeof opened>) => {
    const provider = { family: "data", id: "odd", summary: "Odd.", cacheVersion: 1, open: async () => value };
    const guarded = guardProvider(provider as unknown as Provider, { name: "p", version: "1.0.0" });
    return (guarded as unknown as { open(): Promise<typeof opened> }).open;
  };
  const data = await openWith(opened)();
  expect(data.splits.train.count).toBe(3);
  expect(() => data.splits.train.render()).toThrow('data/odd of plugin "p" 1.0.0 failed');
  await expect(openWith(undefined)()).rejects.toMatchObject({
    code: "KDF_PLUGIN_PROVIDER",
    cause: new Error("`open` gave nothing, wanted an object"),
  });
});
