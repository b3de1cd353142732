import type { Vocabulary } from "../../plugins/scaffold/schema/editor-schema.ts";
import { familyNames, type KindName, kindNames, kinds } from "../contracts/kinds.ts";
import { stageKeySchema } from "../contracts/stage-keys.ts";
import { termKeys, termSchema, weightRamp } from "../contracts/term-keys.ts";
import { defaultProviders } from "../plugins/default-providers.ts";
import type { Plugin } from "../plugins/define.ts";
import type { Provider } from "../plugins/provider.ts";

/** What the engine and some providers say of themselves, for the schema that editors use. */
export function schemaVocabulary(plugins: readonly Plugin[], providers: readonly Provider[]): Vocabulary {
  const defaults = defaultProviders(plugins);
  const byKind = <T>(of: (kind: KindName) => T): Record<KindName, T> =>
    Object.fromEntries(kindNames.map((kind) => [kind, of(kind)])) as Record<KindName, T>;
  const { at = {}, adapter = {}, weight } = termSchema(false)["properties"] as Vocabulary["termKeys"];
  const number: unknown = [weight?.["anyOf"]].flat()[0];
  return {
    kindNames,
    familyOf: byKind((kind) => kinds[kind].family),
    familyNames,
    defaults: Object.fromEntries(
      kindNames.flatMap((kind) => (defaults[kind] === undefined ? [] : [[kinds[kind].family, defaults[kind]]])),
    ),
    ports: byKind((kind) => {
      const own = providers.flatMap((provider) =>
        provider.family === kinds[kind].family && "ports" in provider ? [provider.ports ?? {}] : [],
      );
      return [...new Set([kinds[kind].ports, ...own].flatMap(Object.keys))];
    }),
    stageKeys: byKind((kind) => stageKeySchema(kind)["properties"] as Vocabulary["termKeys"]),
    termKeys: {
      ...Object.fromEntries(termKeys.filter((key) => key !== "use").map((key) => [key, {}])),
      ...{ weight: { ...weight, anyOf: [number, weightRamp] }, at, adapter },
    },
  };
}
