import { expect, test } from "vitest";
import { importTimeoutMs } from "../../../core/plugins/import-timeout.ts";

test("an import may take half a minute unless KDFLOW_PLUGIN_TIMEOUT says otherwise", () => {
  expect(importTimeoutMs({})).toBe(30 * 1000);
  expect(importTimeoutMs({ KDFLOW_PLUGIN_TIMEOUT: "" })).toBe(30 * 1000);
  expect(importTimeoutMs({ KDFLOW_PLUGIN_TIMEOUT: "0.5" })).toBe(0.5 * 1000);
  expect(importTimeoutMs({ KDFLOW_PLUGIN_TIMEOUT: "120" })).toBe(120 * 1000);
});

test.each(["soon", "0", "-1", "1e9", "NaN", "Infinity", "10s"])("KDFLOW_PLUGIN_TIMEOUT=%s is refused", (given) => {
  expect(() => importTimeoutMs({ KDFLOW_PLUGIN_TIMEOUT: given })).toThrow(
    expect.objectContaining({ code: "KDF_CLI_ENVIRONMENT" }),
  );
});
