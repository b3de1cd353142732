import { formatExplanation } from "../../report/explanation.ts";
import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";
import { sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/** `kdflow explain`: what a stage's key is made from, and what changed. */
export const command: Command = async (args, output) => {
  const [, stage = ""] = args.positionals;
  const session = await openSession({
    ...sessionOptions(args, output),
    observe: (hooks) => warnOnTerminal(hooks, output),
  });
  const explanation = await session.explain(stage);
  if (args.has("json")) output.event("explain", explanation);
  else for (const line of formatExplanation(explanation)) output.prose(line);
  return 0;
};
