import { reportPath } from "./report-path.ts";
import { textTable } from "./text-table.ts";

/** Where what a run leaves behind lies: the folder of every export, by stage name, and the report. */
export function formatPlaces(exports: Readonly<Record<string, string>>, runDirectory: string): readonly string[] {
  return textTable([...Object.entries(exports), ["report", reportPath(runDirectory)]]);
}
