import type { Backend } from "../contracts/backend.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { BackendPlace, ProviderOf } from "../plugins/provider.ts";

type BackendProvider = ProviderOf<"backends">;

/** A backend picked by its probe; nothing is loaded yet. */
export interface BackendChoice {
  readonly provider: BackendProvider;
  /** Enters the keys of numeric stages. */
  readonly numericClass: string;
  /** The probe's words on what it found. */
  readonly detail: string;
  /** True when `auto` picked it. */
  readonly automatic: boolean;
  /** What `auto` would have liked better, with the reason why not. */
  readonly passedOver: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Picks a backend, cheaply: providers are probed, none is loaded.
 *
 * @param wanted `auto` (the highest priority that is available) or a backend's id
 * @throws KDF_TENSORS_NO_BACKEND with each probe's reason
 */
export async function chooseBackend(wanted: string, candidates: readonly BackendProvider[]): Promise<BackendChoice> {
  const automatic = wanted === "auto";
  const asked = automatic ? byPriority(candidates) : candidates.filter((provider) => provider.id === wanted);
  if (asked.length === 0) throw unknownBackend(wanted, candidates);
  const passedOver: { id: string; reason: string }[] = [];
  for (const provider of asked) {
    const probe = await provider.probe();
    if (probe.available) {
      const { detail, numericClass = provider.numericClass } = probe;
      return { provider, numericClass, detail, automatic, passedOver };
    }
    passedOver.push({ id: provider.id, reason: probe.reason });
  }
  throw new KdflowError(
    "KDF_TENSORS_NO_BACKEND",
    automatic ? "no tensor backend can be used here" : `backend "${wanted}" cannot be used here`,
    { hint: [...passedOver.map(({ id, reason }) => `${id}: ${reason}`), "run `kdflow setup` to provision it"] },
  );
}

/**
 * Loads the chosen backend. A failure is an error even if `auto` chose: another backend would be another numeric
 * class than the one the plan's keys were made with.
 *
 * @throws KDF_TENSORS_NO_BACKEND
 */
export async function createBackend(
  choice: BackendChoice,
  options: Readonly<Record<string, unknown>> = {},
  place: BackendPlace = {},
): Promise<Backend> {
  const { provider } = choice;
  try {
    // options were checked against the provider's own schema, or are its defaults
    return await provider.create(options as never, place);
  } catch (error) {
    if (error instanceof KdflowError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new KdflowError("KDF_TENSORS_NO_BACKEND", `backend "${provider.id}" is there but does not load: ${reason}`, {
      hint: [
        `run \`kdflow setup --backend ${provider.id}\` to provision it anew`,
        "or choose another one with `--backend wasm`; results of another backend differ in the last bits",
      ],
      cause: error,
    });
  }
}

function byPriority(candidates: readonly BackendProvider[]): BackendProvider[] {
  return [...candidates].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
}

function unknownBackend(wanted: string, candidates: readonly BackendProvider[]): KdflowError {
  const ids = byPriority(candidates).map((provider) => provider.id);
  return new KdflowError("KDF_TENSORS_NO_BACKEND", `"${wanted}" is not a backend`, {
    hint: `allowed: ${["auto", ...ids].join(", ")}`,
  });
}
