import type { PartStore } from "../plugins/context.ts";
import { explainDiskError } from "./disk-errors.ts";
import { sha256OfData } from "./sha256.ts";
import type { Store } from "./store.ts";

const KEY_FORMAT = "kdflow part 1";

export interface PartOptions {
  /** Id of the provider that makes the parts. */
  readonly provider: string;
  /** What enters every key beside a part's own identity: cache version, numeric class. Plain data. */
  readonly scope?: Readonly<Record<string, unknown>> | undefined;
  readonly stage?: string | undefined;
  /** Make all parts again (a forced run): those of before are not seen, and give way to what differs. */
  readonly anew?: boolean | undefined;
}

/** Parts of an artifact: artifacts of their own, which a collection keeps while a kept artifact refers to them. */
export function openParts(store: Store, { provider, scope = {}, stage, anew = false }: PartOptions): PartStore {
  const made = new Set<string>();
  const find = async (key: string): Promise<string | undefined> =>
    anew && !made.has(key) ? undefined : (await store.find(key))?.directory;
  return {
    key: (identity) => sha256OfData({ format: KEY_FORMAT, provider, scope, identity }),
    find,
    commit: async (key, write) => {
      const existing = await find(key);
      if (existing !== undefined) return existing;
      const transaction = await store.begin(key);
      try {
        await write(transaction.directory);
      } catch (error) {
        await transaction.abort();
        throw await explainDiskError(error, store.layout.root);
      }
      const { directory } = await transaction.commit({ kind: "part", provider, stage, replace: anew });
      made.add(key);
      return directory;
    },
  };
}
