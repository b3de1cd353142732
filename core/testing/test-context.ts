import type { Tensor } from "@tensorflow/tfjs";
import type { Backend, Tf } from "../contracts/backend.ts";
import type { CreateContext, PlanContext } from "../plugins/context.ts";
import { detach } from "../tensors/detach.ts";
import { createRng } from "../tensors/rng.ts";

/** What a test may give a component beside `tf`; whatever is left out throws when it is used. */
export interface TestContextOptions {
  readonly tf: Tf;
  readonly backend?: Backend;
  readonly baseDir?: string;
  readonly seed?: number;
  readonly provider?: CreateContext["provider"];
  readonly lookup?: CreateContext["lookup"];
  readonly task?: CreateContext["task"];
}

/** A context to create a component with outside a run. */
export function createTestContext(options: Partial<TestContextOptions>): CreateContext {
  const { tf, backend, baseDir = process.cwd(), seed = 0 } = options;
  return {
    baseDir,
    get tf() {
      return tf ?? missing("tf");
    },
    get backend() {
      return backend ?? missing("backend");
    },
    detach: <T extends Tensor>(tensor: T): T => detach(tf ?? missing("tf"), tensor),
    rng: (stream, ...counters) => createRng(seed, stream, ...counters),
    provider: options.provider ?? (() => missing("provider")),
    lookup: options.lookup ?? (() => missing("lookup")),
    task: options.task ?? (() => missing("task")),
  };
}

/** What a provider is asked with while planning, outside a run. */
export function planContextOf({ baseDir, lookup, task }: CreateContext): PlanContext {
  return { baseDir, lookup, task, signal: new AbortController().signal, fileDigest: () => missing("fileDigest") };
}

function missing(name: string): never {
  throw new Error(`the component uses context.${name}, which this test does not give`);
}
