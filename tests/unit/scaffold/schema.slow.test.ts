import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterEach, beforeEach, expect, it } from "vitest";
import { eventsIn, kdflow } from "../cli/command-line.ts";

const shipped = new URL("../../../schemas/pipeline.schema.json", import.meta.url);
const plugin = fileURLToPath(new URL("../../fixtures/plugins/local-loss.js", import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-schema-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it("prints the schema that the package has where no pipeline is named", async () => {
  const { stdout } = await kdflow("schema");
  expect(stdout).toBe(await readFile(shipped, "utf8"));
});

it("knows the options of the plugins of a pipeline", async () => {
  const file = join(folder, "pipeline.yaml");
  const out = join(folder, "own.schema.json");
  const stages = "stages: { data: mnist, student: { use: classifier, backbone: resnet }, loss: { cross-entropy: 1 } }";
  await writeFile(file, `kdflow: 1\nplugins: [${JSON.stringify(plugin)}]\n${stages}\n`);
  const { code, stdout } = await kdflow("schema", "--pipeline", file, "--out", out, "--json");
  expect(code).toBe(0);
  expect(eventsIn(stdout)).toEqual([{ event: "schema", file: out }]);

  const problems = async (url: string | URL, loss: object): Promise<number> => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(await readFile(url, "utf8")));
    validate({ kdflow: 1, plugins: [plugin], stages: { loss } });
    return validate.errors?.length ?? 0;
  };
  const misspelt = { brier: { weight: 1, scael: 1 } };
  expect(await problems(out, { brier: { weight: 1, scale: 2 } })).toBe(0);
  expect(await problems(shipped, misspelt)).toBe(0);
  expect(await problems(out, misspelt)).toBeGreaterThan(0);
});
