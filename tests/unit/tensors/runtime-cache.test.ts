import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runtimeCacheFolder } from "../../../core/tensors/runtime-cache.ts";

test("runtimes are kept in $KDFLOW_CACHE, else below $XDG_CACHE_HOME, else below the home folder", () => {
  expect(runtimeCacheFolder({ KDFLOW_CACHE: "/own", XDG_CACHE_HOME: "/cache" })).toBe("/own");
  expect(runtimeCacheFolder({ XDG_CACHE_HOME: "/cache" })).toBe(join("/cache", "kdflow"));
  expect(runtimeCacheFolder({})).toBe(join(homedir(), ".cache", "kdflow"));
});
