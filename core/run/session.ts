import { loadPipeline } from "../config/load-pipeline.ts";
import { missingFiles } from "../plan/missing-files.ts";
import { createRegistry } from "../plugins/create-registry.ts";
import { defaultProviders } from "../plugins/default-providers.ts";
import { createHooks } from "../plugins/hooks.ts";
import { checkedGraph } from "./checked-graph.ts";
import { planContext } from "./plan-context.ts";
import type { PreparedPipeline } from "./prepared-pipeline.ts";
import type { Session, SessionOptions } from "./session-types.ts";

/**
 * Loads and checks a pipeline file: syntax, options, wiring, classes and input files, before anything is computed.
 * Imports no tensors, and nothing of the store or the scheduler before one of them is needed.
 *
 * @throws every KDF_CONFIG_…, KDF_PLUGIN_…, KDF_PLAN_… and KDF_INPUT_… error
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const hooks = createHooks();
  options.observe?.(hooks);
  const signal = options.signal ?? new AbortController().signal;
  const fileDigest = async (path: string): Promise<string> =>
    (await import("../store/sha256.ts")).sha256OfFile(path, signal);
  const pipeline = await loadPipeline({
    file: options.file,
    text: options.text,
    set: options.set ?? [],
    hidden: options.hidden,
    defaults: defaultProviders(options.builtins),
    createRegistry: (plugins, baseDir) =>
      createRegistry({ hooks, builtins: options.builtins, plugins, baseDir, signal }),
    checkRest: (rest, problems) =>
      missingFiles(rest.stages, planContext({ pipeline: rest, signal, fileDigest }), problems),
  });
  const preparing = () => import("./prepared-pipeline.ts");
  let prepared: Promise<PreparedPipeline> | undefined;
  const prepare = (): Promise<PreparedPipeline> => {
    prepared ??= preparing().then(({ preparePipeline }) => preparePipeline(options, pipeline, hooks, signal));
    return prepared;
  };
  let looked: Promise<PreparedPipeline> | undefined;
  const look = (): Promise<PreparedPipeline> => {
    const onlyLook = { ...options, look: true };
    looked ??= prepared ?? preparing().then((code) => code.preparePipeline(onlyLook, pipeline, hooks, signal));
    return looked;
  };
  return {
    pipeline,
    check: async () => void (await checkedGraph(pipeline, signal, fileDigest)),
    plan: async (selection) => (await preparing()).planView(await look(), selection ?? {}),
    explain: async (stage) => (await preparing()).explain(await look(), stage),
    run: async (selection) => (await import("./run-pipeline.ts")).runPipeline(await prepare(), selection ?? {}),
    verify: async () => (await import("./verify-stages.ts")).verifyStages(await prepare()),
    prepare,
    look,
  };
}

export type * from "./session-types.ts";
