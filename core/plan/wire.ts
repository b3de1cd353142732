import type { ResolvedStage } from "../config/pipeline.ts";
import { Problems } from "../config/problems.ts";
import { kinds, type PortSpec } from "../contracts/kinds.ts";
import { comesFromTeacher } from "../contracts/loss-term.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { PlanContext } from "../plugins/context.ts";
import type { ObjectiveProvider, Options, SoftLabelsProvider } from "../plugins/provider.ts";
import { checkLabelSources } from "./check-label-sources.ts";
import type { PlanNode } from "./graph.ts";

type Groups = ReadonlyMap<string, readonly PlanNode[]>;

/**
 * Fills every port: with what `inputs:` names, else with another stage that has the port's own name. Ports for the
 * teacher stay empty where the loss needs nothing from it.
 *
 * @throws ConfigErrors with a mistake of each stage that has one
 */
export async function wire(stages: readonly ResolvedStage[], groups: Groups, context: PlanContext): Promise<void> {
  const problems = new Problems();
  for (const stage of stages) await problems.collect(() => fillPorts(stage, groups));
  problems.throwIfAny();
  for (const stage of stages) {
    if (stage.kind === "train") await problems.collect(() => pruneTeacherPorts(stage, groups, context));
  }
  for (const node of [...groups.values()].flat()) await problems.collect(() => checkLabelSources(node));
  problems.throwIfAny();
}

function fillPorts(stage: ResolvedStage, groups: Groups): void {
  const ports = portsOf(stage);
  rejectUnknownPorts(stage, ports);
  for (const [port, spec] of Object.entries(ports)) {
    const sources = sourcesOf(stage, port, spec, groups);
    for (const node of groups.get(stage.name) ?? []) if (sources.length > 0) node.inputs.set(port, sources);
  }
}

/** The ports of a stage: those of its kind, some replaced by its provider. */
export function portsOf(stage: ResolvedStage): Readonly<Record<string, PortSpec>> {
  const provider = stage.registered.provider;
  return { ...kinds[stage.kind].ports, ...("ports" in provider ? provider.ports : {}) };
}

function rejectUnknownPorts(stage: ResolvedStage, ports: Readonly<Record<string, PortSpec>>): void {
  for (const port of Object.keys(stage.inputs)) {
    if (port in ports) continue;
    const names = Object.keys(ports);
    throw new KdflowError("KDF_PLAN_UNKNOWN_PORT", `stage "${stage.name}" has no input "${port}"`, {
      hint: names.length === 0 ? `a ${stage.kind} stage takes no inputs` : allowedHint(port, names),
      where: stage.locate(`/inputs/${port}`),
    });
  }
}

function sourcesOf(stage: ResolvedStage, port: string, spec: PortSpec, groups: Groups): readonly PlanNode[] {
  const named = stage.inputs[port];
  if (named !== undefined) return namedSources(stage, port, spec, named, groups);
  const candidates = (port === "model" ? ["model", "train"] : [port]).filter((name) => name !== stage.name);
  const found = candidates.map((name) => groups.get(name)).find((group) => group !== undefined);
  if (found !== undefined) {
    checkKind(stage, port, spec, found);
    return spec.many === true ? found : found.slice(0, 1);
  }
  if (spec.optional === true) return [];
  throw unfilled(stage, port, spec, groups);
}

function namedSources(
  stage: ResolvedStage,
  port: string,
  spec: PortSpec,
  names: readonly string[],
  groups: Groups,
): readonly PlanNode[] {
  if (names.length > 1 && spec.many !== true) {
    throw new KdflowError(
      "KDF_PLAN_PORT_KIND",
      `input "${port}" of stage "${stage.name}" takes one stage, not ${names.length}`,
      {
        hint: "name one stage",
        where: stage.locate(`/inputs/${port}`),
      },
    );
  }
  return names.flatMap((name) => {
    const group = groups.get(name);
    if (group === undefined) {
      const known = [...groups.keys()];
      throw new KdflowError(
        "KDF_PLAN_UNKNOWN_STAGE",
        `there is no stage "${name}" for input "${port}" of "${stage.name}"`,
        {
          hint: allowedHint(name, known, "stages"),
          where: stage.locate(`/inputs/${port}`),
        },
      );
    }
    checkKind(stage, port, spec, group);
    return spec.many === true ? group : group.slice(0, 1);
  });
}

function checkKind(stage: ResolvedStage, port: string, spec: PortSpec, group: readonly PlanNode[]): void {
  const source = group[0];
  if (source === undefined || spec.accepts.includes(source.stage.kind)) return;
  throw new KdflowError(
    "KDF_PLAN_PORT_KIND",
    `input "${port}" of stage "${stage.name}" cannot take "${source.stage.name}", which is of kind ${source.stage.kind}`,
    {
      hint: `input "${port}" takes a stage of kind ${spec.accepts.join(" or ")}`,
      where: stage.locate(`/inputs/${port}`) ?? stage.locate(),
    },
  );
}

function unfilled(stage: ResolvedStage, port: string, spec: PortSpec, groups: Groups): KdflowError {
  const fitting = [...groups.entries()]
    .filter(([name, group]) => name !== stage.name && group.some((node) => spec.accepts.includes(node.stage.kind)))
    .map(([name]) => name);
  const way =
    fitting.length > 0
      ? `write \`inputs: { ${port}: ${fitting[0]} }\` at stage "${stage.name}", or name a stage "${port}"`
      : `add a stage of kind ${spec.accepts.join(" or ")}, such as \`${port}:\``;
  return new KdflowError(
    "KDF_PLAN_UNFILLED_PORT",
    `stage "${stage.name}" needs the input "${port}", and no stage gives it`,
    {
      hint: way,
      where: stage.locate(),
    },
  );
}

/**
 * Takes the teacher's ports off a training whose loss does not ask for them, so that they neither run nor enter its
 * key: `softLabels` answers what its provider says; the teacher itself is needed for anything else of its own.
 */
function pruneTeacherPorts(stage: ResolvedStage, groups: Groups, context: PlanContext): void {
  for (const node of groups.get(stage.name) ?? []) {
    const loss = node.inputs.get("loss")?.[0];
    if (loss === undefined) continue;
    const objective = loss.registered.provider as ObjectiveProvider<Options>;
    const needs = objective.needs(loss.options, context);
    const fromTeacher = needs.filter(comesFromTeacher);
    const labels = node.inputs.get("softLabels")?.[0]?.registered.provider as SoftLabelsProvider<Options> | undefined;
    const answered = labels === undefined ? [] : (labels.answers ?? ["teacherLogits"]);
    const online = fromTeacher.filter((name) => !answered.includes(name));
    if (online.length === fromTeacher.length) node.inputs.delete("softLabels");
    if (online.length === 0) node.inputs.delete("teacher");
    if (online.length > 0 && !node.inputs.has("teacher")) {
      throw new KdflowError(
        "KDF_PLAN_TEACHER_INPUT",
        `the loss of stage "${stage.name}" needs ${online.join(", ")}, and no teacher is wired`,
        {
          hint: "add a `softLabels` stage (for teacherLogits) or a `teacher` stage, or remove the loss terms that need it",
          where: loss.stage.locate() ?? stage.locate(),
        },
      );
    }
  }
}
