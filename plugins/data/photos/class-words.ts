import { KdflowError } from "../../../core/index.ts";

/** A class as its folder or label writes it, and where that stands. */
export interface WrittenClass {
  readonly name: string;
  /** Such as `line 3 of "list.csv"`, or a folder's path in quotes. */
  readonly place: string;
}

/** A class's name without what nobody sees: blanks around it, and the two ways to write an accent (Unicode NFC). */
export function className(written: string): string {
  return written.normalize("NFC").trim();
}

/**
 * Says which names were joined because they look the same.
 *
 * @throws KDF_INPUT_CLASSES for names that differ in upper and lower case alone, such as `Cat` and `cat`; single letters may
 */
export function joinedClassNotes(classes: Iterable<WrittenClass>): readonly string[] {
  const spellings = new Map<string, Set<string>>();
  const byLowerCase = new Map<string, WrittenClass>();
  for (const { name: written, place } of classes) {
    const name = className(written);
    spellings.set(name, (spellings.get(name) ?? new Set()).add(written));
    const lower = name.toLowerCase();
    const before = byLowerCase.get(lower);
    if (before === undefined) byLowerCase.set(lower, { name, place });
    else if (before.name !== name && name.length > 1) throw caseAlone({ name, place }, before);
  }
  const joined = [...spellings].filter(([, written]) => written.size > 1);
  return joined.map(([name, written]) => {
    return `class "${name}" is written in ${written.size} ways that look the same (blanks, accents); they are taken as one`;
  });
}

function caseAlone(later: WrittenClass, before: WrittenClass): KdflowError {
  return new KdflowError(
    "KDF_INPUT_CLASSES",
    `classes "${before.name}" and "${later.name}" differ in upper and lower case alone`,
    {
      hint: [`they stand in ${before.place} and ${later.place}`, "give both the same name, or clearly different ones"],
    },
  );
}
