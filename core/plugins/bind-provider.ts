import type { FamilyName } from "../contracts/kinds.ts";
import type { BoundProvider, ProviderOf, ProviderUse } from "./provider.ts";

/** The provider with the options of a use as its field `options`. */
export function bindProvider<F extends FamilyName>(provider: ProviderOf<F>, use: ProviderUse): BoundProvider<F> {
  const { use: _id, ...options } = use;
  return Object.create(provider, { options: { value: Object.freeze(options) } });
}
