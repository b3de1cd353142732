import type { ImagePrediction } from "../predict/predict-images.ts";
import { textTable } from "./text-table.ts";

/** `97.1 %`. */
export function shareText(probability: number): string {
  return `${(probability * 100).toFixed(1)} %`;
}

/** A line for each image that was predicted: its class with the probability, and those that come next. */
export function formatPredictions(predictions: readonly ImagePrediction[]): readonly string[] {
  const rows = predictions.flatMap((prediction) => {
    if ("reason" in prediction) return [];
    const [best, ...next] = prediction.top;
    if (best === undefined) return [];
    const others = next.map((other) => `${other.class} ${shareText(other.probability)}`);
    return [[prediction.file, best.class, shareText(best.probability), others.join(", ")]];
  });
  if (rows.length === 0) return [];
  return textTable([["file", "class", "probability", "next"], ...rows], ["left", "left", "right", "left"]);
}
