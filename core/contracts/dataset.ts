import type { View } from "./view.ts";

export type SplitName = "train" | "validation" | "test";

/** Keeps the sides' ratio; what is left of the canvas is filled. */
export interface Letterbox {
  /** Where the photo lies: in the middle (the spare pixel right and below), or in the corner. */
  readonly letterbox: "centre" | "top-left";
  /** Value of every channel where no photo is, 0 … 255. */
  readonly fill: number;
  /** Whether photos smaller than the canvas grow. */
  readonly enlarge: boolean;
  /** How the photo's fitted sides become whole pixels. */
  readonly rounding: "round" | "trunc";
}

/**
 * How a photo comes onto a canvas: with its sides stretched, with its centre as large as fits, or whole with its ratio
 * kept.
 */
export type Fit = "stretch" | "crop" | Letterbox;

/** The size at which somebody sees images. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** How photos of other sides are fitted; the data's own way unless whoever looks says one. */
  readonly fit?: Fit;
}

/** As pipelines write it: one side of a square, or `[height, width]`. */
export type SideLengths = number | readonly number[];

/** One part of a dataset. Pixels stay at their original size until somebody renders them. */
export interface DatasetSplit {
  readonly name: SplitName;
  readonly count: number;
  /** What is known of the samples, in the form of the dataset's task: of `classification` the class of each, −1 where it has none. */
  readonly truth: unknown;
  /** Indices of the samples that have labels, where some have none. */
  readonly labelled?: readonly number[];
  /** SHA-256 of each record's content (pixels and truth), hex, `[count]`. */
  readonly digests: readonly string[];
  /**
   * Renders samples into `out`, uint8 `[indices.length, size.height, size.width, size.channels]`. Where `out` lies on a
   * `SharedArrayBuffer`, threads that render write straight into it. Several calls may be under way at once.
   *
   * The pixels of a view's partner and tiles come from the same split.
   *
   * @param views one view per index, or `undefined` for the plain images
   */
  render(
    indices: ArrayLike<number>,
    views: readonly View[] | undefined,
    size: ImageSize,
    out: Uint8Array,
  ): Promise<void>;
}

/** What a `data` stage gives. */
export interface Dataset {
  /** The id of a `tasks` provider. */
  readonly task: string;
  /** Empty where images have no labels and nobody said what classes they are of. */
  readonly classNames: readonly string[];
  /** True where no sample has a label: good for soft labels, refused by everything that needs true ones. */
  readonly unlabelled?: boolean;
  /** Size at which a network sees the images that names no size itself; where all are of one size, that size. */
  readonly imageSize: ImageSize;
  readonly splits: Readonly<Record<SplitName, DatasetSplit>>;
  /** SHA-256 over everything above: the dataset's own identity. */
  readonly digest: string;
  /** False when there is no augmentation: then every view of a sample is the plain image. */
  readonly augmented: boolean;
  /** True where views mix two samples ({@link View.mix}): each row then has a second label and a share. */
  readonly mixes?: boolean;
  /** Most photos that one view shows; 1, or 2 where views mix, unless given. */
  readonly photos?: number;
  /** Text that pins how views are made (augmentations and view seed); part of soft-label metadata and shard keys. */
  readonly viewSpec: string;
  /**
   * The seeded view of one sample: a pure function of the dataset's seed, the record's content and the view number; of
   * a view that mixes, the partner is one of the sample too, among the records of the split.
   *
   * @param without names of augmentations that are left out, as a training's `lastEpochs` says
   */
  view(split: SplitName, index: number, view: number, without?: readonly string[]): View;
  /** Ends threads and closes files; the dataset gives no more pixels. Whoever opened it calls this. */
  close?(): Promise<void>;
}
