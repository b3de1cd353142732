import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError, type RunRecord } from "../../../core/index.ts";
import { addBoards } from "../board/add-boards.ts";
import { boardCells } from "../board/board-rows.ts";
import { type BoardResult, readBoard } from "../board/read-board.ts";

export interface ReportedRun {
  /** The run's page. */
  readonly path: string;
  readonly boards: readonly BoardResult[];
  /** What boards measured, in columns. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Finds a run's page, and puts what boards measured into it.
 *
 * @param files that measure.py wrote
 * @throws KDF_RUN_NOT_FOUND where the run has no page, KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function reportRun(storeDir: string, record: RunRecord, files: readonly string[]): Promise<ReportedRun> {
  const { runId, status } = record;
  const path = join(storeDir, "runs", runId, "report.html");
  await access(path).catch((cause: unknown) => {
    const hint = "a run has its page when it is over; one that was killed has none";
    throw new KdflowError("KDF_RUN_NOT_FOUND", `run ${runId} (${status}) has no report`, { hint, cause });
  });
  const boards = await Promise.all(files.map(readBoard));
  const rows = boards.map((board) => boardCells(board, record));
  if (rows.length > 0) await writeFile(path, addBoards(await readFile(path, "utf8"), rows));
  return { path, boards, rows };
}
