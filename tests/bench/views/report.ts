import { formatBytes, formatDuration } from "../../../core/report/quantities.ts";
import { markdownTable } from "../markdown-table.ts";
import type { Comparison, VariantMeasure } from "./compare.ts";

/** One row for each way of having soft labels. */
export function markdown({ variants, teacherTop1 }: Comparison): string {
  const seeds = variants[0]?.seeds ?? 0;
  const header = [
    "soft labels",
    seeds === 1 ? "top-1" : `top-1, mean ± sd of ${seeds} seeds`,
    "labelling",
    seeds === 1 ? "training" : `training, ${seeds} seeds`,
    "both",
    "stored",
  ];
  const teacher = `teacher: ${(teacherTop1 * 100).toFixed(2)} %`;
  return [...markdownTable(header, variants.map(row)), "", teacher, ""].join("\n");
}

function row({ views, top1, labelMs, trainMs, storedBytes }: VariantMeasure): readonly string[] {
  const spread = top1.sd === null ? "" : ` ± ${(top1.sd * 100).toFixed(2)}`;
  return [
    views === "online" ? "online" : `${views} ${views === 1 ? "view" : "views"}`,
    `${(top1.mean * 100).toFixed(2)}${spread} %`,
    views === "online" ? "in the training" : formatDuration(labelMs),
    formatDuration(trainMs),
    formatDuration(labelMs + trainMs),
    storedBytes === 0 ? "–" : formatBytes(storedBytes),
  ];
}
