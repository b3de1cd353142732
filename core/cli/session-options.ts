import type { Selection, SessionOptions } from "../run/session.ts";
import { builtinPlugins } from "./builtins.ts";
import type { CommandArguments } from "./command.ts";
import type { CommandOutput } from "./output.ts";

/** What the common options of a command line mean for a session. */
export function sessionOptions(args: CommandArguments, { hidden }: CommandOutput): SessionOptions {
  const [file = ""] = args.positionals;
  const storeDir = args.value("store");
  const backend = args.value("backend");
  return {
    builtins: builtinPlugins,
    file,
    set: args.values("set"),
    hidden,
    ...(storeDir === undefined ? {} : { storeDir }),
    ...(backend === undefined ? {} : { backend }),
  };
}

/** What `--from`, `--until` and `--force` select. */
export function selection(args: CommandArguments): Selection {
  const from = args.value("from");
  const until = args.value("until");
  const force = args.values("force").map((stage) => (stage === "all" ? "*" : stage));
  return { ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }), force };
}
