import type { StageTaps } from "../run/list-taps.ts";
import { textTable } from "./text-table.ts";

/** Each stage with a line for each of its taps: name, shape, stride. */
export function formatTaps(stages: readonly StageTaps[]): readonly string[] {
  const rows = stages.flatMap(({ stage, kind, taps }): string[][] => {
    const head = [kind === "train" ? `${stage} (student)` : stage];
    if (taps === undefined) return [[...head, "its taps are known when its data are read"]];
    if (taps.length === 0) return [[...head, "no taps: name some by its option `taps`"]];
    return taps.map(({ name, shape, stride }, index) => [
      ...(index === 0 ? head : [""]),
      name,
      shape?.join("×") ?? "measured when it runs",
      stride === undefined || stride === 0 ? "" : `stride ${stride}`,
    ]);
  });
  return textTable(rows);
}
