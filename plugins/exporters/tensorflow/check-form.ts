import { KdflowError } from "../../../core/index.ts";
import type { ExportTfliteOptions } from "../../options.ts";

/**
 * Refuses to decode boxes in eight bits: scores in steps of 1/256 lose their order, and most become 0.
 *
 * @throws KDF_PLAN_OPTIONS
 */
export function checkForm({ precision, boxes }: ExportTfliteOptions, isDetector: boolean): void {
  if (!isDetector || precision !== "int8" || boxes === "raw") return;
  throw new KdflowError(
    "KDF_PLAN_OPTIONS",
    "`precision: int8` would round decoded boxes and scores to steps of 1/256",
    {
      hint: "set `boxes: raw` and decode in float32 outside of the file, or take `precision: float16`",
      option: "/boxes",
    },
  );
}
