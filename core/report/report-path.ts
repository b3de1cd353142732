import { join } from "node:path";

/** Where the report of a run is. */
export function reportPath(runDirectory: string): string {
  return join(runDirectory, "report.html");
}
