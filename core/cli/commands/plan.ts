import { formatPlan, summarisePlan } from "../../report/plan-table.ts";
import { listTaps } from "../../run/list-taps.ts";
import { openSession } from "../../run/session.ts";
import type { Command } from "../command.ts";
import { costHost } from "../cost-host.ts";
import { watchInterrupts } from "../interrupt.ts";
import { selection, sessionOptions } from "../session-options.ts";
import { warnOnTerminal } from "../warnings.ts";

/** `kdflow plan --cost`: what the run would take, measured on a few batches. */
const showCost: Command = async (args, output) => {
  const { costLines } = await import("../../../plugins/cost/estimate/cost-rows.ts");
  const { planCost } = await import("../../../plugins/cost/probe/plan-cost.ts");
  const interrupts = watchInterrupts(output, "stopping…");
  try {
    const host = costHost({ ...sessionOptions(args, output), signal: interrupts.signal });
    const cost = await planCost(host, selection(args), interrupts.signal);
    if (args.has("json")) output.event("cost", cost);
    else for (const line of costLines(cost)) output.prose(line);
    return 0;
  } finally {
    interrupts.close();
  }
};

/** `kdflow plan`: what a run would do, stage by stage, and why. */
export const command: Command = async (args, output) => {
  if (args.has("cost")) return showCost(args, output);
  const session = await openSession({
    ...sessionOptions(args, output),
    observe: (hooks) => warnOnTerminal(hooks, output),
  });
  const planned = await session.plan(selection(args));
  const looked = await session.look();
  const { featureSizes } = await import("../../../plugins/cost/estimate/feature-sizes.ts");
  const sizes = await featureSizes(looked.graph, () => listTaps(looked));
  const plan = { ...planned, notes: [...planned.notes, ...sizes] };
  if (args.has("json")) {
    output.event("plan", plan);
    return 0;
  }
  output.prose(`${plan.pipeline} on backend ${plan.backend}: ${summarisePlan(plan.stages)}`);
  for (const line of formatPlan(plan.stages)) output.prose(line);
  for (const note of plan.notes) output.prose(`note: ${note}`);
  return 0;
};
