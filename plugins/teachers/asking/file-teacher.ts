import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  allowedHint,
  type ImageSize,
  KdflowError,
  type Outputs,
  type Teacher,
  type TeacherReading,
} from "../../../core/index.ts";
import { classificationId, classifierOutputs } from "../../tasks/classification/names.ts";
import type { Layout } from "./model-input.ts";
import { type Normalize, normalizeText, type PixelScaling, pixelScaling } from "./pixel-scaling.ts";
import { asLogits, type ScoreKind } from "./scores.ts";

/** How pixels become a model's input. */
export interface PixelReading {
  readonly scaling: PixelScaling;
  readonly channelOrder: "rgb" | "bgr";
  readonly layout: Layout;
}

/** The artifact of a teacher that comes in a file: `teacher.json`. All that decides its answers; no paths. */
export interface TeacherFile {
  readonly format: 1;
  /** SHA-256 of the model's files. */
  readonly files: Readonly<Record<string, string>>;
  /** What runs it: name, version, provider. */
  readonly runtime: string;
  readonly input: {
    readonly name: string;
    readonly type: string;
    readonly layout: Layout;
    /** The declared shape fits the other layout too. */
    readonly eitherLayout: boolean;
    readonly size: ImageSize;
    readonly batch: number | null;
    readonly normalize: Normalize;
    readonly channelOrder: "rgb" | "bgr";
  };
  readonly output: { readonly name: string; readonly scores: ScoreKind };
  readonly classNames: readonly string[];
  /** What the taps are and give; no part of the teacher's digest, since its logits do not depend on them. */
  readonly taps?: Outputs;
}

/** A loaded model: its scores as they come out of it. */
export interface ScoringModel {
  /** @returns `[count, classes]` */
  scores(pixels: Uint8Array, count: number, reading: PixelReading): Promise<Float32Array>;
  /** The scores, and the features of some taps by name: `[count, ...shape]`. */
  scoresWithFeatures?(
    pixels: Uint8Array,
    count: number,
    reading: PixelReading,
    taps: readonly string[],
  ): Promise<{ readonly scores: Float32Array; readonly features: Readonly<Record<string, Float32Array>> }>;
  /** True where it works in another thread. */
  readonly worksApart?: boolean;
  dispose(): void;
}

const fileName = "teacher.json";

export async function writeTeacherFile(directory: string, file: TeacherFile): Promise<void> {
  await writeFile(join(directory, fileName), `${JSON.stringify(file, undefined, 2)}\n`);
}

export async function readTeacherFile(directory: string): Promise<TeacherFile> {
  return JSON.parse(await readFile(join(directory, fileName), "utf8")) as TeacherFile;
}

/** The reading that the artifact pins. */
export function readingOf({ input }: TeacherFile): PixelReading {
  const { layout, channelOrder, normalize, size } = input;
  return { layout, channelOrder, scaling: pixelScaling(normalize, size.channels) };
}

/** A model from a file as a teacher, the same one wherever its artifact lies. */
export function fileTeacher(file: TeacherFile, model: ScoringModel): Teacher {
  const { taps, ...answering } = file;
  const { input, output, classNames } = answering;
  const predictAs =
    (reading: PixelReading): Teacher["predict"] =>
    async (pixels, count, names = ["logits"]) => {
      const wanted = names.filter((name) => name !== "logits");
      const unknown = wanted.find((name) => !Object.hasOwn(taps ?? {}, name));
      if (unknown !== undefined || (wanted.length > 0 && model.scoresWithFeatures === undefined)) {
        throw new KdflowError("KDF_PLAN_OPTIONS", `the teacher has no tap "${unknown ?? wanted[0]}"`, {
          hint: allowedHint(unknown ?? "", Object.keys(taps ?? {}), "taps"),
        });
      }
      if (wanted.length === 0 || model.scoresWithFeatures === undefined) {
        return { logits: asLogits(await model.scores(pixels, count, reading), output.scores) };
      }
      const { scores, features } = await model.scoresWithFeatures(pixels, count, reading, wanted);
      return { logits: asLogits(scores, output.scores), ...features };
    };
  return {
    task: classificationId,
    classNames,
    outputs: classifierOutputs(classNames.length),
    imageSize: input.size,
    digest: createHash("sha256").update(JSON.stringify(answering)).digest("hex"),
    preprocessing: `pixels 0…255, ${input.channelOrder}, normalize ${normalizeText(input.normalize)}, ${input.layout} ${input.type}`,
    predict: predictAs(readingOf(file)),
    taps,
    worksApart: model.worksApart === true,
    // one of TensorFlow.js is computed by the run's backend
    ...(model.worksApart === true && { runtime: file.runtime }),
    readings: otherReadings(file).map(({ options, reading }) => ({ options, predict: predictAs(reading) })),
    dispose: () => model.dispose(),
  };
}

interface OtherReading extends Pick<TeacherReading, "options"> {
  readonly reading: PixelReading;
}

/** Every other normalisation, order of colours and layout that the model would take; what changes least first. */
function otherReadings({ input }: TeacherFile): readonly OtherReading[] {
  const { channels } = input.size;
  const own = normalizeText(input.normalize);
  const usual: readonly Normalize[] =
    channels === 3 ? ["imagenet", "unit", "signed", "none"] : ["unit", "signed", "none"];
  const normalizes =
    input.type === "uint8" ? [input.normalize] : [input.normalize, ...usual.filter((name) => name !== own)];
  const orders = channels === 3 ? (["rgb", "bgr"] as const) : [input.channelOrder];
  const layouts = input.eitherLayout ? (["nchw", "nhwc"] as const) : [input.layout];
  const all = layouts.flatMap((layout) =>
    orders.flatMap((channelOrder) => normalizes.map((normalize) => ({ layout, channelOrder, normalize }))),
  );
  const readings = all.flatMap(({ layout, channelOrder, normalize }) => {
    const changes = [
      ...(normalizeText(normalize) === own ? [] : [`normalize: ${normalizeText(normalize)}`]),
      ...(channelOrder === input.channelOrder ? [] : [`channelOrder: ${channelOrder}`]),
      ...(layout === input.layout ? [] : [`layout: ${layout}`]),
    ];
    if (changes.length === 0) return [];
    const reading = { layout, channelOrder, scaling: pixelScaling(normalize, channels) };
    return [{ options: changes.join(", "), changes: changes.length, reading }];
  });
  return readings.sort((a, b) => a.changes - b.changes);
}
