import type { ScaffoldHost } from "./host.ts";
import type { Student } from "./students.ts";

/** A loss that brings a student to its teacher. */
export interface FittingLoss {
  readonly id: string;
  readonly summary: string;
  /** What a pipeline says for it beside its weight. */
  readonly options: Readonly<Record<string, unknown>>;
}

const capital = (name: string): string => name.replace(/^./, (first) => first.toUpperCase());

/**
 * The losses whose inputs a pair has: outputs of the student, answers of the teacher under the same names, and what the
 * task feeds of the truth. Losses on features are left out: they ask for places in both networks.
 */
export async function fittingLosses(
  host: ScaffoldHost,
  task: string,
  { outputs }: Pick<Student, "outputs">,
): Promise<readonly FittingLoss[]> {
  const fed = (await host.providers("tasks")).find(({ provider }) => provider.id === task);
  const there = new Set<string>([
    ...(fed?.provider.task.truth.inputs.map(({ name }) => name) ?? []),
    ...outputs.flatMap((name) => [`student${capital(name)}`, `teacher${capital(name)}`]),
  ]);
  return (await host.providers("losses")).flatMap(({ provider, schema }) => {
    const needs: readonly string[] = typeof provider.needs === "function" ? [] : provider.needs;
    const fits = needs.some((name) => name.startsWith("teacher")) && needs.every((name) => there.has(name));
    const [example = {}] = Array.isArray(schema["examples"]) ? (schema["examples"] as FittingLoss["options"][]) : [];
    return fits ? [{ id: provider.id, summary: provider.summary, options: example }] : [];
  });
}
