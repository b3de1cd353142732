import type { HookEvents } from "../plugins/hooks.ts";
import { textTable } from "./text-table.ts";

type PlannedStages = HookEvents["planned"]["stages"];

/** What to call a stage's provider: `use` alone is short, the kind is named where the stage's name does not say it. */
function providerText(stage: PlannedStages[number]): string {
  return stage.stage === stage.kind || stage.stage.startsWith(`${stage.kind}.`)
    ? stage.provider
    : `${stage.provider} (${stage.kind})`;
}

/** The plan in short form, one line for each stage: name, provider, and run, reuse or depends. */
export function formatShortPlan(stages: PlannedStages): readonly string[] {
  return textTable(stages.map((stage) => [stage.stage, providerText(stage), stage.state]));
}

/** The plan with a header, the first twelve digits of each key and the reasons. */
export function formatPlan(stages: PlannedStages): readonly string[] {
  const rows = stages.flatMap((stage) => {
    const [first = "", ...others] = stage.reasons;
    const line = [stage.stage, providerText(stage), stage.state, stage.key?.slice(0, 12) ?? "–", first];
    return [line, ...others.map((reason) => ["", "", "", "", reason])];
  });
  return textTable([["stage", "provider", "state", "key", "why"], ...rows]);
}

/** `3 to run, 4 reused, 1 depends on others`. */
export function summarisePlan(stages: PlannedStages): string {
  const count = (state: string): number => stages.filter((stage) => stage.state === state).length;
  const parts = [`${count("run")} to run`, `${count("reuse")} reused`];
  if (count("depends") > 0) parts.push(`${count("depends")} decided later`);
  return parts.join(", ");
}
