import { cp, mkdtemp, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { pluginDigest } from "../../../core/plugins/plugin-digest.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-digest-"));
  await writeFile(
    join(folder, "index.js"),
    'import "./a.js";\nexport * from "./b.mjs";\nconst c = await import("./c.js");\n',
  );
  await writeFile(join(folder, "a.js"), 'import d from "./d.js"; import "node:fs"; import "./index.js";');
  await writeFile(
    join(folder, "b.mjs"),
    'import { createRequire } from "node:module"; createRequire(import.meta.url)("./e");\nrequire("./e");',
  );
  for (const name of ["c.js", "d.js", "e.cjs", "stranger.js"]) await writeFile(join(folder, name), `// ${name}`);
});

const digest = (): Promise<string> => pluginDigest(join(folder, "index.js"));

test.each(["index.js", "a.js", "b.mjs", "c.js", "d.js", "e.cjs"])("a change in %s changes the digest", async (name) => {
  const before = await digest();
  await writeFile(join(folder, name), `// changed\n${name === "index.js" ? 'import "./a.js";' : ""}`);
  expect(await digest()).not.toBe(before);
});

test("a file that is not imported does not count", async () => {
  const before = await digest();
  await writeFile(join(folder, "stranger.js"), "// changed");
  expect(await digest()).toBe(before);
});

test("where the folder lies does not count", async () => {
  const before = await digest();
  const other = `${folder}-moved`;
  await rename(folder, other);
  folder = other;
  expect(await digest()).toBe(before);
  await cp(other, `${other}-copy`, { recursive: true });
  expect(await pluginDigest(join(`${other}-copy`, "index.js"))).toBe(before);
});

test("assets named by URL count", async () => {
  await writeFile(join(folder, "index.js"), 'new URL("./table.json", import.meta.url);');
  await writeFile(join(folder, "table.json"), "[1]");
  const before = await digest();
  await writeFile(join(folder, "table.json"), "[2]");
  expect(await digest()).not.toBe(before);
});

test("a link is followed: what the file imports is looked for beside the file itself", async () => {
  const linked = await mkdtemp(join(tmpdir(), "kdflow-link-"));
  await symlink(join(folder, "index.js"), join(linked, "plugin.js"));
  await writeFile(join(linked, "a.js"), "// beside the link, and never loaded");
  const before = await pluginDigest(join(linked, "plugin.js"));
  expect(before).toBe(await digest());
  await writeFile(join(folder, "d.js"), "// changed");
  expect(await pluginDigest(join(linked, "plugin.js"))).not.toBe(before);
});
