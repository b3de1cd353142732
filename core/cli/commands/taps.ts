import { formatTaps } from "../../report/taps-text.ts";
import { listTaps } from "../../run/list-taps.ts";
import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";
import { sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/** `kdflow taps`: where losses on features can look. */
export const command: Command = async (args, output) => {
  const session = await openSession({
    ...sessionOptions(args, output),
    observe: (hooks) => warnOnTerminal(hooks, output),
  });
  const stages = await listTaps(await session.prepare());
  if (args.has("json")) for (const stage of stages) output.event("taps", stage);
  else for (const line of formatTaps(stages)) output.prose(line);
  return 0;
};
