/** What a plugin's code makes of stored bytes is part of what follows: an edited one serves nothing old. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-edited-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const schema =
  'const schema = { type: "object", description: "No options.", additionalProperties: false, properties: {} };';
const imports = 'import { writeFile } from "node:fs/promises";\nimport { join } from "node:path";';

/** Data that is made when it is opened; what is stored of it is always the same. */
const made = (number: number) => `${imports}\n${schema}
const data = {
  family: "data", id: "made", task: "classification", summary: "made when opened", cacheVersion: 1, schema,
  run: (_options, _inputs, { outputDir }) => writeFile(join(outputDir, "stored.txt"), "always the same"),
  open: async () => ({ number: ${number} }),
};
export const plugin = { name: "made", version: "1.0.0", kdflow: "^1", providers: [data] };
`;

/** A model that is made of the data, by a plugin that nobody edits. */
const noting = `${imports}\n${schema}
const model = {
  family: "model", id: "noted", summary: "writes down what it is given", cacheVersion: 1, schema,
  ports: { data: { accepts: ["data"] } },
  run: (_options, { data }, { outputDir }) => writeFile(join(outputDir, "noted.txt"), String(data.number)),
  open: async () => ({}),
};
export const plugin = { name: "noting", version: "1.0.0", kdflow: "^1", providers: [model] };
`;

/** What the model noted, by a session that loads the plugin anew: Node keeps what it imported, by the file's name. */
async function noted(name: string): Promise<string> {
  const file = join(folder, `${name}.yaml`);
  const plugins = `[./${name}.mjs, ./noting.mjs]`;
  await writeFile(file, `kdflow: 1\nname: made\nplugins: ${plugins}\nstages: { data: made, model: noted }\n`);
  let directory = "";
  const session = await openSession({
    file,
    builtins: [builtins],
    backend: "cpu",
    storeDir: join(folder, ".kdflow"),
    observe: (hooks) =>
      hooks.stageEnd.for("model").tapPromise("test", async ({ key }) => {
        directory = join(folder, ".kdflow/store", key);
      }),
  });
  const { error } = await session.run();
  if (error !== undefined) throw error;
  return directory === "" ? "reused" : readFile(join(directory, "noted.txt"), "utf8");
}

test("what an edited data plugin opens is read anew, though its stored bytes are the same", async () => {
  await writeFile(join(folder, "noting.mjs"), noting);
  await writeFile(join(folder, "one.mjs"), made(1));
  await writeFile(join(folder, "two.mjs"), made(2));
  expect(await noted("one")).toBe("1");
  expect(await noted("one")).toBe("reused");
  expect(await noted("two")).toBe("2");
});
