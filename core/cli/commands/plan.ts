import { formatPlan, summarisePlan } from "../../report/plan-table.ts";
import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";
import { selection, sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/** `kdflow plan`: what a run would do, stage by stage, and why. */
export const command: Command = async (args, output) => {
  const session = await openSession({
    ...sessionOptions(args, output),
    observe: (hooks) => warnOnTerminal(hooks, output),
  });
  const plan = await session.plan(selection(args));
  if (args.has("json")) {
    output.event("plan", plan);
    return 0;
  }
  output.result(`${plan.pipeline} on backend ${plan.backend}: ${summarisePlan(plan.stages)}`);
  for (const line of formatPlan(plan.stages)) output.result(line);
  for (const note of plan.notes) output.result(`note: ${note}`);
  return 0;
};
