import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Dataset,
  defineProvider,
  type Exported,
  KdflowError,
  type Metrics,
  type Model,
  type ProviderOf,
  type StageContext,
} from "../../../core/index.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import type { ModelCard, Written } from "../documents/model-card.ts";
import type { Licences } from "../documents/model-facts.ts";
import { bestModel } from "./best-model.ts";
import { keepRefused } from "./keep-refused.ts";

/** What is written of an export beside its files: what they are and how far they are from the model. */
const reportFile = "export.json";
/** Beside it, for people. */
const cardFile = "model-card.md";

/** What is to be exported. */
export interface ExportSubject {
  /** The best of the models on the port. */
  readonly chosen: Model;
  readonly data: Dataset | undefined;
}

/** What an exporter wrote; `report` is what a reader of the folder needs beside that to use it: no times, hosts or paths. */
export interface WrittenExport extends Written {
  readonly report: Readonly<Record<string, unknown>>;
}

/** What is an exporter's own: names, which options go together, and the work. */
interface ModelExporter<O extends object>
  extends Pick<ProviderOf<"export">, "id" | "summary" | "cacheVersion" | "runtime"> {
  /**
   * Told while planning, before anything trains.
   *
   * @throws KDF_PLAN_OPTIONS where options do not go together
   */
  check?(options: O, isDetector: boolean): Promise<void>;
  /** Writes the model's files into the stage's folder, and holds their answers against the model's. */
  write(options: O, subject: ExportSubject, context: StageContext): Promise<WrittenExport>;
}

/** An exporter that writes the best of the models on its port, a report of it and a card for whom it is handed to. */
export function modelExporter<O extends { readonly licences: Licences; readonly temperature?: number }>({
  check,
  write,
  ...own
}: ModelExporter<O>): ProviderOf<"export"> {
  return defineProvider<"export", O>("export", {
    ...own,
    numeric: true,
    // it tells latencies, which are not the same twice
    volatile: [cardFile],
    describe: async (options, inputs) => {
      const { task, classNames, imageSize } = inputs["model"]?.[0] ?? {};
      await check?.(options, task === detectionId);
      if (options.temperature !== undefined && task === detectionId) {
        throw new KdflowError("KDF_PLAN_OPTIONS", "`temperature` is for classifiers, and this is a detector", {
          hint: "leave `temperature` out",
          option: "/temperature",
        });
      }
      return { task, classNames, imageSize };
    },
    run: (options, inputs, context) =>
      keepRefused(context.outputDir, async () => {
        const chosen = bestModel([inputs["model"] ?? []].flat() as Model[], context.task);
        if (chosen === undefined) throw new KdflowError("KDF_INTERNAL", "there is no model to export");
        context.signal.throwIfAborted();
        const data = inputs["data"] as Dataset | undefined;
        const written = await write(options, { chosen, data }, context);
        const { modelCard } = await import("../documents/model-card.ts");
        const card: ModelCard = { ...written, chosen, data, metrics: inputs["evaluate"] as Metrics | undefined };
        await put(context.outputDir, cardFile, modelCard(card, options.licences));
        const { parity, images } = written;
        const report = {
          ...written.report,
          files: written.files,
          parity,
          parityImages: { count: images.count, source: images.source },
          licences: options.licences,
        };
        await put(context.outputDir, reportFile, `${JSON.stringify(report, null, 2)}\n`);
      }),
    open: async ({ directory }): Promise<Exported> => {
      const { files, parity } = JSON.parse(await readFile(join(directory, reportFile), "utf8")) as Exported;
      return { directory, files, parity };
    },
  });
}

/** Writes a file of an export, and says how long it is. */
export async function put(
  folder: string,
  path: string,
  content: string | Uint8Array,
): Promise<Exported["files"][number]> {
  await writeFile(join(folder, path), content);
  return { path, bytes: Buffer.byteLength(content) };
}
