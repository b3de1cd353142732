/** Runs an ONNX model in a thread of its own: ONNX Runtime's `run` blocks the thread that calls it. */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { fromFloat16 } from "../../soft-labels/float16.ts";
import type { OnnxAnswer, OnnxRequest, OnnxWorkerData } from "./onnx-protocol.ts";
import { createPixelReader } from "./read-pixels.ts";

type Runtime = typeof import("onnxruntime-node");

/** Images per call where the file leaves their number free: few enough for their activations to stay in caches. */
const usualBatch = 32;

const { runtime, model, input, output } = workerData as OnnxWorkerData;
const port = parentPort;

if (port !== null) {
  const answer = (message: OnnxAnswer, moved: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...moved]);
  const ort = createRequire(import.meta.url)(runtime) as Runtime;
  const loading = ort.InferenceSession.create(model, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 4,
  });
  loading.then(
    () => answer({ id: 0, scores: new Float32Array(), shape: [] }),
    (error: unknown) => answer({ id: 0, failure: messageOf(error) }),
  );
  let last: Promise<unknown> = loading.catch(() => undefined);
  port.on("message", (request: OnnxRequest) => {
    last = last.then(async () => {
      try {
        const { scores, shape } = await label(ort, await loading, request);
        answer({ id: request.id, scores, shape }, [scores.buffer as ArrayBuffer]);
      } catch (error) {
        answer({ id: request.id, failure: messageOf(error) });
      }
    });
  });
}

async function label(ort: Runtime, session: InferenceSession, { pixels, count, reading }: OnnxRequest) {
  const [height, width, channels] = input.size;
  const imagePixels = height * width * channels;
  const size = input.batch ?? Math.min(usualBatch, count);
  const reader = createPixelReader(input, reading);
  const pieces: Float32Array[] = [];
  let shape: readonly number[] = [];
  for (let start = 0; start < count; start += size) {
    const images = Math.min(size, count - start);
    const batch = input.batch ?? images;
    const data = reader.read(pixels.subarray(start * imagePixels, (start + images) * imagePixels), images, batch);
    const dims = reading.layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
    const feed = new ort.Tensor(input.type as "float32", data as Float32Array, dims);
    const results = await session.run({ [input.name]: feed }, [output]);
    const result = results[output];
    if (result === undefined) throw new Error(`it gave no output "${output}"`);
    shape = [count, ...result.dims.slice(1)];
    if (result.dims[0] !== batch) shape = result.dims;
    const scores = numbersOf(result);
    pieces.push(scores.subarray(0, (scores.length / batch) * images));
  }
  const scores = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    scores.set(piece, at);
    at += piece.length;
  }
  return { scores, shape };
}

function numbersOf(result: Tensor): Float32Array {
  const { type, data } = result;
  if (data instanceof Float32Array) return data;
  if (data instanceof Uint16Array && type === "float16") return Float32Array.from(data, fromFloat16);
  if (type === "float16" || type === "float64") return Float32Array.from(data as unknown as ArrayLike<number>);
  throw new Error(`its output "${output}" is of type ${type}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
