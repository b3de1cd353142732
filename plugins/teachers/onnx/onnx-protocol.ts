import type { ErrorCode } from "../../../core/index.ts";
import type { PixelReading } from "../asking/file-teacher.ts";
import type { DetectorDecode } from "../detector/detector-decode.ts";
import type { OnnxTap } from "./onnx-taps.ts";

/** What a worker is started with. */
export interface OnnxWorkerData {
  /** Folder of onnxruntime-node. */
  readonly runtime: string;
  readonly model: string;
  /** The file's content where it is none on disk. */
  readonly bytes?: Uint8Array;
  readonly input: {
    readonly name: string;
    readonly type: "float32" | "float16" | "uint8";
    /** `[height, width, channels]` */
    readonly size: readonly [number, number, number];
    /** Images per call where the file fixes their number. */
    readonly batch: number | undefined;
  };
  /** Name of the input that is told the photos' width and height; what it is told is the size of the images. */
  readonly sizes?: string;
  readonly output: string;
  /** ONNX Runtime's name of what computes; the processor unless given. */
  readonly provider?: string;
  /** Inner tensors that can be asked for and that are no outputs of the file. */
  readonly innerTensors: readonly string[];
  /** Of a detector: what its answers are decoded from, in the thread, and how many rows of an image are handed over. */
  readonly detector?: { readonly outputs: readonly string[]; readonly decode: DetectorDecode; readonly top: number };
}

export interface OnnxRequest {
  readonly id: number;
  /** uint8 `[count, height, width, channels]` */
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly reading: PixelReading;
  readonly taps: readonly OnnxTap[];
  /** Outputs of the file that are wanted as they are, in place of the scores. */
  readonly raw?: readonly string[] | undefined;
}

/** Numbers with their shape, `[count, …]` unless the model does something else with its batch. */
export interface ShapedNumbers {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Answer `id` 0 says that the model is loaded, or why not. */
export type OnnxAnswer =
  | {
      readonly id: number;
      readonly scores: Float32Array;
      readonly shape: readonly number[];
      /** Of the taps asked for, in their order; with four axes channels last. */
      readonly features: readonly ShapedNumbers[];
    }
  | {
      readonly id: number;
      readonly failure: string;
      /** Of a failure that has a code of its own. */
      readonly coded?: { readonly code: ErrorCode; readonly hint: string | readonly string[] | undefined };
    };
