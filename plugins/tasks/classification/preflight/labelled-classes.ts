import type { Dataset, Teacher } from "../../../../core/index.ts";

/** The data's classes; images of which nobody says what they are may be whatever the teacher knows. */
export function labelledClasses({ classNames }: Dataset, teacher: Teacher): readonly string[] {
  if (classNames.length > 0) return classNames;
  return [...new Set(teacher.classNames.map((name) => teacher.classMap?.[name] ?? name))];
}
