import type { JsonSchema } from "../contracts/json-schema.ts";
import { type FamilyName, type KindName, kindNames, kinds } from "../contracts/kinds.ts";
import { stageKeys } from "../contracts/stage-keys.ts";
import { termKeys } from "../contracts/term-keys.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Plugin } from "./define.ts";
import type { Provider } from "./provider.ts";
import { readSchemaFile } from "./schema-file.ts";

const kindsByFamily = new Map<FamilyName, KindName>(kindNames.map((kind) => [kinds[kind].family, kind]));

/** Keys that the schemas of a family may not declare, because they mean something else in a pipeline file. */
export function reservedKeys(family: FamilyName): readonly string[] {
  if (family === "losses") return termKeys;
  const kind = kindsByFamily.get(family);
  if (kind === undefined) return ["use"];
  // `classMap` means the same in every kind, also where it may not be written.
  return [...new Set([...stageKeys(kind), ...stageKeys("teacher")])];
}

/**
 * The options schema of a provider: its own, or `<family>/<id>.schema.json` in the plugin's schema folder.
 *
 * @throws KDF_PLUGIN_INVALID where there is none, or where it declares a reserved key
 */
export async function providerSchema(
  provider: Provider,
  plugin: Plugin | undefined,
  name: string,
): Promise<JsonSchema> {
  const schema = provider.schema ?? (await readSchema(provider, plugin, name));
  const properties = schema["properties"];
  const declared = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  const reserved = declared.find((key) => reservedKeys(provider.family).includes(key));
  if (reserved === undefined) return schema;
  throw invalid(name, provider, `has an option "${reserved}", which means something else in a pipeline`);
}

async function readSchema(provider: Provider, plugin: Plugin | undefined, name: string): Promise<JsonSchema> {
  if (plugin?.schemas === undefined) throw invalid(name, provider, "has no options schema");
  const folder = plugin.schemas.href.replace(/\/?$/u, "/");
  const url = new URL(`${provider.family}/${provider.id}.schema.json`, folder);
  try {
    return await readSchemaFile(url);
  } catch (error) {
    throw invalid(name, provider, `has no readable options schema at ${url.href}`, error);
  }
}

function invalid(plugin: string, provider: Provider, what: string, cause?: unknown): KdflowError {
  return new KdflowError("KDF_PLUGIN_INVALID", `${provider.family}/${provider.id} of plugin "${plugin}" ${what}`, {
    hint: "give the provider a `schema`, or the plugin a `schemas` folder with <family>/<id>.schema.json",
    ...(cause === undefined ? {} : { cause }),
  });
}
