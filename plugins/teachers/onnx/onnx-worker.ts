/** Runs an ONNX model in a thread of its own: ONNX Runtime's `run` blocks the thread that calls it. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { KdflowError } from "../../../core/index.ts";
import { withOutputs } from "./added-outputs.ts";
import { detectorRows, rawOutputs } from "./onnx-detector.ts";
import type { OnnxAnswer, OnnxRequest, OnnxWorkerData, ShapedNumbers } from "./onnx-protocol.ts";
import { resultRows } from "./onnx-results.ts";
import { createPixelReader } from "./read-pixels.ts";

type Runtime = typeof import("onnxruntime-node");

/** Images per call where the file leaves their number free: few enough for their activations to stay in caches. */
const usualBatch = 32;
/** The same for detectors, whose images are larger. */
const detectorBatch = 4;

const {
  runtime,
  model,
  bytes,
  input,
  sizes,
  output,
  innerTensors,
  detector,
  provider = "cpu",
} = workerData as OnnxWorkerData;
const port = parentPort;
const options = {
  // what another one does not know is left to the processor
  executionProviders: provider === "cpu" ? ["cpu"] : [provider, "cpu"],
  graphOptimizationLevel: "all",
  logSeverityLevel: 4,
} as const;

if (port !== null) {
  const answer = (message: OnnxAnswer, moved: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...moved]);
  const ort = createRequire(import.meta.url)(runtime) as Runtime;
  const loading =
    bytes === undefined ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(bytes, options);
  loading.then(
    () => answer({ id: 0, scores: new Float32Array(), shape: [], features: [] }),
    (error: unknown) => answer({ id: 0, failure: messageOf(error) }),
  );
  let tapped: Promise<InferenceSession> | undefined;
  const sessionFor = ({ taps }: OnnxRequest): Promise<InferenceSession> => {
    if (taps.length === 0) return loading;
    tapped ??= loadTapped(ort);
    return tapped;
  };
  let last: Promise<unknown> = loading.catch(() => undefined);
  port.on("message", (request: OnnxRequest) => {
    last = last.then(async () => {
      try {
        const [scores, ...features] = await label(ort, await sessionFor(request), request);
        const moved = [scores, ...features].map(({ values }) => values.buffer as ArrayBuffer);
        answer({ id: request.id, scores: scores.values, shape: scores.shape, features }, moved);
      } catch (error) {
        const coded = error instanceof KdflowError && { code: error.code, hint: error.hint };
        answer({ id: request.id, failure: messageOf(error), ...(coded && { coded }) });
      }
    });
  });
}

/**
 * Loads the model once more with its inner tensors as outputs: the runtime fuses less then, so that the last bits
 * differ, and logits are to be the same with and without taps.
 */
async function loadTapped(ort: Runtime): Promise<InferenceSession> {
  const folder = { model_external_initializers_file_folder_path: dirname(model) };
  const bytes = withOutputs(await readFile(model), innerTensors);
  return ort.InferenceSession.create(bytes, { ...options, extra: { session: folder } });
}

/** The scores, and then the features of each tap. */
async function label(
  ort: Runtime,
  session: InferenceSession,
  { pixels, count, reading, taps, raw }: OnnxRequest,
): Promise<readonly [ShapedNumbers, ...ShapedNumbers[]]> {
  const [height, width, channels] = input.size;
  const imagePixels = height * width * channels;
  const size = input.batch ?? Math.min(detector === undefined && raw === undefined ? usualBatch : detectorBatch, count);
  const reader = createPixelReader(input, reading);
  const given = raw !== undefined ? rawOutputs(raw, count) : detector && detectorRows(detector, count);
  const scores = given?.scores ?? resultRows(output, count, "nhwc");
  const asked =
    given?.features ?? taps.map(({ tensor, layout }) => ({ tensor, rows: resultRows(tensor, count, layout) }));
  const names = given?.names ?? [...new Set([output, ...taps.map(({ tensor }) => tensor)])];
  for (let start = 0; start < count; start += size) {
    const images = Math.min(size, count - start);
    const batch = input.batch ?? images;
    const data = reader.read(pixels.subarray(start * imagePixels, (start + images) * imagePixels), images, batch);
    const dims = reading.layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
    const feed = new ort.Tensor(input.type as "float32", data as Float32Array, dims);
    const results = await session.run({ [input.name]: feed, ...sizesFor(ort, batch) }, names);
    if (given === undefined) scores.add(results[output], images, batch);
    given?.take?.(results, images);
    for (const { tensor, rows } of asked) rows.add(results[tensor], images, batch);
  }
  return [scores.joined(), ...asked.map(({ rows }) => rows.joined())];
}

/** The size of the images as that of the photos: boxes then come in pixels of the images. */
function sizesFor(ort: Runtime, batch: number): Record<string, Tensor> {
  if (sizes === undefined) return {};
  const [height, width] = input.size.map(BigInt);
  const pairs = Array.from({ length: batch }, () => [width ?? 0n, height ?? 0n]).flat();
  return { [sizes]: new ort.Tensor("int64", BigInt64Array.from(pairs), [batch, 2]) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
