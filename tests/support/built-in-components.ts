import type { Backend, CreateContext, FamilyName, ProviderUse } from "../../core/index.ts";
import { bindProvider } from "../../core/plugins/bind-provider.ts";
import type { Registry } from "../../core/plugins/registry.ts";
import { createTestContext, defaultOptions } from "../../core/testing/index.ts";

/**
 * What providers make their components from: the built-in ones, with their defaults.
 *
 * @param registry all of its providers have been found
 */
export function builtInComponents(
  registry: Registry,
  backend: Backend,
): Pick<CreateContext, "provider" | "lookup" | "task"> {
  const task: CreateContext["task"] = (id) => registry.found("tasks", id).provider.task;
  const lookup = ((family: FamilyName, named: ProviderUse | string) => {
    const use = typeof named === "string" ? { use: named } : named;
    return bindProvider(registry.found(family, use.use).provider, use);
  }) as CreateContext["lookup"];
  const provider = (async (family: FamilyName, named: ProviderUse | string) => {
    // the default of a slot is the provider's name alone
    const { use, ...options } = typeof named === "string" ? { use: named } : named;
    const { provider: found, schema } = await registry.find(family, use);
    const context = createTestContext({ tf: backend.tf, backend, provider, lookup, task });
    return (found as unknown as { create(all: object, context: CreateContext): unknown }).create(
      family === "loss" ? options : defaultOptions(schema, options),
      context,
    );
  }) as CreateContext["provider"];
  return { provider, lookup, task };
}
