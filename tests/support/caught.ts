import { KdflowError } from "../../core/index.ts";

/** The error that `work` throws, now or later. */
export async function caught(work: () => unknown): Promise<KdflowError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof KdflowError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
