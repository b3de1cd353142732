import type { SymbolicTensor } from "@tensorflow/tfjs";
import {
  type Activate,
  type Backbone,
  type BuiltNetwork,
  type Head,
  KdflowError,
  type Neck,
  type NetworkRequest,
  type OutputSpec,
  type PyramidLevel,
  type Tap,
  type Tf,
} from "../../../core/index.ts";
import { cellsKind } from "../../tasks/detection/names.ts";
import { checkedBackbone } from "../building/checked-backbone.ts";
import { setInitialWeights } from "../building/initial-weights.ts";
import { normalizePixels } from "../building/normalize-pixels.ts";
import type { StartingWeights } from "../weights/open-weights.ts";
import { type StartPlace, startFromWeights } from "../weights/start-from-weights.ts";
import type { Anchors } from "./default-anchors.ts";
import { bestPossibleRecall } from "./fit-anchors.ts";
import { levelNames, strideOf } from "./levels.ts";
import { pyramidOf } from "./pyramid-of.ts";
import { shapeNote } from "./shape-note.ts";
import { emptyByName, readByName, writeByName } from "./weights-by-name.ts";

/** Below this share of reachable boxes anchors are warned of. */
const leastRecall = 0.98;

export interface DetectorParts {
  readonly name: string;
  readonly backbone: Backbone;
  readonly neck: Neck;
  readonly head: Head;
  readonly activate: Activate;
  readonly anchors: Anchors;
  readonly weights: StartingWeights;
  readonly place: StartPlace;
}

/**
 * Builds a detector on pixels `[batch, height, width, channels]` of 0…255: scaling, backbone, neck, head.
 *
 * @throws KDF_PLAN_OPTIONS for sides that are no multiples of 32, or a backbone without the strides
 */
export function buildDetector(tf: Tf, parts: DetectorParts, request: NetworkRequest): BuiltNetwork {
  const built = assemble(tf, parts, parts.head.build, request);
  const { head, anchors } = parts;
  const shape = { classes: request.classes, anchors: anchors.p3.length };
  setInitialWeights(tf, built.model, request.rng);
  const start = head.initialWeights?.({ ...shape, rng: request.rng }, emptyByName(built.model));
  if (start !== undefined) writeByName(tf, built.model, start, false);
  const { deployed } = head;
  const notes = [
    ...startFromWeights(tf, built.model, parts.weights, parts.place),
    ...anchorNotes(request, anchors),
    { message: shapeNote(built.model, built.outputs, built.taps), isWarning: false },
  ];
  if (deployed === undefined) return { ...built, notes };
  return {
    ...built,
    notes,
    async deploy() {
      const { model } = assemble(tf, parts, deployed.build, request);
      const trained = await readByName(built.model);
      writeByName(tf, model, new Map([...trained, ...deployed.fuse(trained)]), true);
      return model;
    },
  };
}

function assemble(
  tf: Tf,
  { name, backbone, neck, activate, anchors, place }: DetectorParts,
  build: Head["build"],
  { imageSize: { height, width, channels }, classes }: NetworkRequest,
): BuiltNetwork {
  checkSides(height, width);
  const pixels = tf.input({ shape: [height, width, channels], name: "pixels" });
  const scaled = normalizePixels(tf, pixels, place.normalize);
  const { taps, output } = checkedBackbone(backbone.name, backbone.build(scaled));
  const mixed = neck.build(pyramidOf(backbone.name, taps), activate);
  const cells = build(mixed, { classes, anchors: anchors.p3.length });
  const model = tf.model({ name, inputs: pixels, outputs: levelNames.map((level) => cells[level]) });
  const outputs = levelNames.map((level): [string, OutputSpec] => {
    const [, rows = 0, columns = 0, numbers = 0] = cells[level].shape.map((length) => length ?? 0);
    const spec = { kind: cellsKind, shape: [rows, columns, numbers], stride: strideOf[level], anchors: anchors[level] };
    return [level, spec];
  });
  const used = new Set(model.layers.map((layer) => layer.name));
  disposeOutside(new Set(used), output);
  const ofBackbone = Object.entries(taps).filter(([, { tensor }]) => used.has(tensor.sourceLayer.name));
  const tapOf = (level: PyramidLevel): Tap => {
    return { tensor: mixed[level], channels: mixed[level].shape[3] ?? 0, stride: strideOf[level] };
  };
  return {
    model,
    outputs: Object.fromEntries(outputs),
    taps: {
      ...Object.fromEntries(ofBackbone),
      ...Object.fromEntries(levelNames.map((level) => [level, tapOf(level)])),
    },
  };
}

/**
 * Frees the layers that lead to a tensor and are not in the model, which does not free them: a backbone's last ones.
 *
 * @param kept names of layers that stay, and of those that are freed already: paths meet again behind an activation that
 *   multiplies
 */
function disposeOutside(kept: Set<string>, { sourceLayer, inputs }: SymbolicTensor): void {
  if (kept.has(sourceLayer.name)) return;
  kept.add(sourceLayer.name);
  sourceLayer.dispose();
  for (const input of inputs) disposeOutside(kept, input);
}

function anchorNotes(request: NetworkRequest, anchors: Anchors): NonNullable<BuiltNetwork["notes"]> {
  if (request.truth === undefined) return [];
  const words = levelNames.map((level) => `${level} ${anchors[level].map(([w, h]) => `${w},${h}`).join(" ")}`);
  const recall = bestPossibleRecall(request, Object.values(anchors).flat());
  const share = `${(100 * recall).toFixed(1)} % of the training boxes have an anchor of like size`;
  const isWarning = recall < leastRecall;
  const advice = isWarning ? ": the others are never learned; take `anchors: auto`, or a larger `imageSize`" : "";
  return [{ message: `anchors ${words.join(", ")}: ${share}${advice}`, isWarning }];
}

function checkSides(height: number, width: number): void {
  const odd = [height, width].find((side) => side % strideOf.p5 !== 0 || side === 0);
  if (odd === undefined) return;
  const near = Math.max(1, Math.round(odd / strideOf.p5)) * strideOf.p5;
  throw new KdflowError("KDF_PLAN_OPTIONS", `a detector sees images whose sides are multiples of 32, not ${odd}`, {
    hint: `\`imageSize: ${near}\``,
    option: "/imageSize",
  });
}
