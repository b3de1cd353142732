import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { packageFamilies } from "../../plugins/scaffold/package/create-package.ts";
import { kdflow } from "./support/cli.ts";
import { installBeside, packKdflow, runIn } from "./support/made-package.ts";

const cli = "node_modules/kdflow/dist/core/cli/index.js";
let project: string;
let tarball: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "kdflow-created-"));
  tarball = await packKdflow(project);
});

afterAll(() => rm(project, { recursive: true, force: true }));

it.each(packageFamilies)("a package of the family %s builds, passes its tests and can be named", async (family) => {
  const name = `own-${family}`;
  const { code, stderr } = await kdflow(["plugins", "create", name, "--family", family], { cwd: project });
  expect(stderr).toContain(`cd ${name}`);
  expect(code).toBe(0);
  const folder = join(project, name);
  await installBeside(folder, tarball);
  const tested = await runIn(folder, "npm", ["test"]);
  expect(tested).toMatch(/^# fail 0$/m);
  expect(tested).not.toMatch(/^# pass 0$/m);

  // beside the pipeline as npm would install it
  await runIn(folder, "ln", ["-s", folder, join(folder, "node_modules", `kdflow-plugin-${name}`)]);
  expect(await runIn(folder, "node", [cli, "validate", "example.yaml"])).toContain("no mistakes");
  const readme = await readFile(join(folder, "README.md"), "utf8");
  const info = await runIn(folder, "node", [cli, "plugins", "list", "example.yaml"]);
  expect(info).toContain(name);
  expect(readme).toContain("| option | values | default | meaning |");
});
