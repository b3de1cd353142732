import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Answers, Outputs, Tf } from "../../../core/index.ts";
import { cellsKind } from "../../tasks/detection/names.ts";
import { decodeCells, decodedAnswers } from "./decode-boxes.ts";

/** The pass that an export holds, and what the trained model's answers become in it. */
export interface ExportedPass {
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  readonly expected: (answers: Answers, count: number) => Answers;
  readonly isDetector: boolean;
  readonly isDecoded: boolean;
}

/** A model's pass with its outputs by name, and with its boxes decoded where that is wanted. */
export function exportedPass(
  tf: Tf,
  model: LayersModel,
  outputs: Outputs,
  boxes: "raw" | "decoded" | "nms",
): ExportedPass {
  const names = Object.keys(outputs);
  const isDetector = Object.values(outputs).some(({ kind }) => kind === cellsKind);
  const isDecoded = isDetector && boxes !== "raw";
  return {
    forward(pixels) {
      const given = [model.apply(pixels) as Tensor | Tensor[]].flat();
      const named = Object.fromEntries(given.map((tensor, place) => [names[place] ?? String(place), tensor]));
      return isDecoded ? decodeCells(tf, named, outputs) : named;
    },
    expected: (answers, count) => (isDecoded ? decodedAnswers(answers, outputs, count) : answers),
    isDetector,
    isDecoded,
  };
}
