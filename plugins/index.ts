/** The built-in providers, by family; nothing is imported until a pipeline names it. */
import { readFile } from "node:fs/promises";
import {
  definePlugin,
  type FamilyName,
  type LazyProvider,
  type PhotoReader,
  type Plugin,
  type Provider,
  type RunRecord,
  type RunsDifference,
} from "../core/index.ts";
import type { FamilyUse } from "./conformance/uses/family-uses.ts";
import type { DescribedProvider } from "./report/providers/provider-text.ts";
import type { ScoredFiles } from "./tasks/detection/score-files.ts";
import type { ScoreProtocol } from "./tasks/detection/score-protocols.ts";

/** For data providers of other packages, whose pixels have to become those of the same views. */
export { renderView, type SourceImage } from "./data/rendering/render.ts";
/** For emitters of other packages, which write a network's kernels in formats of exports. */
export type { Emission } from "./exporters/onnx/emission.ts";
export {
  axesOf,
  type EmitterTable,
  inputOf,
  numberOf,
  numbersOf,
  type OnnxEmitter,
  outputOf,
  UnsupportedUse,
} from "./exporters/onnx/emitter.ts";
export type { FormatEmitters } from "./exporters/onnx/plugin-emitters.ts";
export type { GraphNode, GraphValue } from "./exporters/trace/traced-graph.ts";
export { scoreProtocols } from "./tasks/detection/score-protocols.ts";
/** For providers of other packages that read answers of teachers and soft labels. */
export { alignAnswers, answerRows, answersOf, rowWidth, widthOf } from "./tasks/outputs/answer-rows.ts";
/** For `kdflow run --overfit`. */
export { overfitArguments } from "./trainers/checks/overfit-arguments.ts";

/** The package's folder; compiled, this file lies one level deeper. */
const root = new URL(import.meta.url.endsWith(".ts") ? "../" : "../../", import.meta.url);

const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as { version: string };

function lazy(family: FamilyName, id: string, load: () => Promise<Provider>): LazyProvider {
  return { family, id, load };
}

const providers: readonly LazyProvider[] = [
  lazy("data", "mnist", async () => (await import("./data/mnist.ts")).mnist),
  lazy("data", "fashion-mnist", async () => (await import("./data/fashion-mnist.ts")).fashionMnist),
  lazy("data", "image-folder", async () => (await import("./data/image-folder.ts")).imageFolder),
  lazy("data", "images", async () => (await import("./data/images.ts")).images),
  lazy("data", "cifar", async () => (await import("./data/cifar.ts")).cifar),
  lazy("data", "voc", async () => (await import("./data/voc.ts")).voc),
  lazy("data", "coco", async () => (await import("./data/coco.ts")).coco),
  lazy("data", "yolo", async () => (await import("./data/yolo.ts")).yolo),
  lazy("data", "pseudo-labels", async () => (await import("./data/pseudo-labels.ts")).pseudoLabels),
  lazy("teacher", "train", async () => (await import("./teachers/train.ts")).train),
  { ...lazy("teacher", "onnx", async () => (await import("./teachers/onnx.ts")).onnx), hasRuntime: true },
  { ...lazy("teacher", "darknet", async () => (await import("./teachers/darknet.ts")).darknet), hasRuntime: true },
  lazy("teacher", "layers-model", async () => (await import("./teachers/layers-model.ts")).layersModel),
  lazy("teacher", "graph-model", async () => (await import("./teachers/graph-model.ts")).graphModel),
  lazy("teacher", "ensemble", async () => (await import("./teachers/ensemble.ts")).ensemble),
  lazy("softLabels", "logits", async () => (await import("./soft-labels/logits.ts")).logits),
  lazy("softLabels", "features", async () => (await import("./soft-labels/features.ts")).features),
  lazy("softLabels", "detections", async () => (await import("./soft-labels/detections.ts")).detections),
  lazy("softLabels", "online", async () => (await import("./soft-labels/online.ts")).online),
  lazy("softLabels", "import", async () => (await import("./soft-labels/import.ts")).importLabels),
  lazy(
    "softLabels",
    "import-detections",
    async () => (await import("./soft-labels/import-detections.ts")).importDetections,
  ),
  { ...lazy("loss", "sum", async () => (await import("./loss/sum.ts")).sum), isDefault: true },
  { ...lazy("train", "distill", async () => (await import("./trainers/distill.ts")).distill), isDefault: true },
  lazy("model", "layers-model", async () => (await import("./models/layers-model.ts")).layersModel),
  lazy(
    "model",
    "training-checkpoint",
    async () => (await import("./models/training-checkpoint.ts")).trainingCheckpoint,
  ),
  lazy("evaluate", "classification", async () => (await import("./evaluators/classification.ts")).classification),
  lazy("evaluate", "detection", async () => (await import("./evaluators/detection.ts")).detection),
  lazy("evaluate", "scores", async () => (await import("./evaluators/scores.ts")).scores),
  lazy("export", "layers-model", async () => (await import("./exporters/layers-model.ts")).layersModel),
  lazy("export", "graph-model", async () => (await import("./exporters/graph-model.ts")).graphModel),
  lazy("export", "saved-model", async () => (await import("./exporters/saved-model.ts")).savedModel),
  lazy("export", "tflite", async () => (await import("./exporters/tflite.ts")).tflite),
  { ...lazy("export", "onnx", async () => (await import("./exporters/onnx.ts")).onnx), hasRuntime: true },

  lazy("tasks", "detection", async () => (await import("./tasks/detection.ts")).detection),
  lazy("tasks", "classification", async () => (await import("./tasks/classification.ts")).classification),
  lazy("networks", "classifier", async () => (await import("./networks/classifier.ts")).classifier),
  lazy("networks", "yolo", async () => (await import("./networks/yolo.ts")).yolo),
  lazy("networks", "yolov7-tiny", async () => (await import("./networks/yolov7-tiny.ts")).yolov7Tiny),
  lazy("necks", "yolov7-tiny", async () => (await import("./necks/yolov7-tiny.ts")).yolov7Tiny),
  lazy("necks", "fpn", async () => (await import("./necks/fpn.ts")).fpn),
  lazy("necks", "pan-lite", async () => (await import("./necks/pan-lite.ts")).panLite),
  lazy("heads", "yolov7", async () => (await import("./heads/yolov7.ts")).yolov7),
  lazy("backbones", "resnet", async () => (await import("./backbones/resnet.ts")).resnet),
  lazy("backbones", "mobilenet-v1", async () => (await import("./backbones/mobilenet-v1.ts")).mobilenetV1),
  lazy("backbones", "mobilenet-v2", async () => (await import("./backbones/mobilenet-v2.ts")).mobilenetV2),
  lazy("backbones", "shufflenet-v2", async () => (await import("./backbones/shufflenet-v2.ts")).shufflenetV2),
  lazy(
    "backbones",
    "mobilenet-v3-small",
    async () => (await import("./backbones/mobilenet-v3-small.ts")).mobilenetV3Small,
  ),
  lazy(
    "backbones",
    "mobilenet-v3-large",
    async () => (await import("./backbones/mobilenet-v3-large.ts")).mobilenetV3Large,
  ),
  lazy(
    "backbones",
    "mobilenet-v4-conv-small",
    async () => (await import("./backbones/mobilenet-v4-conv-small.ts")).mobilenetV4ConvSmall,
  ),
  lazy("backbones", "shufflenet-v1", async () => (await import("./backbones/shufflenet-v1.ts")).shufflenetV1),
  lazy("backbones", "ghostnet", async () => (await import("./backbones/ghostnet.ts")).ghostnet),
  lazy(
    "backbones",
    "efficientnet-lite",
    async () => (await import("./backbones/efficientnet-lite.ts")).efficientnetLite,
  ),
  lazy("backbones", "mobileone-s0", async () => (await import("./backbones/mobileone-s0.ts")).mobileoneS0),
  lazy("backbones", "wide-resnet", async () => (await import("./backbones/wide-resnet.ts")).wideResnet),
  lazy("backbones", "vgg", async () => (await import("./backbones/vgg.ts")).vgg),
  lazy("backbones", "darknet53", async () => (await import("./backbones/darknet53.ts")).darknet53),

  lazy("adapters", "conv1x1", async () => (await import("./adapters/conv1x1.ts")).conv1x1),
  lazy("adapters", "conv3x3", async () => (await import("./adapters/conv3x3.ts")).conv3x3),
  lazy("adapters", "projector", async () => (await import("./adapters/projector.ts")).projector),
  lazy("adapters", "resize", async () => (await import("./adapters/resize.ts")).resize),
  lazy("losses", "cross-entropy", async () => (await import("./losses/cross-entropy.ts")).crossEntropy),
  lazy("losses", "yolov7", async () => (await import("./losses/yolov7.ts")).yolov7),
  lazy("losses", "box-soft", async () => (await import("./losses/box-soft.ts")).boxSoft),
  lazy("losses", "kd-qfl", async () => (await import("./losses/kd-qfl.ts")).kdQfl),
  lazy("losses", "score-l2", async () => (await import("./losses/score-l2.ts")).scoreL2),
  lazy("losses", "objectness-scaled", async () => (await import("./losses/objectness-scaled.ts")).objectnessScaled),
  lazy("losses", "kd", async () => (await import("./losses/kd.ts")).kd),
  lazy("losses", "dkd", async () => (await import("./losses/dkd.ts")).dkd),
  lazy("losses", "dist", async () => (await import("./losses/dist.ts")).dist),
  lazy("losses", "nkd", async () => (await import("./losses/nkd.ts")).nkd),
  lazy("losses", "wsld", async () => (await import("./losses/wsld.ts")).wsld),
  lazy(
    "losses",
    "logit-standardization",
    async () => (await import("./losses/logit-standardization.ts")).logitStandardization,
  ),
  lazy("losses", "soft-target-bce", async () => (await import("./losses/soft-target-bce.ts")).softTargetBce),
  lazy("losses", "deit-hard", async () => (await import("./losses/deit-hard.ts")).deitHard),
  lazy("losses", "focal", async () => (await import("./losses/focal.ts")).focal),
  lazy("losses", "hint", async () => (await import("./losses/hint.ts")).hint),
  lazy("losses", "attention-transfer", async () => (await import("./losses/attention-transfer.ts")).attentionTransfer),
  lazy(
    "losses",
    "similarity-preserving",
    async () => (await import("./losses/similarity-preserving.ts")).similarityPreserving,
  ),
  lazy("losses", "rkd", async () => (await import("./losses/rkd.ts")).rkd),
  lazy("losses", "pkt", async () => (await import("./losses/pkt.ts")).pkt),
  lazy("losses", "crd", async () => (await import("./losses/crd.ts")).crd),
  lazy("losses", "cwd", async () => (await import("./losses/cwd.ts")).cwd),
  lazy("losses", "mgd", async () => (await import("./losses/mgd.ts")).mgd),
  lazy("losses", "fgd", async () => (await import("./losses/fgd.ts")).fgd),
  lazy("losses", "pkd", async () => (await import("./losses/pkd.ts")).pkd),
  lazy("losses", "cosine", async () => (await import("./losses/cosine.ts")).cosine),
  lazy("losses", "hcl", async () => (await import("./losses/hcl.ts")).hcl),
  lazy("losses", "nst", async () => (await import("./losses/nst.ts")).nst),
  lazy(
    "losses",
    "correlation-congruence",
    async () => (await import("./losses/correlation-congruence.ts")).correlationCongruence,
  ),
  lazy("losses", "fsp", async () => (await import("./losses/fsp.ts")).fsp),
  lazy("losses", "review-kd", async () => (await import("./losses/review-kd.ts")).reviewKd),
  lazy("losses", "vid", async () => (await import("./losses/vid.ts")).vid),
  lazy(
    "losses",
    "activation-boundary",
    async () => (await import("./losses/activation-boundary.ts")).activationBoundary,
  ),
  lazy("losses", "factor-transfer", async () => (await import("./losses/factor-transfer.ts")).factorTransfer),

  lazy("augmentations", "shift-crop", async () => (await import("./augmentations/shift-crop.ts")).shiftCrop),
  lazy("augmentations", "flip", async () => (await import("./augmentations/flip.ts")).flip),
  lazy(
    "augmentations",
    "random-resized-crop",
    async () => (await import("./augmentations/random-resized-crop.ts")).randomResizedCrop,
  ),
  lazy("augmentations", "color-jitter", async () => (await import("./augmentations/color-jitter.ts")).colorJitter),
  lazy("augmentations", "cutout", async () => (await import("./augmentations/cutout.ts")).cutout),
  lazy("augmentations", "rand-augment", async () => (await import("./augmentations/rand-augment.ts")).randAugment),
  lazy(
    "augmentations",
    "scale-translate",
    async () => (await import("./augmentations/scale-translate.ts")).scaleTranslate,
  ),
  lazy("augmentations", "mosaic", async () => (await import("./augmentations/mosaic.ts")).mosaic),
  lazy("augmentations", "hsv-jitter", async () => (await import("./augmentations/hsv-jitter.ts")).hsvJitter),
  lazy("augmentations", "mixup", async () => (await import("./augmentations/mixup.ts")).mixup),
  lazy("augmentations", "cutmix", async () => (await import("./augmentations/cutmix.ts")).cutmix),

  lazy("optimizers", "sgd", async () => (await import("./optimizers/sgd.ts")).sgd),
  lazy("optimizers", "adam", async () => (await import("./optimizers/adam.ts")).adam),
  lazy("optimizers", "adamw", async () => (await import("./optimizers/adamw.ts")).adamw),
  lazy("schedules", "constant", async () => (await import("./schedules/constant.ts")).constant),
  lazy("schedules", "step", async () => (await import("./schedules/step.ts")).step),
  lazy("schedules", "cosine", async () => (await import("./schedules/cosine.ts")).cosine),
  lazy("schedules", "warm-up", async () => (await import("./schedules/warm-up.ts")).warmUp),

  lazy("backends", "tensorflow", async () => (await import("./backends/tensorflow.ts")).tensorflow),
  lazy("backends", "wasm", async () => (await import("./backends/wasm.ts")).wasm),
  lazy("backends", "cpu", async () => (await import("./backends/cpu.ts")).cpu),
];

/** How the test kit uses what a family's providers make; `undefined` for families that it only creates. */
export async function familyUse(family: FamilyName): Promise<FamilyUse | undefined> {
  const { familyUses } = await import("./conformance/uses/family-uses.ts");
  return familyUses[family];
}

/** Reads image files as `image-folder` does, for commands that work without a pipeline. Caller closes it. */
export async function openPhotoReader(): Promise<PhotoReader> {
  const { PhotoFileReader } = await import("./data/photos/photo-file-reader.ts");
  return new PhotoFileReader();
}

/** Providers as text: a line for each, or each in full. */
export async function providersText(
  registered: readonly DescribedProvider[],
  form: "list" | "full",
): Promise<readonly string[]> {
  const { formatProvider, formatProviders } = await import("./report/providers/provider-text.ts");
  if (form === "list") return formatProviders(registered);
  return registered.flatMap((each, index) => [...(index > 0 ? [""] : []), ...formatProvider(each)]);
}

/** What differs between two runs, as text. */
export async function runsDiffText(
  before: RunRecord,
  after: RunRecord,
  difference: RunsDifference,
): Promise<readonly string[]> {
  const { formatRunsDiff } = await import("./report/runs-diff/runs-diff-text.ts");
  return formatRunsDiff(before, after, difference);
}

/** Scores a file of detections, for commands that work without a pipeline. */
export async function scoreDetectionFiles(
  groundTruth: string,
  detections: string,
  protocol: ScoreProtocol,
): Promise<ScoredFiles> {
  const { scoreFiles } = await import("./tasks/detection/score-files.ts");
  return scoreFiles(groundTruth, detections, protocol);
}

/** Everything that comes with kdflow, as a plugin like any other. */
export const builtins: Plugin = definePlugin({
  name: "kdflow",
  version,
  kdflow: "^1",
  schemas: new URL("schemas/providers/", root),
  providers,
  report: async () => (await import("./report/html/report-page.ts")).reportPage,
});
