import { readFile, stat } from "node:fs/promises";
import {
  type Dataset,
  type Description,
  KdflowError,
  type Log,
  type PortDescriptions,
  type StageContext,
  type Teacher,
} from "../../../core/index.ts";
import type { TeacherOnnxOptions } from "../../options.ts";
import { finishedDecoders, finishedRows } from "../../tasks/detection/decoders/decode-finished.ts";
import type { DecoderName, DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import { decoderWords } from "../../tasks/detection/decoders/decoder-words.ts";
import { finishedBoxes, recogniseDecoder } from "../../tasks/detection/decoders/recognise.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import { probePixels } from "../asking/probe-images.ts";
import { countClasses, detectorClasses } from "../detector/detector-classes.ts";
import { type DetectorDecode, decodeImage } from "../detector/detector-decode.ts";
import { type DetectorFile, detectorTeacher, pixelReadingOf, writeDetectorFile } from "../detector/detector-file.ts";
import { type DetectorReading, type FitName, fits, usualReadings } from "../detector/usual-reading.ts";
import { metadataClasses } from "./metadata-classes.ts";
import { countedTensors, countMultiplyAdds, type Product, productsOf } from "./multiply-adds.ts";
import { executionProviderFor } from "./onnx-device.ts";
import { onnxFingerprint } from "./onnx-fingerprint.ts";
import type { OnnxWorkerData } from "./onnx-protocol.ts";
import { onnxRuntime } from "./onnx-runtime.ts";
import { type OnnxSession, openOnnxSession } from "./onnx-session.ts";
import { type DetectorPlan, declaredOutputs, planDetector } from "./plan-detector.ts";

/** Rows of an image that are handed over where no option says how many: several stand for each thing. */
export const usualTop = 1000;

/** What is known of a detector before it is loaded. */
export async function describeOnnxDetector(
  options: TeacherOnnxOptions,
  inputs: PortDescriptions,
  baseDir: string,
): Promise<Description> {
  const { path, classes, input, file } = await planDetector(options, baseDir);
  const data = inputs["data"]?.[0];
  const classNames = await detectorClasses({
    model: path,
    count: classes,
    file: options.classes,
    baseDir,
    own: metadataClasses(file.metadata),
    data: data?.task === detectionId ? data.classNames : undefined,
  });
  const { width, height } = input.size;
  const shapes = file.outputs.map(({ shape = [] }) => shape.join("×")).join(", ");
  const { decoder, fit = decoder && usualReadings[decoder].fit } = options;
  const isFinished = decoder === undefined ? finishedBoxes(declaredOutputs(file)) : finishedDecoders.includes(decoder);
  const rows = decoderWords(decoder, declaredOutputs(file), { width, height, classCount: classNames.length });
  const words = `${width}×${height}, ${fit ?? "fit by its family"}, outputs ${shapes}, decoder ${decoder ?? "by its outputs"}${rows === undefined || isFinished ? "" : `: ${rows}`}${isFinished ? `, ${pseudoLabels}` : ""}`;
  return { task: detectionId, classNames, imageSize: input.size, taps: [], words };
}

/** What may be learned from boxes that were chosen in the graph. */
const pseudoLabels = "pseudo-labels, one class and one score a box; of other classes and boxes it says nothing";

/** Loads the detector once, finds out how its answers are decoded, and writes what decides them. */
export async function writeOnnxDetector(
  options: TeacherOnnxOptions,
  data: Dataset | undefined,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const plan = await planDetector(options, context.baseDir);
  const { path, name, type, input, file } = plan;
  const { runtime = "", classes: _names, ...files } = await onnxFingerprint(options, context);
  const products = productsOf(await readFile(path)) ?? [];
  const session = await openOnnxSession(await workerData(plan, options, undefined, products));
  try {
    const outputs = await lookAt(session, plan, data, context);
    const { size } = input;
    const count = countClasses(outputs, size);
    const classNames = await detectorClasses(
      {
        model: path,
        count,
        file: options.classes,
        baseDir: context.baseDir,
        own: metadataClasses(file.metadata),
        data: data?.classNames,
      },
      context.log,
    );
    const settings = {
      width: size.width,
      height: size.height,
      classCount: classNames.length,
      ...(options.anchors !== undefined && { anchors: pairsOf(options.anchors) }),
      ...(options.score !== undefined && { score: options.score }),
    };
    const decoder = options.decoder ?? guessed(path, outputs, settings, context.log);
    const decode: DetectorDecode = { kind: "family", decoder, settings };
    const rows = decodeImage(decode, outputs, 0);
    if (finishedDecoders.includes(decoder)) {
      const message = `the teacher gives finished boxes: ${pseudoLabels}; \`minScore\` at the soft labels says from which score on`;
      context.log.info("teacherFinished", { message, decoder });
    }
    const usual = usualReadings[decoder];
    const { layout, batch } = input;
    await writeDetectorFile(context.outputDir, {
      format: 1,
      task: detectionId,
      files,
      runtime,
      input: { name, type, layout, size, batch: batch ?? null, ...readingOf(options, usual, type) },
      outputs: outputs.map((output) => output.name),
      decode,
      top: mostRows(decoder, options.top, rows.objectness.length),
      objectness: rows.hasObjectness,
      classNames,
      parameters: file.parameters,
      ...(products.length > 0 && { multiplyAdds: await countMultiplyAdds(session, products, input) }),
      sizeBytes: (await stat(path)).size,
    });
  } finally {
    session.close();
  }
}

/** @param given rows of the photo that was looked at; a list without slots has as many as it has boxes */
function mostRows(decoder: DecoderName, top: number | undefined, given: number): number {
  return decoder === "nms-rows" ? (top ?? finishedRows) : Math.min(top ?? usualTop, given);
}

type Anchors = readonly (readonly [width: number, height: number])[];

function pairsOf(levels: readonly (readonly (readonly number[])[])[]): readonly Anchors[] {
  return levels.map((level) => level.map(([width = 0, height = 0]) => [width, height] as const));
}

/** What the options say, and what the family's toolkit does where they say nothing. */
function readingOf(options: TeacherOnnxOptions, usual: DetectorReading, type: string): DetectorReading {
  const { normalize = type === "uint8" ? "none" : usual.normalize, channelOrder = usual.channelOrder } = options;
  return { normalize, channelOrder, fit: (options.fit as FitName | undefined) ?? usual.fit };
}

/** Raw outputs for a few images. */
async function lookAt(
  session: OnnxSession,
  { input, file }: DetectorPlan,
  data: Dataset | undefined,
  context: StageContext,
): Promise<readonly DetectorOutput[]> {
  const photos = data?.task === detectionId ? data : undefined;
  const { pixels } = await probePixels(photos, { ...input.size, fit: fits.letterbox }, context, 1);
  const reading = pixelReadingOf(input, { normalize: "none", channelOrder: "rgb" });
  const names = file.outputs.map(({ name }) => name);
  const { features } = await session.label(pixels, 1, reading, [], names);
  return names.map((name, at): DetectorOutput => {
    const { shape = [], values = new Float32Array() } = features[at] ?? {};
    return { name, shape, data: values };
  });
}

/** @throws KDF_TEACHER_DECODER where outputs fit no decoder, or several */
function guessed(
  path: string,
  outputs: readonly DetectorOutput[],
  settings: Parameters<typeof recogniseDecoder>[1],
  log: Pick<Log, "info">,
): DecoderName {
  const found = recogniseDecoder(outputs, settings);
  if (found.kind === "certain") {
    const message = `the outputs of the teacher are read as those of ${found.decoder} (${found.why}); \`decoder\` says another`;
    log.info("teacherDecoder", { message, decoder: found.decoder });
    return found.decoder;
  }
  const names = found.decoders.join(" or ");
  throw new KdflowError("KDF_TEACHER_DECODER", `the outputs of "${path}" are those of ${names}: ${found.why}`, {
    hint: `say which: \`decoder: ${found.decoders[0]}\``,
  });
}

export async function openOnnxDetector(
  detector: DetectorFile,
  options: TeacherOnnxOptions,
  context: StageContext,
): Promise<Teacher> {
  const plan = await planDetector(options, context.baseDir);
  return openedDetector(detector, await workerData(plan, options, detector));
}

/** A detector in a thread, as a teacher. */
export async function openedDetector(detector: DetectorFile, data: OnnxWorkerData): Promise<Teacher> {
  const session = await openOnnxSession(data);
  return detectorTeacher(detector, {
    worksApart: true,
    runtime: detector.runtime,
    forward: async (pixels, count, reading) => void (await session.label(pixels, count, reading, [], detector.outputs)),
    rows: async (pixels, count, reading) => (await session.label(pixels, count, reading)).scores,
    dispose: () => session.close(),
  });
}

async function workerData(
  { path, name, type, input, file, sizes }: DetectorPlan,
  { device }: TeacherOnnxOptions,
  detector: DetectorFile | undefined,
  counted: readonly Product[] = [],
): Promise<OnnxWorkerData> {
  const runtime = await onnxRuntime();
  const provider = await executionProviderFor(device, runtime);
  const { height, width, channels } = input.size;
  return {
    runtime: runtime.folder,
    provider,
    model: path,
    input: { name, type, size: [height, width, channels], batch: input.batch },
    ...(sizes !== undefined && { sizes }),
    output: file.outputs[0]?.name ?? "",
    innerTensors: countedTensors(counted).filter((tensor) => !file.outputs.some(({ name }) => name === tensor)),
    ...(detector && { detector }),
  };
}
