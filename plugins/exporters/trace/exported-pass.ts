import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import type { Answers, Outputs, Tf } from "../../../core/index.ts";
import { cellsKind } from "../../tasks/detection/names.ts";
import { expectedProbabilities, withProbabilities } from "./class-probabilities.ts";
import { decodeCells, decodedAnswers } from "./decode-boxes.ts";

/** The pass that an export holds, and what the trained model's answers become in it. */
export interface ExportedPass {
  readonly forward: (pixels: Tensor) => Readonly<Record<string, Tensor>>;
  readonly expected: (answers: Answers, count: number) => Answers;
  readonly isDetector: boolean;
  readonly isDecoded: boolean;
}

/**
 * A model's pass with its outputs by name, with its boxes decoded where that is wanted, and with a classifier's
 * probabilities at `temperature` beside its logits where there is one.
 */
export function exportedPass(
  tf: Tf,
  model: LayersModel,
  outputs: Outputs,
  { boxes, temperature }: { readonly boxes: "raw" | "decoded" | "nms"; readonly temperature?: number | undefined },
): ExportedPass {
  const names = Object.keys(outputs);
  const isDetector = Object.values(outputs).some(({ kind }) => kind === cellsKind);
  const isDecoded = isDetector && boxes !== "raw";
  return {
    forward(pixels) {
      const given = [model.apply(pixels) as Tensor | Tensor[]].flat();
      const named = Object.fromEntries(given.map((tensor, place) => [names[place] ?? String(place), tensor]));
      if (isDecoded) return decodeCells(tf, named, outputs);
      return temperature === undefined ? named : withProbabilities(tf, named, outputs, temperature);
    },
    expected(answers, count) {
      if (isDecoded) return decodedAnswers(answers, outputs, count);
      return temperature === undefined ? answers : expectedProbabilities(answers, outputs, temperature);
    },
    isDetector,
    isDecoded,
  };
}
