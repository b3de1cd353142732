import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";
import { sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/** `kdflow validate`: opens the configuration and checks options, wiring and input files; no store, no tensors. */
export const command: Command = async (args, output) => {
  const session = await openSession({
    ...sessionOptions(args, output),
    observe: (hooks) => warnOnTerminal(hooks, output),
  });
  await session.check();
  const { name, file, stages } = session.pipeline;
  if (args.has("json")) {
    const list = stages.map((stage) => ({
      stage: stage.name,
      kind: stage.kind,
      provider: stage.registered.provider.id,
    }));
    output.event("validate", { pipeline: name, file, stages: list });
  } else {
    output.result(`${name}: ${stages.length} stages, no mistakes`);
  }
  return 0;
};
