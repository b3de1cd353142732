import { KdflowError } from "../../../core/index.ts";
import type { ExportGraphModelOptions } from "../../options.ts";

/** @throws KDF_PLAN_OPTIONS where photos are to be taken in a way that they cannot be */
export function checkOptions({ input, batch, demo }: ExportGraphModelOptions): void {
  if (input === "tensor") return;
  if (demo) {
    throw new KdflowError("KDF_PLAN_OPTIONS", "`demo: true` shows models that take pixels of their own size", {
      hint: "leave `input: photo` out, or export twice",
      option: "/demo",
    });
  }
  if (batch === "dynamic" || batch === 1) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", `\`input: photo\` takes one image at a time, not ${batch}`, {
    hint: "leave `batch` out",
    option: "/batch",
  });
}
