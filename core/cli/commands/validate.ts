import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";

/** `kdflow validate`: opens the configuration and nothing else. */
export const command: Command = async (args, output) => {
  const [file = ""] = args.positionals;
  const { pipeline } = await openSession({ file, set: args.values("set") });
  const stages = pipeline.stages.map(({ name, kind, registered }) => ({
    stage: name,
    kind,
    provider: registered.provider.id,
  }));
  if (args.has("json")) output.event("validate", { pipeline: pipeline.name, file: pipeline.file, stages });
  else output.result(`${pipeline.name}: ${stages.length} stages, no mistakes`);
  return 0;
};
