import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
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

describe("a plugin that is not found", () => {
  /** A folder with packages in its `node_modules`. */
  async function folderWith(...packages: readonly string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "kdflow-package-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const name of packages) {
      await mkdir(join(folder, "node_modules", name), { recursive: true });
      await writeFile(join(folder, "node_modules", name, "package.json"), "{}");
    }
    return folder;
  }

  test.each([
    ["focal", "kdflow-focal"],
    ["kdflow-focal", "kdflow-plugin-focal"],
    ["focal", "@lab/kdflow-plugin-focal"],
    ["@lab/focal", "kdflow-plugin-focal"],
  ])("says of %s that there is %s", async (request, installed) => {
    const folder = await folderWith(installed, "other");
    const hint = expect.arrayContaining([`"${installed}" is in ${join(folder, "node_modules")}: name it so`]);
    await expect(resolvePlugin({ request }, folder)).rejects.toMatchObject({ code: "KDF_PLUGIN_NOT_FOUND", hint });
  });

  test("says where it is installed instead", async () => {
    const [folder, elsewhere] = [await folderWith("other"), await folderWith("kdflow-plugin-focal")];
    const before = process.cwd();
    process.chdir(elsewhere);
    onTestFinished(() => process.chdir(before));
    const found = join(await realpath(elsewhere), "node_modules");
    const hint = expect.arrayContaining([`"kdflow-plugin-focal" is in ${found}, which is not above it`]);
    await expect(resolvePlugin({ request: "focal" }, folder)).rejects.toMatchObject({ hint });
  });
});
