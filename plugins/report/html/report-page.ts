import type { RunReport } from "../../../core/index.ts";
import { runPage } from "./page.ts";
import { readPictures } from "./pictures-section.ts";

/** The page of a run with what its stages stored to be shown. */
export async function reportPage(report: RunReport): Promise<string> {
  return runPage(report, await readPictures(report));
}
