import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Description, KdflowError } from "../../../core/index.ts";
import type { FoundSource } from "./found-source.ts";
import type { FoundTeacher } from "./found-teacher.ts";
import type { ScaffoldHost } from "./host.ts";
import { softLabelsOf } from "./losses.ts";
import { withFolder } from "./with-folder.ts";

/** A teacher's file that was held against the data. */
export interface KnownTeacher extends FoundTeacher {
  /**
   * Whose names its classes have: its own, or those of a file; the data's, where only their number speaks for it; nobody's,
   * where not even that.
   */
  readonly named: "model" | "data" | "nobody";
}

/**
 * Holds a teacher's file against the data: whether it takes their images and knows their classes.
 *
 * @param classes a file that names its classes
 * @throws what its provider says of it while planning, and KDF_PLAN_CLASSES where classes of the data are not its own
 */
export async function knowTeacher(
  host: ScaffoldHost,
  { supplied, found }: FoundSource,
  teacher: FoundTeacher,
  classes: string | undefined,
): Promise<KnownTeacher> {
  const options = { ...teacher.options, ...(classes === undefined ? {} : { classes }) };
  const asked = { use: teacher.use, ...options };
  const alone = await describe(host, { teacher: asked });
  const task = supplied.provider.task;
  const data = { use: supplied.provider.id, ...found.options };
  const beside = await describe(host, { data, teacher: asked, softLabels: softLabelsOf(task) });
  if (beside === undefined) return { ...teacher, options, named: "nobody" };
  const names = beside.classNames ?? found.classNames;
  const isAssumed = JSON.stringify(names) !== JSON.stringify(alone?.classNames);
  const missing = found.classNames.filter((name) => !names.includes(name));
  if (missing.length > 0) throw unknownClasses(teacher, names, missing);
  const size = beside.imageSize && `sees ${beside.imageSize.width}×${beside.imageSize.height}`;
  const whose = isAssumed ? " that it does not name" : "";
  const lines = [
    ...teacher.lines,
    [`${names.length} classes${whose}`, ...(size === undefined ? [] : [size])].join(", "),
  ];
  return { ...teacher, options, lines, named: isAssumed ? "data" : "model" };
}

/**
 * What a plan says of the teacher; `undefined` where nothing names its classes.
 *
 * @throws what is wrong with it, without the place in the file that was only written to ask
 */
async function describe(host: ScaffoldHost, stages: object): Promise<Description | undefined> {
  return withFolder(async (folder) => {
    const file = join(folder, "teacher.yaml");
    await writeFile(file, stringify({ kdflow: 1, name: "teacher", stages }));
    const { descriptions } = await host.inspect(file, () => undefined);
    return descriptions.get("teacher");
  }).catch((error: unknown) => {
    if (!(error instanceof KdflowError)) throw error;
    if (error.code === "KDF_INPUT_CLASSES") return undefined;
    throw new KdflowError(error.code, error.message, { cause: error, hint: error.hint });
  });
}

function unknownClasses({ value }: FoundTeacher, names: readonly string[], missing: readonly string[]): KdflowError {
  const some = (all: readonly string[]): string =>
    all.length > 5 ? `${all.slice(0, 5).join(", ")}, …` : all.join(", ");
  return new KdflowError("KDF_PLAN_CLASSES", `"${value}" does not know ${some(missing)}`, {
    hint: [
      `its ${names.length} classes: ${some(names)}`,
      "--classes gives a file with their names, one per line, where these are wrong; a `classMap` in the pipeline renames single ones",
    ],
  });
}
