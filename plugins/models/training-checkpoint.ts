import { join, resolve } from "node:path";
import { defineProvider, type ProviderOf } from "../../core/index.ts";
import type { ModelTrainingCheckpointOptions } from "../options.ts";
import { checkpointFiles } from "./unfinished/read-checkpoint.ts";

/** The student of a training that is not over, or of its last epoch, out of a checkpoint; `kdflow export` writes such stages. */
export const trainingCheckpoint: ProviderOf<"model"> = defineProvider<"model", ModelTrainingCheckpointOptions>(
  "model",
  {
    id: "training-checkpoint",
    summary: "the student in a checkpoint of a training, to evaluate or to export",
    cacheVersion: 1,
    cacheIgnore: ["checkpoint"],
    numeric: true,
    ports: { data: { accepts: ["data"], many: true }, student: { accepts: ["student"] } },

    async fingerprint({ checkpoint: folder }, { fileDigest, baseDir }) {
      const digests = checkpointFiles.map(async (name): Promise<readonly (readonly [string, string])[]> => {
        // without a validation split there are no weights of a best epoch
        const digest = await fileDigest(resolve(baseDir, join(folder, name))).catch(() => undefined);
        return digest === undefined ? [] : [[name, digest]];
      });
      return Object.fromEntries((await Promise.all(digests)).flat());
    },

    describe(_options, inputs) {
      const [data] = inputs["data"] ?? [];
      return { classNames: data?.classNames, imageSize: data?.imageSize, hasWeights: true };
    },

    async run(options, inputs, context) {
      const { writeUnfinished } = await import("./unfinished/write-unfinished.ts");
      await writeUnfinished(options, inputs, context);
    },

    open: async ({ directory, digest }) => {
      const { openModel } = await import("../trainers/start/model-files.ts");
      return openModel(directory, digest);
    },
  },
);
