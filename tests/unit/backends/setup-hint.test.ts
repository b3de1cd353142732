import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tensorflow } from "../../../plugins/backends/tensorflow.ts";
import { wasm } from "../../../plugins/backends/wasm.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-cache-"));
  vi.stubEnv("KDFLOW_CACHE", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

test("without the native backend both it and wasm say how to get it", async (context) => {
  const native = await tensorflow.probe();
  if (native.available) return context.skip("the native backend is in node_modules");
  const slow = await wasm.probe();
  expect(native.reason).toContain("run `kdflow setup`");
  expect(slow.available ? slow.detail : "").toContain("run `kdflow setup`");
});
