import type { Show } from "../contracts/task.ts";
import type { ImagePrediction } from "../predict/predict-images.ts";
import { textTable } from "./text-table.ts";

/** A line for each image that was predicted. */
export function formatPredictions(
  images: readonly ImagePrediction[],
  { columns, row }: Pick<Show<unknown>, "columns" | "row">,
): readonly string[] {
  const rows = images.flatMap((image) => ("reason" in image ? [] : [[image.file, ...row(image.prediction)]]));
  if (rows.length === 0) return [];
  const align = columns.map((column) => column.align ?? "left");
  return textTable([["file", ...columns.map(({ title }) => title)], ...rows], ["left", ...align]);
}
