import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Description,
  KdflowError,
  type PlanContext,
  type PortDescriptions,
  type PortValues,
  type ProviderOf,
  type ProviderUse,
  type StageContext,
  type Teacher,
} from "../../../core/index.ts";
import type { TeacherEnsembleOptions } from "../../options.ts";

/** A member that is written in place: its provider, and the options that it gets. */
export interface WrittenMember {
  /** What messages call it: `member 1 (onnx)`. */
  readonly name: string;
  /** Folder of its artifact inside the ensemble's. */
  readonly folder: string;
  readonly provider: ProviderOf<"teacher">;
  readonly options: never;
}

/** @throws KDF_PLAN_OPTIONS where a member would be trained inside the ensemble */
export function writtenMembers({ members }: TeacherEnsembleOptions, context: PlanContext): readonly WrittenMember[] {
  return members.map((use: ProviderUse, place) => {
    const id = use.use;
    const provider = context.lookup("teacher", use);
    const name = `member ${place + 1} (${id})`;
    if (provider.seeded === true || id === "ensemble") {
      throw new KdflowError("KDF_PLAN_OPTIONS", `${name} of the ensemble cannot be written in place`, {
        hint: "make it a stage of kind teacher and wire it: `inputs: { members: [teacherA, teacherB] }`",
      });
    }
    return { name, folder: join("members", String(place)), provider, options: provider.options };
  });
}

export async function fingerprintMembers(
  options: TeacherEnsembleOptions,
  context: PlanContext,
): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const { name, provider, options: own } of writtenMembers(options, context)) {
    for (const [key, digest] of Object.entries((await provider.fingerprint?.(own, context)) ?? {})) {
      digests[`${name} ${key}`] = digest;
    }
  }
  return digests;
}

/**
 * Checks that all members know the same classes, in whatever order.
 *
 * @throws KDF_PLAN_OPTIONS, KDF_PLAN_CLASSES
 */
export async function describeMembers(
  options: TeacherEnsembleOptions,
  inputs: PortDescriptions,
  context: PlanContext,
): Promise<Description> {
  const described: { name: string; classNames: readonly string[] | undefined }[] = [];
  for (const { name, provider, options: own } of writtenMembers(options, context)) {
    const { classNames } = (await provider.describe?.(own, inputs, context)) ?? {};
    described.push({ name, classNames });
  }
  for (const { stage, classNames } of inputs["members"] ?? []) described.push({ name: `"${stage}"`, classNames });
  memberWeights(options, described.length);
  const known = described.flatMap(({ name, classNames }) => (classNames === undefined ? [] : [{ name, classNames }]));
  assertSameClasses(known);
  return { classNames: known[0]?.classNames };
}

/**
 * The members' weights, made to sum to 1; equal ones by default.
 *
 * @throws KDF_PLAN_OPTIONS
 */
export function memberWeights({ weights }: TeacherEnsembleOptions, count: number): readonly number[] {
  if (count === 0) {
    throw new KdflowError("KDF_PLAN_OPTIONS", "the ensemble has no members", {
      hint: "list teachers in `members`, or wire stages: `inputs: { members: [teacherA, teacherB] }`",
    });
  }
  const given = weights ?? new Array<number>(count).fill(1);
  const sum = given.reduce((total, weight) => total + weight, 0);
  if (given.length !== count || !(sum > 0)) {
    const what = given.length === count ? "sum to 0" : `are ${given.length}, and there are ${count} members`;
    throw new KdflowError("KDF_PLAN_OPTIONS", `the ensemble's \`weights\` ${what}`, {
      hint: "give one weight for each member, those in `members` first, then those of the port in its order",
    });
  }
  return given.map((weight) => weight / sum);
}

/** @throws KDF_PLAN_CLASSES where two members do not know the same classes */
export function assertSameClasses(
  members: readonly { readonly name: string; readonly classNames: readonly string[] }[],
): void {
  const [first, ...others] = members;
  for (const other of others) {
    const lacking = first?.classNames.find((name) => !other.classNames.includes(name));
    const extra = other.classNames.find((name) => first?.classNames.includes(name) === false);
    if (lacking === undefined && extra === undefined) continue;
    const what =
      lacking === undefined
        ? `${first?.name} lacks its class "${extra}"`
        : `it lacks the class "${lacking}" of ${first?.name}`;
    throw new KdflowError("KDF_PLAN_CLASSES", `${other.name} of the ensemble knows other classes: ${what}`, {
      hint: "members have the same class names, in any order; give them by `classes`",
    });
  }
}

/** Lets every member that is written in place write its artifact into a folder of its own. */
export async function writeMembers(
  options: TeacherEnsembleOptions,
  inputs: PortValues,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const names: string[] = [];
  for (const { name, folder, provider, options: own } of writtenMembers(options, context)) {
    const outputDir = join(context.outputDir, folder);
    await mkdir(outputDir, { recursive: true });
    await provider.run(own, { data: inputs["data"] }, inFolder(context, outputDir));
    names.push(name);
  }
  const wired = ((inputs["members"] ?? []) as readonly Teacher[]).map(({ digest }) => digest);
  const { average } = options;
  const weights = memberWeights(options, names.length + wired.length);
  const file = { format: 1, members: names, wired, weights, average };
  await writeFile(join(context.outputDir, "ensemble.json"), `${JSON.stringify(file, undefined, 2)}\n`);
}

/** The stage's context with another folder to write to. */
function inFolder(context: StageContext, outputDir: string): StageContext {
  return Object.create(context, { outputDir: { value: outputDir, enumerable: true } }) as StageContext;
}
