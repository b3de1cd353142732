import sharp from "sharp";
import type { Answers, DatasetSplit, ImageSize } from "../../../core/index.ts";
import { classLabels } from "../../tasks/classification/class-labels.ts";
import { renderPlain } from "./contestant.ts";

/** Pictures of each group, and the longest side of one in pixels. */
const mostPictures = 4;
const longestSide = 64;

/** One image of the scored split with what a classifier made of it. */
export interface ShownPicture {
  readonly group: "right" | "wrong" | "worst";
  /** Index in the split. */
  readonly image: number;
  readonly truth: string;
  readonly answer: string;
  /** Probability of the answer, and of the truth. */
  readonly sure: number;
  readonly ofTruth: number;
  /** A small PNG in base64. */
  readonly png: string;
}

type Seen = Omit<ShownPicture, "group" | "png">;

/** Chooses images to show while a classifier is scored: the first that are right and wrong, and the worst mistakes. */
export class PictureChoice {
  readonly #split: DatasetSplit;
  readonly #classNames: readonly string[];
  readonly #right: Seen[] = [];
  readonly #wrong: Seen[] = [];

  constructor(split: DatasetSplit, classNames: readonly string[]) {
    this.#split = split;
    this.#classNames = classNames;
  }

  /** @param answers `logits` `[indices.length, classes]` */
  add({ logits = new Float32Array() }: Answers, indices: Int32Array): void {
    const labels = classLabels(this.#split);
    const classes = this.#classNames.length;
    for (const [place, image] of indices.entries()) {
      const row = logits.subarray(place * classes, (place + 1) * classes);
      const label = labels[image] ?? -1;
      const largest = Math.max(...row);
      const answer = row.indexOf(largest);
      if (answer < 0 || label < 0) continue;
      if (answer === label && this.#right.length >= mostPictures) continue;
      const sum = row.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      const ofTruth = Math.exp((row[label] ?? Number.NaN) - largest) / sum;
      const named = { truth: this.#classNames[label] ?? "", answer: this.#classNames[answer] ?? "" };
      (answer === label ? this.#right : this.#wrong).push({ image, ...named, sure: 1 / sum, ofTruth });
    }
  }

  /** @param size at which the classifier saw the images */
  async draw(size: ImageSize): Promise<readonly ShownPicture[]> {
    const worst = [...this.#wrong].sort((a, b) => a.ofTruth - b.ofTruth || a.image - b.image).slice(0, mostPictures);
    const wrong = this.#wrong.filter((seen) => !worst.includes(seen)).slice(0, mostPictures);
    const pictures: ShownPicture[] = [];
    for (const [group, all] of [
      ["right", this.#right],
      ["wrong", wrong],
      ["worst", worst],
    ] as const) {
      for (const seen of all) pictures.push({ group, ...seen, png: await this.#png(seen.image, size) });
    }
    return pictures;
  }

  async #png(image: number, size: ImageSize): Promise<string> {
    const pixels = await renderPlain(this.#split, Int32Array.of(image), size);
    const { width, height } = size;
    const channels = size.channels === 1 ? 1 : 3;
    const bytes = await sharp(pixels, { raw: { width, height, channels } })
      .resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true })
      .png({ palette: true })
      .toBuffer();
    return bytes.toString("base64");
  }
}
