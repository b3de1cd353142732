import type { JsonSchema } from "../contracts/json-schema.ts";
import type { FamilyName } from "../contracts/kinds.ts";
import type { Plugin } from "./define.ts";
import type { Hooks } from "./hooks.ts";
import type { ProviderOf } from "./provider.ts";

/** Who supplied a provider. */
export interface PluginOrigin {
  readonly name: string;
  readonly version: string;
  /**
   * Enters keys. For local files SHA-256 of the file and of what it imports relatively, for packages `name@version`;
   * built-in plugins have none, their `cacheVersion`s say when results change.
   */
  readonly digest?: string;
}

export interface RegisteredProvider<F extends FamilyName = FamilyName> {
  readonly provider: ProviderOf<F>;
  /** The options schema, inline or read from the plugin's schema folder. */
  readonly schema: JsonSchema;
  readonly plugin: PluginOrigin;
}

/** Every provider that the loaded plugins supply. Look-ups go through `hooks.provide` and are remembered. */
export interface Registry {
  readonly hooks: Hooks;
  readonly plugins: readonly PluginOrigin[];
  readonly report: Plugin["report"];
  /**
   * Asks the plugins for a provider.
   *
   * @throws KDF_CONFIG_UNKNOWN_PROVIDER with the nearest names, KDF_PLUGIN_DUPLICATE naming both plugins
   */
  find<F extends FamilyName>(family: F, id: string): Promise<RegisteredProvider<F>>;
  /** The same, for what was found before; throws KDF_INTERNAL otherwise. */
  found<F extends FamilyName>(family: F, id: string): RegisteredProvider<F>;
  /** Ids that are declared (providers served by a plugin's own tap are not known in advance). */
  ids(family: FamilyName): readonly string[];
}
