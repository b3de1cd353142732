import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageSize, KdflowError, type Teacher, type TeacherReading } from "../../../core/index.ts";
import { boxNumbers, detectionId, rowsKind } from "../../tasks/detection/names.ts";
import type { PixelReading } from "../asking/file-teacher.ts";
import type { Layout } from "../asking/model-input.ts";
import { normalizeText, pixelScaling } from "../asking/pixel-scaling.ts";
import type { DetectorDecode } from "./detector-decode.ts";
import { type DetectorReading, type FitName, fits } from "./usual-reading.ts";

/** The artifact of a detector: `teacher.json`. All that decides its answers; no paths. */
export interface DetectorFile {
  readonly format: 1;
  readonly task: typeof detectionId;
  /** SHA-256 of the model's files. */
  readonly files: Readonly<Record<string, string>>;
  /** What runs it: name, version, provider. */
  readonly runtime: string;
  readonly input: DetectorReading & {
    readonly name: string;
    readonly type: string;
    readonly layout: Layout;
    /** Without fit, which `fit` names. */
    readonly size: ImageSize;
    readonly batch: number | null;
  };
  readonly outputs: readonly string[];
  readonly decode: DetectorDecode;
  /** Rows of an image, the surest. */
  readonly top: number;
  readonly objectness: boolean;
  readonly classNames: readonly string[];
  readonly parameters: number;
  readonly sizeBytes: number;
  /** Of one image, where they were counted. */
  readonly multiplyAdds?: number;
}

/** A loaded detector that gives rows. */
export interface RowsModel {
  /** @returns `[count, top, 5 + classes]` */
  rows(pixels: Uint8Array, count: number, reading: PixelReading): Promise<Float32Array>;
  /** One pass without decoding. */
  forward(pixels: Uint8Array, count: number, reading: PixelReading): Promise<void>;
  readonly worksApart: boolean;
  /** What computes it, where that is not the run's backend. */
  readonly runtime?: string;
  dispose(): void;
}

const fileName = "teacher.json";

export async function writeDetectorFile(directory: string, file: DetectorFile): Promise<void> {
  await writeFile(join(directory, fileName), `${JSON.stringify(file, undefined, 2)}\n`);
}

/** @returns `undefined` for a teacher of another task */
export async function readDetectorFile(directory: string): Promise<DetectorFile | undefined> {
  const file = JSON.parse(await readFile(join(directory, fileName), "utf8")) as Partial<DetectorFile>;
  return file.task === detectionId ? (file as DetectorFile) : undefined;
}

export function pixelReadingOf(
  { layout, size }: Pick<DetectorFile["input"], "layout" | "size">,
  { normalize, channelOrder }: Omit<DetectorReading, "fit">,
): PixelReading {
  return { layout, channelOrder, scaling: pixelScaling(normalize, size.channels) };
}

/** A detector as a teacher, the same one wherever its artifact lies. */
export function detectorTeacher(file: DetectorFile, model: RowsModel): Teacher {
  const { input, classNames, top, objectness } = file;
  const predictAs = (reading: DetectorReading): Teacher["predict"] => {
    const pixels = pixelReadingOf(input, reading);
    return async (images, count, names = ["rows"]) => {
      const unknown = names.find((name) => name !== "rows");
      if (unknown !== undefined) {
        throw new KdflowError("KDF_PLAN_OPTIONS", `the teacher has no output "${unknown}"`, {
          hint: "a detector gives `rows`: boxes with objectness and classes",
        });
      }
      return { rows: await model.rows(images, count, pixels) };
    };
  };
  const shape = [top, boxNumbers + classNames.length];
  return {
    task: detectionId,
    classNames,
    outputs: { rows: { kind: rowsKind, shape, ...(objectness ? {} : { objectness: false }) } },
    imageSize: { ...input.size, fit: fits[input.fit] },
    digest: createHash("sha256").update(JSON.stringify(file)).digest("hex"),
    preprocessing: `pixels 0…255, ${input.channelOrder}, normalize ${normalizeText(input.normalize)}, ${input.fit}, ${input.layout} ${input.type}`,
    predict: predictAs(input),
    forward: (pixels, count) => model.forward(pixels, count, pixelReadingOf(input, input)),
    runtime: model.runtime,
    cost: {
      parameters: file.parameters,
      ...(file.multiplyAdds !== undefined && { multiplyAdds: file.multiplyAdds }),
      sizeBytes: file.sizeBytes,
    },
    worksApart: model.worksApart,
    readings: otherReadings(file).map(({ options, reading }): TeacherReading => {
      return { options, predict: predictAs(reading), imageSize: { ...input.size, fit: fits[reading.fit] } };
    }),
    dispose: () => model.dispose(),
  };
}

/** Readings that differ in one thing each, and in colours and scale together, which families change at once. */
function otherReadings({ input }: DetectorFile): { readonly options: string; readonly reading: DetectorReading }[] {
  const { normalize, channelOrder, fit } = input;
  const own: DetectorReading = { normalize, channelOrder, fit };
  const order = channelOrder === "rgb" ? "bgr" : "rgb";
  const scale = normalizeText(normalize) === "none" ? "unit" : "none";
  const other: FitName = fit === "stretch" ? "letterbox" : "stretch";
  const scaled = { ...own, normalize: scale } as const;
  return [
    { options: `normalize: ${scale}`, reading: scaled },
    { options: `channelOrder: ${order}`, reading: { ...own, channelOrder: order } },
    { options: `normalize: ${scale}, channelOrder: ${order}`, reading: { ...scaled, channelOrder: order } },
    { options: `fit: ${other}`, reading: { ...own, fit: other } },
  ];
}
