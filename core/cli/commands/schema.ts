import { writeFile } from "node:fs/promises";
import { familyNames } from "../../contracts/kinds.ts";
import { builtinPlugins, declaredProviders } from "../builtins.ts";
import type { Command } from "../command.ts";
import { registryOf } from "../named-registry.ts";
import { schemaVocabulary } from "../schema-vocabulary.ts";

/** `kdflow schema`: what editors complete and check pipelines with, plugins of a pipeline among it. */
export const command: Command = async (args, output) => {
  const { editorSchema } = await import("../../../plugins/scaffold/schema/editor-schema.ts");
  const { jsonText } = await import("../../../plugins/scaffold/schema/json-text.ts");
  const found = await declaredProviders(await registryOf(args.value("pipeline")));
  const entries = found.map(({ provider: { family, id }, schema }) => ({ family, id, schema }));
  entries.sort((one, other) => (one.id < other.id ? -1 : 1));
  const ordered = familyNames.flatMap((family) => entries.filter((entry) => entry.family === family));
  const vocabulary = schemaVocabulary(
    builtinPlugins,
    found.map(({ provider }) => provider),
  );
  const schema = editorSchema(ordered, vocabulary);
  const file = args.value("out");
  if (file !== undefined) await writeFile(file, `${jsonText(schema)}\n`);
  if (args.has("json")) output.event("schema", file === undefined ? { schema } : { file });
  else if (file === undefined) for (const line of jsonText(schema).split("\n")) output.result(line);
  else output.result(file);
  return 0;
};
