import type { PixelReading } from "../file-teacher.ts";

/** What a worker is started with. */
export interface OnnxWorkerData {
  /** Folder of onnxruntime-node. */
  readonly runtime: string;
  readonly model: string;
  readonly input: {
    readonly name: string;
    readonly type: "float32" | "float16" | "uint8";
    /** `[height, width, channels]` */
    readonly size: readonly [number, number, number];
    /** Images per call where the file fixes their number. */
    readonly batch: number | undefined;
  };
  readonly output: string;
}

export interface OnnxRequest {
  readonly id: number;
  /** uint8 `[count, height, width, channels]` */
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly reading: PixelReading;
}

/** Answer `id` 0 says that the model is loaded, or why not. */
export type OnnxAnswer =
  | { readonly id: number; readonly scores: Float32Array; readonly shape: readonly number[] }
  | { readonly id: number; readonly failure: string };
