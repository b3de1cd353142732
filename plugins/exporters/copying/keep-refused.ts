import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KdflowError } from "../../../core/index.ts";

/**
 * Does an export's work. Where what was written answers otherwise than the trained model, the files are copied to a
 * folder of their own before the stage drops them, and the error says where.
 *
 * @throws what the work throws
 */
export async function keepRefused(outputDir: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof KdflowError) || error.code !== "KDF_EXPORT_PARITY") throw error;
    const kept = await mkdtemp(join(tmpdir(), "kdflow-refused-"));
    await cp(outputDir, kept, { recursive: true });
    const hint = [...error.hint, `what was written is kept in "${kept}"`];
    throw new KdflowError(error.code, error.message, { hint, cause: error });
  }
}
