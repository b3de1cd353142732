import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  defineProvider,
  type Exported,
  type PortValues,
  type ProviderOf,
  type StageContext,
} from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { keepRefused } from "./keep-refused.ts";

/** What is written of an export beside its files: what they are and how far they are from the model. */
const reportFile = "export.json";

/** What is an exporter's own: names, which options go together, and the work. */
interface ModelExporter<O extends object>
  extends Pick<ProviderOf<"export">, "id" | "summary" | "cacheVersion" | "runtime"> {
  /**
   * Told while planning, before anything trains.
   *
   * @throws KDF_PLAN_OPTIONS where options do not go together
   */
  check?(options: O, isDetector: boolean): Promise<void>;
  /** Writes the best model's files and, last, the report. */
  write(options: O, inputs: PortValues, reportFile: string, context: StageContext): Promise<void>;
}

/** An exporter that writes the best of the models on its port and holds what it wrote against it. */
export function modelExporter<O extends object>({ check, write, ...own }: ModelExporter<O>): ProviderOf<"export"> {
  return defineProvider<"export", O>("export", {
    ...own,
    numeric: true,
    describe: async (options, inputs) => {
      const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
      await check?.(options, task === detectionId);
      return { task, classNames, imageSize };
    },
    run: (options, inputs, context) =>
      keepRefused(context.outputDir, () => write(options, inputs, reportFile, context)),
    open: async ({ directory }): Promise<Exported> => {
      const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
      return { directory, files, parity };
    },
  });
}
