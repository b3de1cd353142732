import type { CostHost } from "../../plugins/cost/probe/cost-host.ts";
import { openSession, type SessionOptions } from "../run/session.ts";

/** What the preview of costs works with: sessions as the command line opens them, changed as it asks. */
export function costHost(options: SessionOptions): CostHost {
  return {
    builtins: options.builtins,
    open: ({ set = [], ...request }) => openSession({ ...options, ...request, set: [...(options.set ?? []), ...set] }),
  };
}
