/** kdflow's side of the bench: a detector, and a training step of it as `train: distill` makes it. */

import type { Backend, BuiltNetwork, ProviderUse } from "../../../core/index.ts";
import { packBoxes } from "../../../plugins/tasks/detection/boxes.ts";
import { detection } from "../../../plugins/tasks/detection.ts";
import { createContext } from "../step/components.ts";
import { type KdflowTraining, trainingOf } from "../step/kdflow-training.ts";
import { type BenchDetector, type DetectorBatch, type DetectorSetup, training } from "./detector-setup.ts";

/** The network with its seeded weights; caller disposes the model. */
export async function buildDetector(backend: Backend, bench: BenchDetector): Promise<BuiltNetwork> {
  const context = await createContext(backend, []);
  const network = await context.provider("networks", detectorOf(bench));
  const imageSize = { height: bench.side, width: bench.side, channels: 3 };
  return network.build({ imageSize, classes: training.classes, rng: context.rng("weights") });
}

/** @param example what the step is captured with */
export async function createDetectorTraining(
  backend: Backend,
  setup: DetectorSetup,
  example: DetectorBatch,
): Promise<KdflowTraining<DetectorBatch>> {
  const { learningRate, momentum, weightDecay, assign, gains, batchSize } = setup;
  const context = await createContext(backend, ["yolov7"]);
  const options = { assign, rescale: false, ...gains };
  const components = {
    context,
    network: await context.provider("networks", detectorOf(setup)),
    objective: await context.provider("loss", { use: "sum", yolov7: { use: "yolov7", weight: 1, options } }),
    optimizer: await context.provider("optimizers", {
      use: "sgd",
      learningRate,
      momentum,
      nesterov: true,
      weightDecay,
    }),
    schedule: await context.provider("schedules", { use: "constant" }),
  };
  return trainingOf({
    backend,
    components,
    source: sourceOf(setup),
    batchSize,
    example,
    trainBatch: (inputs) => ({ size: batchSize, indices: new Int32Array(batchSize), inputs: { ...inputs } }),
  });
}

function detectorOf({ backbone, neckWidth, side }: BenchDetector): ProviderUse {
  return {
    use: "yolo",
    imageSize: side,
    backbone,
    neck: { use: "yolov7-tiny", width: neckWidth },
    head: { use: "yolov7" },
    activation: "leaky",
    anchors: "default",
    normalize: "unit",
  };
}

/** Data of which only the sizes count: as many boxes as an image of the bench has at most. */
function sourceOf({ side, classes, mostBoxes }: DetectorSetup) {
  const classNames = Array.from({ length: classes }, (_, id) => String(id));
  const images = [Array.from({ length: mostBoxes }, () => ({ corners: [0, 0, 32, 32] as const, class: 0 }))];
  const truth = { boxes: packBoxes(images), sizes: Int32Array.of(side, side) };
  return {
    dataset: { classNames, splits: { train: { truth } } },
    task: detection.task,
    inputSize: { height: side, width: side, channels: 3 },
  };
}
