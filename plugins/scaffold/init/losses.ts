import type { JsonSchema } from "../../../core/index.ts";
import type { ScaffoldHost } from "./host.ts";
import { isDetection, settledLoss } from "./settled.ts";
import type { Student } from "./students.ts";

/** A loss, and what a pipeline says for it. */
export interface FittingLoss {
  readonly id: string;
  readonly summary: string;
  /** What a pipeline says for it beside its weight. */
  readonly options: Readonly<Record<string, unknown>>;
}

const capital = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());

/**
 * The losses whose inputs a pair has: outputs of the student, what soft labels keep of the teacher, and what the task
 * feeds of the truth. Losses on features are left out: they ask for places in both networks.
 */
export async function fittingLosses(
  host: ScaffoldHost,
  task: string,
  { outputs }: Pick<Student, "outputs">,
): Promise<readonly FittingLoss[]> {
  const there = new Set<string>([
    ...(await truthOf(host, task)),
    ...outputs.map((name) => `student${capital(name)}`),
    ...(await keptOf(host, task, outputs)),
  ]);
  return (await host.providers("losses")).flatMap(({ provider, schema }) => {
    const needs: readonly string[] = typeof provider.needs === "function" ? [] : provider.needs;
    const fits = needs.some((name) => name.startsWith("teacher")) && needs.every((name) => there.has(name));
    return fits ? [{ id: provider.id, summary: provider.summary, options: optionsOf(schema, task) }] : [];
  });
}

/** The first loss that needs nothing of a teacher, but truth that the task feeds. */
export async function truthLoss(host: ScaffoldHost, task: string): Promise<FittingLoss> {
  const truths = await truthOf(host, task);
  const fitting = (await host.providers("losses")).find(({ provider }) => {
    const needs: readonly string[] = typeof provider.needs === "function" ? [] : provider.needs;
    return needs.some((name) => truths.includes(name)) && !needs.some((name) => name.startsWith("teacher"));
  });
  if (fitting === undefined) return { id: "cross-entropy", summary: "", options: {} };
  const { provider, schema } = fitting;
  return { id: provider.id, summary: provider.summary, options: isDetection(task) ? optionsOf(schema, task) : {} };
}

async function truthOf(host: ScaffoldHost, task: string): Promise<readonly string[]> {
  const fed = (await host.providers("tasks")).find(({ provider }) => provider.id === task);
  return (fed?.provider.task.truth.inputs ?? []).map(({ name }) => name);
}

/** What losses are given of a teacher of the task: what its soft labels answer, else outputs as the student has. */
async function keptOf(host: ScaffoldHost, task: string, outputs: readonly string[]): Promise<readonly string[]> {
  const { use } = softLabelsOf(task);
  const labels = (await host.providers("softLabels")).find(({ provider }) => provider.id === use);
  return labels?.provider.answers ?? outputs.map((name) => `teacher${capital(name)}`);
}

/** The soft labels that keep what a teacher of the task says. */
export function softLabelsOf(task: string): { readonly use: string } {
  return { use: isDetection(task) ? "detections" : "logits" };
}

function optionsOf(schema: JsonSchema, task: string): FittingLoss["options"] {
  if (isDetection(task)) return settledLoss(schema);
  const [example = {}] = Array.isArray(schema["examples"]) ? (schema["examples"] as FittingLoss["options"][]) : [];
  return example;
}
