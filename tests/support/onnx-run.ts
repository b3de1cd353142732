import { createRequire } from "node:module";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Tf } from "../../core/index.ts";
import type { EmitterTable } from "../../plugins/exporters/onnx/emitter.ts";
import { type Layout, writeGraph } from "../../plugins/exporters/onnx/write-graph.ts";
import { optimizedGraph } from "../../plugins/exporters/trace/optimized-graph.ts";
import { traceModel } from "../../plugins/exporters/trace/trace-model.ts";
import type { TracedGraph } from "../../plugins/exporters/trace/traced-graph.ts";

type Runtime = typeof import("onnxruntime-node");

const runtime = createRequire(import.meta.url)("onnxruntime-node") as Runtime;

type Results = Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>;

/** Outputs of an ONNX file by name, with their shapes. */
export async function runOnnx(bytes: Uint8Array, pixels: Uint8Array, shape: readonly number[]): Promise<Results> {
  return (await openOnnx(bytes))(pixels, shape);
}

/** The same for many images; the runtime keeps the file until the process ends. */
export async function openOnnx(
  bytes: Uint8Array,
): Promise<(pixels: Uint8Array, shape: readonly number[]) => Promise<Results>> {
  const session = await runtime.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  return async (pixels, shape) => {
    const results = await session.run({ pixels: new runtime.Tensor("uint8", pixels, shape) });
    const entries = Object.entries(results).map(([name, { data, dims }]) => [
      name,
      { data: Float32Array.from(data as Float32Array), dims },
    ]);
    return Object.fromEntries(entries);
  };
}

export interface Exportable {
  readonly tf: Tf;
  readonly model: LayersModel;
  /** `[height, width, channels]` */
  readonly size: readonly [number, number, number];
  /** The model's own pass unless given. */
  readonly forward?: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  readonly batch?: number | "dynamic";
  readonly layout?: Layout;
  readonly emitters?: EmitterTable;
}

/** The model's pass as a graph, and the graph as a file. */
export async function exported(
  wanted: Exportable,
): Promise<{ kernels: string[]; graph: TracedGraph; bytes: Uint8Array }> {
  const { tf, model, size, batch = "dynamic", layout = "nhwc", emitters = {} } = wanted;
  const [height, width, channels] = size;
  const forward = passOf(wanted);
  const traced = await traceModel({ tf, model, imageSize: { height, width, channels }, forward, batch });
  const graph = optimizedGraph(traced);
  const kernels = traced.nodes.map(({ kernel }) => kernel);
  return { kernels, graph, bytes: writeGraph({ graph, layout, metadata: {}, emitters }).bytes };
}

function passOf({ model, forward }: Exportable): NonNullable<Exportable["forward"]> {
  return forward ?? ((pixels) => ({ y: model.apply(pixels) as Tensor }));
}

/** The kernels of the pass, and the largest difference of any output of the file to the model's own, over its largest number. */
export async function tryExport(wanted: Exportable, images = 4): Promise<{ kernels: string[]; difference: number }> {
  const { tf, size } = wanted;
  const { kernels, bytes } = await exported(wanted);
  const shape: [number, number, number, number] = [images, ...size];
  const pixels = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, place) => (place * 7919) % 256);
  const found = await runOnnx(bytes, pixels, shape);
  const own = tf.tidy(() => passOf(wanted)(tf.tensor(Float32Array.from(pixels), shape)));
  let worst = 0;
  for (const [name, tensor] of Object.entries(own)) {
    const expected = await tensor.data();
    const { data, dims } = found[name] ?? { data: new Float32Array(), dims: [] };
    if (String(dims) !== String(tensor.shape)) return { kernels, difference: Number.POSITIVE_INFINITY };
    let [difference, largest] = [0, Number.MIN_VALUE];
    for (const [place, value] of expected.entries()) {
      difference = Math.max(difference, Math.abs(value - (data[place] ?? Number.NaN)));
      largest = Math.max(largest, Math.abs(value));
    }
    worst = Math.max(worst, difference / largest);
    tensor.dispose();
  }
  return { kernels, difference: worst };
}
