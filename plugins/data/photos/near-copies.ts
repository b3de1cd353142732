import type { SplitName } from "../../../core/index.ts";
import type { PhotoSize } from "./decode-photo.ts";

/** Columns and rows of the small grey picture, whose neighbours in a row are compared: 8 × 8 bits. */
const columns = 9;
const rows = 8;
/** Grey levels by which neighbours differ at least where there is something to see. */
const visible = 2;
/** Of the 64 comparisons as many must be visible: plain pictures are all alike and are told nothing of. */
const leastStructure = 16;
/** Bits by which near copies differ at most; one less than there are words, so that one word at least is equal. */
const mostBits = 3;
const words = 4;
/** Photos that share a word and are looked at: a bound on the work, not on what is usual. */
const mostShared = 1024;

/** What a photo looks like: four words of 16 bits. */
export type PhotoHash = readonly number[];

/**
 * A difference hash: whether each cell of a 9 × 8 grey picture is darker than its right neighbour. Other sizes,
 * qualities and small shifts of colour change a few bits.
 *
 * @param pixels uint8 `[height, width, 3]` of the whole photo, small
 * @returns `undefined` for pictures without enough structure
 */
export function photoHash(pixels: Uint8Array, { width, height }: PhotoSize): PhotoHash | undefined {
  const cells = greyCells(pixels, { width, height });
  const hash = new Array<number>(words).fill(0);
  let seen = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const rise = (cells[row * columns + column + 1] ?? 0) - (cells[row * columns + column] ?? 0);
      if (Math.abs(rise) >= visible) seen++;
      const bit = row * (columns - 1) + column;
      if (rise > 0) hash[bit >> 4] = (hash[bit >> 4] ?? 0) | (1 << (bit & 15));
    }
  }
  return seen < leastStructure ? undefined : hash;
}

/** Means of the cells; where the picture has fewer pixels than cells, several show the same one. */
function greyCells(pixels: Uint8Array, { width, height }: PhotoSize): Float64Array {
  const cells = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const [top, bottom] = span(row, rows, height);
    for (let column = 0; column < columns; column++) {
      const [left, right] = span(column, columns, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) {
          const at = (y * width + x) * 3;
          // Rec. 601
          sum += 0.299 * (pixels[at] ?? 0) + 0.587 * (pixels[at + 1] ?? 0) + 0.114 * (pixels[at + 2] ?? 0);
        }
      }
      cells[row * columns + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return cells;
}

function span(cell: number, cells: number, length: number): [from: number, to: number] {
  const from = Math.min(length - 1, Math.floor((cell * length) / cells));
  return [from, Math.max(from + 1, Math.floor(((cell + 1) * length) / cells))];
}

/** A photo, what it looks like and where it stands. */
export interface SeenPhoto {
  readonly path: string;
  /** SHA-256 of the file, hex, where equal files are told of elsewhere. */
  readonly content?: string;
  readonly split: SplitName;
  readonly hash: PhotoHash | undefined;
}

/** Photos of a split that look like photos of a split before it, each with the first of these. */
export interface NearCopies {
  readonly count: number;
  /** Up to three. */
  readonly pairs: readonly (readonly [photo: string, like: string])[];
}

const namedPairs = 3;
const order: readonly SplitName[] = ["train", "validation", "test"];

/**
 * Finds photos whose near copies stand in another split. Each photo is compared with those that share one of its four
 * words, at most 4 × 1024 of them.
 */
export function nearCopies(photos: readonly SeenPhoto[]): NearCopies {
  const byWord = new Map<number, SeenPhoto[]>();
  const pairs: (readonly [string, string])[] = [];
  let count = 0;
  for (const split of order) {
    const own = photos.filter((photo) => photo.split === split && photo.hash !== undefined);
    for (const photo of own) {
      const like = likeOf(photo, byWord);
      if (like === undefined) continue;
      count++;
      if (pairs.length < namedPairs) pairs.push([photo.path, like.path]);
    }
    for (const photo of own) {
      for (const [place, word] of (photo.hash ?? []).entries()) {
        const key = place * 2 ** 16 + word;
        const shared = byWord.get(key) ?? [];
        if (shared.length < mostShared) shared.push(photo);
        byWord.set(key, shared);
      }
    }
  }
  return { count, pairs };
}

function likeOf(
  { hash = [], content }: SeenPhoto,
  byWord: ReadonlyMap<number, readonly SeenPhoto[]>,
): SeenPhoto | undefined {
  for (const [place, word] of hash.entries()) {
    const shared = byWord.get(place * 2 ** 16 + word) ?? [];
    const like = shared.find(
      (other) => bitsApart(hash, other.hash ?? []) <= mostBits && (content === undefined || other.content !== content),
    );
    if (like !== undefined) return like;
  }
  return undefined;
}

function bitsApart(one: PhotoHash, other: PhotoHash): number {
  let bits = 0;
  for (let place = 0; place < words; place++) {
    for (let rest = (one[place] ?? 0) ^ (other[place] ?? 0); rest !== 0; rest &= rest - 1) bits++;
  }
  return bits;
}

/** What is said of near copies; `undefined` where there are none. */
export function nearCopyWords(photos: readonly SeenPhoto[], advice: string): string | undefined {
  const { count, pairs } = nearCopies(photos);
  if (count === 0) return undefined;
  const named = pairs.map(([photo, like]) => `"${photo}" like "${like}"`).join("; ");
  const what = count === 1 ? "1 photo looks" : `${count} photos look`;
  return `${what} nearly like one of another split, so that scores are too good: ${named}${count > pairs.length ? "; …" : ""}; ${advice}`;
}
