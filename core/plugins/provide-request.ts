import type { FamilyName } from "../contracts/kinds.ts";
import { checkProvider } from "./check-plugin.ts";
import type { ProvideRequest } from "./hooks.ts";
import type { Provider } from "./provider.ts";

/** A provider that a plugin answered a request with. */
export interface Claim {
  readonly plugin: string;
  readonly provider: Provider;
}

/** A request as the registry makes it: every plugin gets its own signed copy, so that claims are known by plugin. */
export interface OpenRequest extends ProvideRequest {
  readonly claims: readonly Claim[];
  signed(plugin: string): ProvideRequest;
}

/** Makes a request for one provider. */
export function createRequest(family: FamilyName, id: string): OpenRequest {
  const claims: Claim[] = [];
  const signed = (plugin: string): ProvideRequest => ({
    family,
    id,
    claim: (provider) => {
      checkProvider(provider, { family, id }, plugin);
      claims.push({ plugin, provider });
    },
  });
  return { ...signed("kdflow"), claims, signed };
}

/** What the taps of `plugin` get of a request. */
export function signRequest(request: unknown, plugin: string): unknown {
  return isOpen(request) ? request.signed(plugin) : request;
}

function isOpen(request: unknown): request is OpenRequest {
  return typeof request === "object" && request !== null && "signed" in request;
}
