import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const kdflow = resolve("dist/core/cli/index.js");

describe("a process that may open few files", () => {
  it.each([24, 28, 36])("ends with a coded message at %i", (limit) => {
    const command = `ulimit -n ${limit}; exec "${process.execPath}" "${kdflow}" plugins list`;
    const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
    expect(stderr).toMatch(/^KDF_CLI_OPEN_FILES: /);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(status).toBe(1);
  });
});
