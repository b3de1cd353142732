import type { JsonSchema } from "../contracts/json-schema.ts";
import { checkProvider as checkShape } from "../plugins/check-plugin.ts";
import type { Provider } from "../plugins/provider.ts";
import { ContractError } from "./contract-error.ts";
import { schemaProblems } from "./schema-problems.ts";

/**
 * Checks what holds for providers of every family: the interface, the id, a summary, and an options schema that is
 * strict, described, and free of the keys that pipelines use for themselves.
 *
 * @param schema the provider's schema, where it is not inline
 * @throws ContractError
 */
export function checkProvider(provider: Provider, schema: JsonSchema | undefined = provider.schema): void {
  const problems: string[] = [];
  try {
    checkShape(provider, { family: provider.family, id: provider.id }, provider.id);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u.test(provider.id)) problems.push(`the id "${provider.id}" is not kebab-case`);
  if (schema === undefined) problems.push("there is no options schema");
  else {
    for (const { pointer, message } of schemaProblems(schema, provider.family)) {
      problems.push(`schema ${pointer === "" ? "root" : pointer}: ${message}`);
    }
    problems.push(...unknownIgnored(provider, schema));
  }
  if (problems.length > 0) throw new ContractError(`${provider.family}/${provider.id}`, problems);
}

/** A misspelt name in `cacheIgnore` would be without effect and without a word. */
function unknownIgnored(provider: Provider, schema: JsonSchema): string[] {
  const known = Object.keys((schema["properties"] as object | undefined) ?? {});
  const ignored = provider.cacheIgnore ?? [];
  return ignored.filter((key) => !known.includes(key)).map((key) => `cacheIgnore names "${key}", which is no option`);
}
