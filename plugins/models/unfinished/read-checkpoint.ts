import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { snapshotIn, type TrainingSnapshot } from "../../trainers/loop/training-checkpoint.ts";

/** What a checkpoint of a training holds. */
export const checkpointFiles = ["progress.json", "state.bin", "best.bin"] as const;

/** @throws KDF_INPUT_MISSING_FILE, KDF_TRAIN_CHECKPOINT */
export async function readCheckpoint(folder: string): Promise<TrainingSnapshot> {
  const read = checkpointFiles.map(async (name) => {
    try {
      return [[name, await readFile(join(folder, name))] as const];
    } catch (error) {
      // without a validation split there are no weights of a best epoch
      if (name !== "progress.json" && (error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no checkpoint of a training in "${folder}"`, {
        hint: "a training that goes on replaces its checkpoints, and drops them when it is over: export the run again",
        cause: error,
      });
    }
  });
  return snapshotIn(Object.fromEntries((await Promise.all(read)).flat()));
}
