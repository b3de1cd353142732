import { resolve } from "node:path";
import { type Dataset, defineProvider, type ProviderOf } from "../../core/index.ts";
import type { SoftLabelsImportOptions } from "../options.ts";

/**
 * Soft labels made elsewhere. The file's rows are matched to the training samples, checked, and stored as kdflow's own,
 * so that nothing that follows knows the difference.
 */
export const importLabels: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsImportOptions>(
  "softLabels",
  {
    id: "import",
    summary: "soft labels made elsewhere, from an Arrow or NumPy file",
    viewsOf: ({ views }) => views,
    cacheVersion: 1,
    cacheIgnore: ["file", "classes"],
    ports: { teacher: { accepts: ["teacher", "train", "model"], optional: true, asTeacher: true } },

    async fingerprint({ file, classes }, { baseDir, fileDigest }) {
      const { openLabelFile } = await import("./files/label-file.ts");
      const path = resolve(baseDir, file);
      await (await openLabelFile(path)).close();
      return {
        file: await fileDigest(path),
        ...(classes === undefined ? {} : { classes: await fileDigest(resolve(baseDir, classes)) }),
      };
    },

    async describe(options, inputs, context) {
      const { importedClasses } = await import("./importing/import-labels.ts");
      const { openLabelFile } = await import("./files/label-file.ts");
      const file = await openLabelFile(resolve(context.baseDir, options.file));
      await file.close();
      const classNames = await importedClasses(options, file, inputs["data"]?.[0]?.classNames, context.baseDir);
      return { classNames, views: options.views };
    },

    async run(options, inputs, context) {
      const { writeImported } = await import("./importing/import-labels.ts");
      await writeImported(options, inputs["data"] as Dataset, context);
    },

    async open({ directory }, _options, context) {
      const { openSoftLabels } = await import("./storing/label-store.ts");
      return openSoftLabels(directory, context.parts);
    },
  },
);
