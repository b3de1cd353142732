import { stat } from "node:fs/promises";
import {
  type FoundPhotos,
  type ImageSize,
  type PhotoFit,
  type PhotoReader,
  plainView,
  type ReadPhoto,
  type SheetEntry,
} from "../../../core/index.ts";
import { writeContactSheet } from "./contact-sheet.ts";
import type { PhotoSize } from "./decode-photo.ts";
import { knownImages, photosUnder } from "./photo-entries.ts";
import { frameOf } from "./photo-frame.ts";
import type { RenderItem } from "./photo-messages.ts";
import { PhotoPool } from "./photo-pool.ts";

/** Image files decoded and fitted by the threads that serve data sets of photos, each file by itself. */
export class PhotoFileReader implements PhotoReader {
  readonly #pool = new PhotoPool();

  async find(path: string): Promise<FoundPhotos> {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return { reason: "there is no such file or folder" };
    if (!found.isDirectory()) return { paths: [path] };
    const paths = await photosUnder(path);
    return paths.length > 0 ? { paths } : { reason: `the folder has no images: looked for ${knownImages}` };
  }

  async read(paths: readonly string[], size: ImageSize, fit: PhotoFit): Promise<readonly ReadPhoto[]> {
    const checked = await this.#pool.check(paths);
    const good = checked.flatMap((found, at) => ("reason" in found ? [] : [{ path: paths[at] ?? "", ...found }]));
    const bytes = size.height * size.width * 3;
    const shared = new SharedArrayBuffer(good.length * bytes);
    const items = good.map(
      (source, at): RenderItem =>
        size.fit === undefined
          ? { sources: [source], view: viewOf(source, fit, size), at: at * bytes }
          : { sources: [source], view: plainView, fit: size.fit, at: at * bytes },
    );
    if (items.length > 0) await this.#pool.render(items, { ...size, channels: 3 }, shared);
    let place = 0;
    return checked.map((found) => {
      if ("reason" in found) return found;
      const pixels = new Uint8Array(shared, bytes * place++, bytes);
      const original = { height: found.height, width: found.width, channels: size.channels };
      return { pixels: size.channels === 1 ? lumaOf(pixels) : pixels, original };
    });
  }

  writeSheet(file: string, entries: readonly SheetEntry[]): Promise<readonly string[]> {
    return writeContactSheet(file, entries);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function viewOf(photo: PhotoSize, fit: PhotoFit, size: ImageSize): RenderItem["view"] {
  return frameOf(photo, fit, size).plain;
}

/** Luma of ITU-R BT.601; a grey pixel keeps its value. */
function lumaOf(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.length / 3 }, (_, at) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(at * 3, at * 3 + 3);
    return Math.round((299 * red + 587 * green + 114 * blue) / 1000);
  });
}
