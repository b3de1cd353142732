import type { Dataset, PartStore, StageVerification, Teacher } from "../../../core/index.ts";
import { verifySoftLabels } from "../storing/verify.ts";
import { openFeatureShards, readFeaturesFile } from "./feature-store.ts";

/** Asks the teacher again about evenly spaced samples and compares outputs and features with what is stored. */
export async function verifyFeatures(
  directory: string,
  dataset: Dataset,
  teacher: Teacher,
  sampleCount: number,
  parts: Pick<PartStore, "find">,
): Promise<StageVerification> {
  const file = await readFeaturesFile(directory);
  const labels = await openFeatureShards(file, directory, parts);
  try {
    return await verifySoftLabels(labels, dataset, teacher, sampleCount, file.taps);
  } finally {
    await labels.rows.close();
  }
}
