import { isSchema } from "../contracts/json-schema.ts";
import { type FamilyName, familyNames } from "../contracts/kinds.ts";
import { KdflowError, type SourcePlace } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import { guardProvider } from "./guard-provider.ts";
import type { Hooks } from "./hooks.ts";
import type { LoadedPlugin } from "./load-plugin.ts";
import { type Claim, createRequest } from "./provide-request.ts";
import type { ProviderOf } from "./provider.ts";
import { providerSchema } from "./provider-schema.ts";
import type { PluginOrigin, RegisteredProvider, Registry } from "./registry.ts";

/**
 * The registry of plugins that are loaded and applied. Every provider is asked for once, through `hooks.provide`.
 *
 * @param declared ids that plugins declare, by family
 */
export function createLookup(
  hooks: Hooks,
  loaded: readonly LoadedPlugin[],
  declared: ReadonlyMap<FamilyName, readonly string[]>,
): Registry {
  const asked = new Map<string, Promise<RegisteredProvider>>();
  const found = new Map<string, RegisteredProvider>();
  const ids = (family: FamilyName): readonly string[] => declared.get(family) ?? [];

  const ask = async (family: FamilyName, id: string): Promise<RegisteredProvider> => {
    const request = createRequest(family, id);
    await hooks.provide.for(family).promise(request);
    const [claim, second] = request.claims;
    if (claim === undefined) throw unknownProvider(family, id, ids, await wrappings(family, id));
    if (second !== undefined) throw duplicateProvider(family, id, [claim.plugin, second.plugin], undefined);
    const registered = await register(claim, loaded);
    found.set(`${family}/${id}`, registered);
    return registered;
  };

  const find = <F extends FamilyName>(family: F, id: string): Promise<RegisteredProvider<F>> => {
    const key = `${family}/${id}`;
    const answer = asked.get(key) ?? ask(family, id);
    asked.set(key, answer);
    return answer as Promise<RegisteredProvider<F>>;
  };
  const wrappings = async (family: FamilyName, id: string): Promise<readonly string[]> => {
    const isKnown = (other: unknown): boolean => familyNames.some((name) => name === other && ids(name).includes(id));
    if (!familyNames.some(isKnown)) return [];
    const outers = await Promise.all(ids(family).map((outer) => find(family, outer)));
    return outers.flatMap((outer) => wrap(id, outer, isKnown));
  };

  return {
    hooks,
    plugins: loaded.map(({ origin }) => origin),
    report: loaded.findLast(({ plugin }) => plugin.report !== undefined)?.plugin.report,
    ids,
    find,
    found<F extends FamilyName>(family: F, id: string): RegisteredProvider<F> {
      const registered = found.get(`${family}/${id}`);
      if (registered === undefined) throw new KdflowError("KDF_INTERNAL", `${family}/${id} was not looked up before`);
      return registered as RegisteredProvider<F>;
    },
  };
}

async function register({ plugin, provider }: Claim, loaded: readonly LoadedPlugin[]): Promise<RegisteredProvider> {
  const entry = loaded.find((candidate) => candidate.plugin.name === plugin);
  const origin: PluginOrigin = entry?.origin ?? { name: plugin, version: "unknown" };
  return {
    provider: guardProvider(provider, origin) as ProviderOf<FamilyName>,
    schema: await providerSchema(provider, entry?.plugin, plugin),
    plugin: origin,
  };
}

/** KDF_PLUGIN_DUPLICATE with the names of both plugins. */
export function duplicateProvider(
  family: FamilyName,
  id: string,
  plugins: readonly [string, string],
  place: SourcePlace | undefined,
): KdflowError {
  const [first, second] = plugins;
  const message =
    first === second
      ? `plugin "${first}" supplies ${family}/${id} twice`
      : `plugin "${first}" and plugin "${second}" both supply ${family}/${id}`;
  return new KdflowError("KDF_PLUGIN_DUPLICATE", message, {
    hint: "name only one of them in `plugins:`, or rename the provider",
    where: place,
  });
}

function unknownProvider(
  family: FamilyName,
  id: string,
  ids: (family: FamilyName) => readonly string[],
  wrapped: readonly string[],
): KdflowError {
  const others = familyNames.filter((other) => ids(other).includes(id));
  const elsewhere = wrapped.length === 0 ? "" : `: write ${wrapped.join(", or ")}`;
  return new KdflowError("KDF_CONFIG_UNKNOWN_PROVIDER", `no plugin supplies "${id}" in ${family}`, {
    hint: [
      allowedHint(id, [...ids(family)].sort()),
      ...(others.length === 0 ? [] : [`"${id}" is one of: ${others.join(", ")}${elsewhere}`]),
      "providers of other packages need their plugin in `plugins:`",
    ],
  });
}

/** How providers of a family take `id` as one of their options: `{ use: classifier, backbone: mobilenet-v2 }`. */
function wrap(id: string, outer: RegisteredProvider, isKnown: (family: unknown) => boolean): readonly string[] {
  const { properties, terms } = outer.schema;
  if (isKnown(terms)) return [`{ ${id}: 1 }`];
  const options = Object.entries(isSchema(properties) ? properties : {});
  const slot = options.find(([, option]) => isSchema(option) && isKnown(option["provider"]))?.[0];
  return slot === undefined ? [] : [`{ use: ${outer.provider.id}, ${slot}: ${id} }`];
}
