import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { docBlocks } from "../support/doc-blocks.ts";

const repository = join(import.meta.dirname, "../..");

/** What parts of a file stand on, by a line that is in them: what is before it, and what takes the place of what. */
const surroundings: readonly { readonly has: string; readonly before: string; readonly after?: string }[] = [
  {
    has: "const centredHint",
    before: 'import { defineLoss } from "kdflow";\ninterface CentredHintOptions { readonly momentum: number }\n',
  },
  {
    has: "apply(engine) {",
    before:
      'import { definePlugin } from "kdflow";\ndeclare function send(event: unknown): Promise<void>;\n' +
      'export const plugin = definePlugin({ name: "tracker", version: "1.0.0", kdflow: "^1",\n',
    after: "});\n",
  },
  {
    has: "engine.hooks.provide",
    before:
      'import type { Engine, ProviderOf } from "kdflow";\ndeclare const engine: Engine;\n' +
      'declare function makeLoss(id: string): Promise<ProviderOf<"losses">>;\n',
  },
  {
    has: "checkLoss(focal",
    before: 'import type { ProviderOf } from "kdflow";\ndeclare const focal: WithSchema<ProviderOf<"losses">>;\n',
  },
  {
    has: "checkComponent(speckle",
    before:
      'import type { ProviderOf } from "kdflow";\nimport { defaultOptions } from "kdflow/testing";\n' +
      'declare const speckle: WithSchema<ProviderOf<"augmentations">>;\n',
  },
  {
    has: "checkStage(probe",
    before:
      'import * as tf from "@tensorflow/tfjs";\nimport type { Model, ProviderOf } from "kdflow";\n' +
      'import { defaultOptions } from "kdflow/testing";\n' +
      'declare const probe: WithSchema<ProviderOf<"evaluate">>;\ndeclare const model: Model;\n',
  },
  {
    has: "checkAbort(probe",
    before:
      'import * as tf from "@tensorflow/tfjs";\nimport type { Model, ProviderOf } from "kdflow";\n' +
      'import { defaultOptions } from "kdflow/testing";\n' +
      'declare const probe: WithSchema<ProviderOf<"evaluate">>;\ndeclare const model: Model;\n',
  },
];

/** What `define…` gives back where a schema is in the file. */
const withSchema = 'type WithSchema<P extends { schema?: unknown }> = P & Required<Pick<P, "schema">>;\n';

/** Parts that every provider has and that a block on something else leaves out. */
const leftOut =
  'id: "left-out", summary: "left out", cacheVersion: 1,\n' +
  '  schema: { type: "object", description: "Left out.", additionalProperties: false, properties: {} },';

function wholeModule(text: string): string {
  const { before = "", after = "" } = surroundings.find(({ has }) => text.includes(has)) ?? {};
  const types = before.includes("WithSchema") ? withSchema : "";
  return `${types}${before}${text.replace("// id, summary, cacheVersion, schema …", leftOut)}${after}\nexport {};\n`;
}

it("the TypeScript of the documentation compiles under strict", async () => {
  const blocks = await docBlocks(["ts", "typescript"]);
  expect(blocks.length).toBeGreaterThan(5);
  const sources = new Map(
    blocks.map(({ place, text }, at) => [join(repository, `tests/block-${at}.ts`), { place, text: wholeModule(text) }]),
  );
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    types: ["node"],
    paths: {
      kdflow: [join(repository, "core/index.ts")],
      "kdflow/testing": [join(repository, "core/testing/index.ts")],
    },
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.readFile = (name) => sources.get(name)?.text ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const own = sources.get(name)?.text;
    return own === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, own, version, true);
  };
  const program = ts.createProgram([...sources.keys()], options, host);
  const problems = [...sources].flatMap(([name, { place }]) => {
    const file = program.getSourceFile(name);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  });
  expect(problems).toEqual([]);
});
