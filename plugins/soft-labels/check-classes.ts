import { KdflowError } from "../../core/index.ts";

/**
 * Checks that logit i of the teacher means class i of the data.
 *
 * @throws KDF_PLAN_CLASSES naming the counts, or the first name that differs
 */
export function assertSameClasses(teacher: readonly string[], data: readonly string[]): void {
  if (teacher.length !== data.length) {
    throw new KdflowError("KDF_PLAN_CLASSES", `the teacher has ${teacher.length} classes, the data ${data.length}`, {
      hint: "wire a teacher that was trained on the classes of this data",
    });
  }
  const wrong = teacher.findIndex((name, index) => name !== data[index]);
  if (wrong < 0) return;
  throw new KdflowError(
    "KDF_PLAN_CLASSES",
    `class ${wrong} of ${data.length} is "${teacher[wrong]}" for the teacher and "${data[wrong]}" in the data`,
    { hint: "both must name the same classes in the same order" },
  );
}
