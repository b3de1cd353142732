import type { Tensor } from "onnxruntime-node";
import type { DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import { decodeImage } from "../detector/detector-decode.ts";
import { writeTopRows } from "../detector/top-rows.ts";
import type { OnnxWorkerData, ShapedNumbers } from "./onnx-protocol.ts";
import { detectorNumbersOf, type ResultRows, resultRows } from "./onnx-results.ts";

/** What a request asks of the session beside scores, and where results go. */
export interface GivenOutputs {
  readonly names: readonly string[];
  readonly scores: Pick<ResultRows, "joined" | "add">;
  readonly features: readonly { readonly tensor: string; readonly rows: ResultRows }[];
  /** Takes the results of one call. */
  take?(results: Readonly<Record<string, Tensor>>, images: number): void;
}

/** Outputs as they are, to look at what a model gives. */
export function rawOutputs(names: readonly string[], count: number): GivenOutputs {
  // no axis is turned
  const features = names.map((tensor) => ({ tensor, rows: resultRows(tensor, count, "nhwc", detectorNumbersOf) }));
  return { names, scores: resultRows("none", 0, "nhwc"), features };
}

/** A detector's answers decoded call by call, so that raw outputs of one call alone are in memory. */
export function detectorRows(
  { outputs, decode, top }: NonNullable<OnnxWorkerData["detector"]>,
  count: number,
): GivenOutputs {
  let values = new Float32Array();
  let width = 0;
  let done = 0;
  return {
    names: outputs,
    features: [],
    scores: {
      add: () => undefined,
      joined: (): ShapedNumbers => ({ values, shape: [count, top, width] }),
    },
    take(results, images) {
      const tensors = outputs.map((name): DetectorOutput => {
        const tensor = results[name];
        if (tensor === undefined) throw new Error(`it gave no output "${name}"`);
        return { name, shape: tensor.dims, data: detectorNumbersOf(tensor, name) };
      });
      for (let image = 0; image < images; image++, done++) {
        const rows = decodeImage(decode, tensors, image);
        width = 5 + rows.classCount;
        if (values.length === 0) values = new Float32Array(count * top * width);
        writeTopRows(rows, top, values.subarray(done * top * width, (done + 1) * top * width));
      }
    },
  };
}
