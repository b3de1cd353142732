import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { resolvePlugin } from "../../../core/plugins/resolve-plugin.ts";

test.each(["{", "null", '"text"'])("a package whose package.json is %s is named", async (text) => {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-package-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const directory = join(folder, "node_modules", "foo");
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "package.json"), text);
  const message = `"${join(directory, "package.json")}" cannot be read as the description of a package`;
  const expected = expect.objectContaining({ code: "KDF_PLUGIN_LOAD", message });
  await expect(resolvePlugin({ request: "foo" }, folder)).rejects.toThrow(expected);
});
