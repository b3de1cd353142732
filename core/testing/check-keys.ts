import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { builtins } from "../../plugins/index.ts";
import { type FamilyName, familyNames } from "../contracts/kinds.ts";
import { providerParts } from "../plan/keys.ts";
import { createRegistry } from "../plugins/create-registry.ts";
import { createHooks } from "../plugins/hooks.ts";
import type { StageProvider } from "../plugins/provider.ts";
import { planContext } from "../run/plan-context.ts";
import { sha256OfData, sha256OfFile } from "../store/sha256.ts";
import { ContractError } from "./contract-error.ts";
import { defaultOptions } from "./schema-problems.ts";

/** A provider as a pipeline names it. */
export interface KeyedUse {
  readonly family: FamilyName;
  readonly id: string;
  /** Beside the defaults. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface CheckKeysOptions {
  /** As `plugins:` of a pipeline names them: `./dist/src/index.js`. */
  readonly plugins?: readonly string[];
  /** Where the pipeline would lie; default: the working directory. */
  readonly baseDir?: string;
}

/**
 * Checks that what providers bring into keys is the same in two processes, so that results are found again: versions,
 * the plugin's digest, options with their defaults, and the fingerprints of files. Loads the plugins as a run would.
 *
 * @throws ContractError; what loading a plugin throws
 */
export async function checkKeys(uses: readonly KeyedUse[], options: CheckKeysOptions = {}): Promise<void> {
  const [here, there] = await Promise.all([keysOf(uses, options), keysElsewhere(uses, options)]);
  const other = uses.filter((_, at) => here[at] !== there[at]);
  const problems = other.map(({ family, id }) => `${family}/${id} has another key in another process`);
  if (problems.length > 0) throw new ContractError(options.plugins?.join(", ") ?? "kdflow", problems);
}

/** A digest for each use. */
export async function keysOf(
  uses: readonly KeyedUse[],
  { plugins = [], baseDir = process.cwd() }: CheckKeysOptions,
): Promise<readonly string[]> {
  const requests = plugins.map((request) => ({ request }));
  const registry = await createRegistry({ hooks: createHooks(), builtins: [builtins], plugins: requests, baseDir });
  for (const family of familyNames) for (const id of registry.ids(family)) await registry.find(family, id);
  const signal = new AbortController().signal;
  const context = planContext({ pipeline: { baseDir, registry }, signal, fileDigest: (path) => sha256OfFile(path) });
  const keys = uses.map(async ({ family, id, options: given }) => {
    const registered = registry.found(family, id);
    const options = defaultOptions(registered.schema, given) as Readonly<Record<string, unknown>>;
    const { fingerprint } = registered.provider as Partial<StageProvider<never, object, unknown>>;
    const files = await fingerprint?.call(registered.provider, options, context);
    return sha256OfData({ ...providerParts({ registered, options, components: [] }), files: files ?? {} });
  });
  return Promise.all(keys);
}

async function keysElsewhere(...request: Parameters<typeof checkKeys>): Promise<readonly string[]> {
  const code = `import { keysOf } from ${JSON.stringify(import.meta.url)};
process.stdout.write(JSON.stringify(await keysOf(...JSON.parse(process.argv[1]))));`;
  const args = [...process.execArgv, "--input-type=module", "--eval", code, JSON.stringify(request)];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}
