import { expect, test } from "vitest";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { createHooks, type HookEvents } from "../../../core/plugins/hooks.ts";
import { createTapWatch } from "../../../core/plugins/tap-watch.ts";
import { caught } from "../../support/caught.ts";

const started: HookEvents["stageStart"] = {
  stage: "digits",
  kind: "data",
  provider: "mnist",
  key: "0".repeat(64),
};

test("a tap made with `tap` is awaited where the hook is asynchronous", async () => {
  const hooks = createHooks();
  const done: string[] = [];
  hooks.runEnd.tap("slow", async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done.push("slow");
  });
  hooks.runEnd.tapPromise("fast", async () => {
    done.push("fast");
  });
  await hooks.runEnd.promise({ runId: "1", directory: "", status: "ok", durationMs: 1, metrics: {}, exports: {} });
  expect(done).toEqual(["slow", "fast"]);
});

test("what a tap throws names the plugin, the hook and the stage, and keeps the cause", async () => {
  const hooks = createHooks();
  const cause = new TypeError("no such server");
  hooks.stageStart.for("data").tap("tracker", async () => {
    throw cause;
  });
  const error = await caught(() => hooks.stageStart.for("data").promise(started));
  expect(error.code).toBe("KDF_PLUGIN_HOOK");
  expect(error.message).toBe('plugin "tracker" failed in hook stageStart.data for stage "digits"');
  expect(error.cause).toBe(cause);
});

test("a tap that is rejected with nothing is an error all the same", async () => {
  const hooks = createHooks();
  hooks.stageStart.for("data").tapPromise("quiet", () => Promise.reject());
  const error = await caught(() => hooks.stageStart.for("data").promise(started));
  expect(error.code).toBe("KDF_PLUGIN_HOOK");
  expect((error.cause as Error).message).toBe("the tap threw nothing");
});

test("a tap with a callback is awaited, and its error is wrapped", async () => {
  const hooks = createHooks();
  hooks.stageStart.for("data").tapAsync("callback", (_event, done) => setTimeout(() => done(new Error("late")), 1));
  const error = await caught(() => hooks.stageStart.for("data").promise(started));
  expect(error.message).toContain('plugin "callback"');
});

test("a tap that fails at a failed stage is warned of, and the others get the event, even where warnings fail too", async () => {
  const hooks = createHooks();
  const seen: string[] = [];
  const refuse = (): never => {
    throw new TypeError("no such server");
  };
  hooks.stageFailed.for("data").tap("tracker", refuse);
  hooks.stageFailed.for("data").tap({ name: "kdflow:report", stage: 100 }, ({ stage }) => void seen.push(stage));
  hooks.warning.tap("test", ({ message }) => void seen.push(message));
  hooks.warning.tap("tracker", refuse);
  await hooks.stageFailed.for("data").promise({ stage: "digits", kind: "data", error: new Error("no file") });
  expect(seen).toEqual([
    'plugin "tracker" failed in hook stageFailed.data for stage "digits" (TypeError: no such server)',
    "digits",
  ]);
});

test("an error that an observer of the engine throws on purpose stays as it is", async () => {
  const hooks = createHooks();
  const own = new KdflowError("KDF_STORE_DISK_FULL", "no space left");
  hooks.stageStart.for("data").tap("kdflow:recorder", () => {
    throw own;
  });
  expect(await caught(() => hooks.stageStart.for("data").promise(started))).toBe(own);
});

test("a coded error that a plugin throws is wrapped, so that the plugin is named", async () => {
  const hooks = createHooks();
  hooks.stageStart.for("data").tap("borrower", () => {
    throw new KdflowError("KDF_STORE_DISK_FULL", "no space left");
  });
  expect((await caught(() => hooks.stageStart.for("data").promise(started))).code).toBe("KDF_PLUGIN_HOOK");
});

test("what a tap of a synchronous hook throws is wrapped too", async () => {
  const hooks = createHooks();
  hooks.epochEnd.tap("plotter", () => {
    throw new Error("no canvas");
  });
  const error = await caught(() => hooks.epochEnd.call({ stage: "train", epoch: 1, epochs: 2, values: {} }));
  expect(error.message).toBe('plugin "plotter" failed in hook epochEnd for stage "train"');
});

test("an asynchronous tap on a synchronous hook is refused instead of being forgotten", async () => {
  const hooks = createHooks();
  hooks.epochEnd.tap("uploader", async () => {
    throw new Error("would be an unhandled rejection");
  });
  const error = await caught(() => hooks.epochEnd.call({ stage: "train", epoch: 1, epochs: 2, values: {} }));
  expect((error.cause as Error).message).toContain("this hook cannot wait");
});

test("a tap of the config that returns nothing keeps it, and one that returns no map is refused", async () => {
  const hooks = createHooks();
  hooks.configResolved.tap("reader", () => undefined as never);
  hooks.configResolved.tap("writer", (config) => ({ ...config, name: "changed" }));
  expect(hooks.configResolved.call({ name: "as written" })).toEqual({ name: "changed" });
  hooks.configResolved.tap("eraser", () => null as never);
  expect((await caught(() => hooks.configResolved.call({}))).message).toContain('plugin "eraser"');
});

test("events reach taps frozen", async () => {
  const hooks = createHooks();
  hooks.stageStart.for("data").tap("meddler", (event) => {
    (event as { stage: string }).stage = "other";
  });
  const error = await caught(() => hooks.stageStart.for("data").promise({ ...started }));
  expect(error.cause).toBeInstanceOf(TypeError);
});

test("a tap that wants to be before an unknown one is refused with the nearest name", async () => {
  const hooks = createHooks();
  hooks.runEnd.tap("tracker", () => undefined);
  const error = await caught(() => hooks.runEnd.tap({ name: "early", before: "traker" }, () => undefined));
  expect(error.code).toBe("KDF_PLUGIN_HOOK_UNKNOWN");
  expect(error.hint[0]).toContain('did you mean "tracker"?');
});

test("a tap may stand before one that is there", async () => {
  const hooks = createHooks();
  const order: string[] = [];
  hooks.runStart.tap("second", () => void order.push("second"));
  hooks.runStart.tap({ name: "first", before: "second" }, () => void order.push("first"));
  await hooks.runStart.promise({ runId: "1", pipeline: "p", directory: "", backend: "cpu", backendDetails: {} });
  expect(order).toEqual(["first", "second"]);
});

test("a hook of an unknown kind or family is refused with the nearest name", async () => {
  const hooks = createHooks();
  const kind = await caught(() => hooks.stageEnd.for("trian"));
  expect(kind.code).toBe("KDF_PLUGIN_HOOK_UNKNOWN");
  expect(kind.hint[0]).toContain('did you mean "train"?');
  const family = await caught(() => hooks.provide.for("backbone"));
  expect(family.hint[0]).toContain('did you mean "backbones"?');
});

test("a tap that keeps the run waiting is reported by a warning, then more rarely", async () => {
  const hooks = createHooks(createTapWatch({ waitMs: 20 }));
  const warnings: string[] = [];
  hooks.warning.tap("kdflow:test", ({ event, message }) => void warnings.push(`${event}: ${message}`));
  hooks.stageStart.for("data").tapPromise("slow", () => new Promise((resolve) => setTimeout(resolve, 100)));
  await hooks.stageStart.for("data").promise(started);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('pluginWaiting: waiting for plugin "slow" in hook stageStart.data (stage "digits")');
});
