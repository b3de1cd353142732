import type { GraphModel, Tensor } from "@tensorflow/tfjs";
import {
  type Dataset,
  type Description,
  KdflowError,
  type PlanContext,
  type PortDescriptions,
  readModelArtifacts,
  type StageContext,
  type Teacher,
  type Tf,
} from "../../../core/index.ts";
import type { TeacherGraphModelOptions } from "../../options.ts";
import type { DecoderName, DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import { boxNumbers, detectionId } from "../../tasks/detection/names.ts";
import type { PixelReading } from "../asking/file-teacher.ts";
import { bindInput, type ModelInput } from "../asking/model-input.ts";
import { probePixels } from "../asking/probe-images.ts";
import { countClasses, detectorClasses } from "../detector/detector-classes.ts";
import { type DetectorDecode, decodeImage } from "../detector/detector-decode.ts";
import { type DetectorFile, detectorTeacher, pixelReadingOf, writeDetectorFile } from "../detector/detector-file.ts";
import { writeTopRows } from "../detector/top-rows.ts";
import { usualReadings } from "../detector/usual-reading.ts";
import { countGraphMultiplyAdds } from "./graph-multiply-adds.ts";
import { readTfjsFile, type TfjsFile, tfjsFingerprint } from "./tfjs-file.ts";
import { modelInputOf } from "./tfjs-scorer.ts";

/** Options of a graph model that is a detector. */
export type GraphDetectorOptions = TeacherGraphModelOptions & { readonly decoder: DecoderName };

const usualTop = 1000;
/** Images per call where the file leaves their number free. */
const usualBatch = 4;

interface GraphPlan {
  readonly file: TfjsFile;
  readonly input: ModelInput;
}

/** Whether options say that the graph is a detector. */
export function isGraphDetector(options: TeacherGraphModelOptions): options is GraphDetectorOptions {
  return options.decoder !== undefined;
}

async function planGraph(options: GraphDetectorOptions, baseDir: string): Promise<GraphPlan> {
  const file = await readTfjsFile(options.model, baseDir, "graph-model");
  const shape = file.inputShape?.map((size) => (size === -1 ? null : size));
  const { path, inputName } = file;
  return { file, input: bindInput({ model: path, name: inputName, shape, usualLayout: "nhwc" }, options) };
}

export async function describeGraphDetector(
  options: GraphDetectorOptions,
  inputs: PortDescriptions,
  { baseDir }: PlanContext,
): Promise<Description> {
  const { file, input } = await planGraph(options, baseDir);
  const data = inputs["data"]?.[0];
  const request = { model: file.path, count: undefined, file: options.classes, baseDir };
  // without a file the number of classes is known only from an answer
  const classNames =
    options.classes === undefined ? undefined : await detectorClasses({ ...request, data: data?.classNames });
  return { task: detectionId, classNames, imageSize: input.size };
}

/** Loads the graph once, looks at its answer to a photo, and writes what decides its rows. */
export async function writeGraphDetector(
  options: GraphDetectorOptions,
  data: Dataset | undefined,
  context: StageContext,
): Promise<void> {
  context.signal.throwIfAborted();
  const { tf, baseDir } = context;
  const { file, input } = await planGraph(options, baseDir);
  const graph = await loadGraph(tf, file);
  try {
    const usual = usualReadings[options.decoder];
    const { size, layout, batch } = input;
    const reading = {
      normalize: options.normalize,
      channelOrder: options.channelOrder ?? usual.channelOrder,
      fit: options.fit ?? usual.fit,
    };
    const names = options.outputNames ?? graph.outputs.map(({ name }) => name);
    const { pixels } = await probePixels(data?.task === detectionId ? data : undefined, size, context, 1);
    const pixelReading = pixelReadingOf(input, reading);
    const asked = { file, input, reading: pixelReading, names };
    const outputs = await answersOf(tf, graph, { pixels, count: 1 }, asked);
    const products = await countGraphMultiplyAdds(tf, () => execute(tf, graph, { pixels, count: 1 }, asked));
    const count = countClasses(outputs, size);
    const request = { model: file.path, count, file: options.classes, baseDir, data: data?.classNames };
    const classNames = await detectorClasses(request, context.log);
    const settings = {
      width: size.width,
      height: size.height,
      classCount: classNames.length,
      ...(options.score !== undefined && { score: options.score }),
    };
    const decode: DetectorDecode = { kind: "family", decoder: options.decoder, settings };
    const rows = decodeImage(decode, outputs, 0);
    const { classes: _names, names: _own, ...files } = await tfjsFingerprint(file, options.classes, context);
    const { artifacts } = await readModelArtifacts(file.directory, file.name);
    const sizeBytes = [artifacts.weightData ?? []].flat().reduce((sum, bytes) => sum + bytes.byteLength, 0);
    const parameters = (artifacts.weightSpecs ?? []).reduce(
      (sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1),
      0,
    );
    await writeDetectorFile(context.outputDir, {
      format: 1,
      task: detectionId,
      files,
      runtime: "tfjs",
      input: { name: file.inputName, type: file.inputType, layout, size, batch: batch ?? null, ...reading },
      outputs: names,
      decode,
      top: Math.min(options.top ?? usualTop, rows.objectness.length),
      objectness: rows.hasObjectness,
      classNames,
      parameters,
      ...(products !== undefined && { multiplyAdds: products / (batch ?? 1) }),
      sizeBytes,
    });
  } finally {
    graph.dispose();
  }
}

export async function openGraphDetector(
  detector: DetectorFile,
  options: GraphDetectorOptions,
  context: StageContext,
): Promise<Teacher> {
  const { tf } = context;
  const { file, input } = await planGraph(options, context.baseDir);
  const graph = await loadGraph(tf, file);
  const { top, decode, outputs: names, classNames } = detector;
  const width = boxNumbers + classNames.length;
  const bytes = input.size.height * input.size.width * input.size.channels;
  return detectorTeacher(detector, {
    worksApart: false,
    forward: async (pixels, count, reading) =>
      void (await answersOf(tf, graph, { pixels, count }, { file, input, reading, names })),
    async rows(pixels, count, reading) {
      const rows = new Float32Array(count * top * width);
      const lot = input.batch ?? usualBatch;
      for (let start = 0; start < count; start += lot) {
        const images = Math.min(lot, count - start);
        const some = { pixels: pixels.subarray(start * bytes, (start + images) * bytes), count: images };
        const outputs = await answersOf(tf, graph, some, { file, input, reading, names });
        for (let image = 0; image < images; image++) {
          const at = (start + image) * top * width;
          writeTopRows(decodeImage(decode, outputs, image), top, rows.subarray(at, at + top * width));
        }
      }
      return rows;
    },
    dispose: () => graph.dispose(),
  });
}

async function loadGraph(tf: Tf, { path, directory, name }: TfjsFile): Promise<GraphModel> {
  const { artifacts } = await readModelArtifacts(directory, name);
  return tf.loadGraphModel({ load: async () => artifacts }).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_FORMAT", `TensorFlow.js cannot build the graph in "${path}"`, {
      hint: "convert the SavedModel again with tensorflowjs_converter",
      cause,
    });
  });
}

interface AskedGraph extends GraphPlan {
  readonly reading: PixelReading;
  readonly names: readonly string[];
}

interface Images {
  readonly pixels: Uint8Array;
  readonly count: number;
}

/** Raw outputs for some images. */
async function answersOf(
  tf: Tf,
  graph: GraphModel,
  images: Images,
  asked: AskedGraph,
): Promise<readonly DetectorOutput[]> {
  const tensors = tf.tidy(() => execute(tf, graph, images, asked));
  const outputs = await Promise.all(
    tensors.map(async (tensor, at): Promise<DetectorOutput> => {
      return { name: asked.names[at] ?? "", shape: tensor.shape, data: Float32Array.from(await tensor.data()) };
    }),
  );
  tf.dispose(tensors);
  return outputs;
}

/** One call of the graph, for a caller's tidy; a batch that the file fixes is filled up with zeros. */
function execute(tf: Tf, graph: GraphModel, { pixels, count }: Images, asked: AskedGraph): Tensor[] {
  const { file, input, reading, names } = asked;
  const { height, width, channels } = input.size;
  const batch = input.batch ?? count;
  const padded = new Uint8Array(batch * height * width * channels);
  padded.set(pixels.subarray(0, count * height * width * channels));
  const images = tf.tensor(padded, [batch, height, width, channels], "int32");
  const feed = { [graph.inputs[0]?.name ?? file.inputName]: modelInputOf(tf, images, reading, file.inputType) };
  try {
    return [graph.execute(feed, [...names])].flat();
  } catch (cause) {
    throw new KdflowError(
      "KDF_TEACHER_OPERATOR",
      `TensorFlow.js cannot run "${file.path}": ${(cause as Error).message}`,
      {
        hint: `\`outputNames\` names outputs of the graph: ${graph.outputs.map(({ name }) => name).join(", ")}`,
        cause,
      },
    );
  }
}
