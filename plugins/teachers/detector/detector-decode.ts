import type { DecoderName, DecodeSettings, DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import type { DetectionRows } from "../../tasks/detection/decoders/detection-rows.ts";
import { decoders } from "../../tasks/detection/decoders/recognise.ts";
import type { DarknetHead } from "../darknet/darknet-model.ts";
import { decodeDarknet } from "../darknet/decode-darknet.ts";

/** How a detector's raw outputs become rows: plain data that a thread is told. */
export type DetectorDecode =
  | { readonly kind: "family"; readonly decoder: DecoderName; readonly settings: DecodeSettings }
  | {
      readonly kind: "darknet";
      readonly heads: readonly DarknetHead[];
      readonly width: number;
      readonly height: number;
    };

/** Rows of one image of a batch. */
export function decodeImage(decode: DetectorDecode, outputs: readonly DetectorOutput[], image: number): DetectionRows {
  return decode.kind === "darknet"
    ? decodeDarknet(decode, outputs, image)
    : decoders[decode.decoder](outputs, image, decode.settings);
}
