import { type DefaultProviders, kindNames, kinds } from "../contracts/kinds.ts";
import { isLazy } from "./check-plugin.ts";
import type { Plugin } from "./define.ts";

/** The default provider of each kind that has one, as plugins declare them. */
export function defaultProviders(plugins: readonly Plugin[]): DefaultProviders {
  const declared = plugins
    .flatMap(({ providers = [] }) => providers)
    .filter((each) => isLazy(each) && each.isDefault === true);
  return Object.fromEntries(
    kindNames.flatMap((kind) => {
      const found = declared.find(({ family }) => family === kinds[kind].family);
      return found === undefined ? [] : [[kind, found.id]];
    }),
  );
}
