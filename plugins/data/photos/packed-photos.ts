import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError, type StageContext } from "../../../core/index.ts";
import { decoderName, type PhotoSize, type PhotoSource } from "./decode-photo.ts";
import type { PhotoPool } from "./photo-pool.ts";

/** Photos of one part; a killed run loses one part at most. */
const photosPerPart = 1024;
/** Bytes of decoded photos that are held at once while a part is written. */
const bytesAtOnce = 2 ** 25;
/** Shorter side of a packed photo, by the side that networks see: room for crops that are a little smaller than all. */
const packedShare = 1.15;
const partFormat = 1;
const pixelFile = "pixels.bin";

/** A photo to be packed. */
export interface PackablePhoto extends PhotoSize {
  readonly digest: string;
}

/** Size at which a photo is packed: its shorter side at most 1.15 × `imageSize`. */
export function packedSize({ width, height }: PhotoSize, imageSize: number): PhotoSize {
  const scale = Math.min(1, Math.ceil(packedShare * imageSize) / Math.min(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function packedBytes(size: PhotoSize): number {
  return size.width * size.height * 3;
}

function partsOf<T>(photos: readonly T[]): (readonly T[])[] {
  return Array.from({ length: Math.ceil(photos.length / photosPerPart) }, (_, part) =>
    photos.slice(part * photosPerPart, (part + 1) * photosPerPart),
  );
}

/**
 * Decodes photos once into files of plain pixels, `[height, width, 3]` one after the other, each file a part of its own.
 *
 * @param pathOf the file of a photo
 * @returns the parts' keys in order
 */
export async function packPhotos(
  photos: readonly PackablePhoto[],
  imageSize: number,
  pathOf: (digest: string) => string,
  pool: PhotoPool,
  context: Pick<StageContext, "parts" | "signal" | "progress">,
): Promise<string[]> {
  const keys: string[] = [];
  let done = 0;
  for (const some of partsOf(photos)) {
    context.signal.throwIfAborted();
    const key = context.parts.key(partIdentity(some, imageSize));
    await context.parts.commit(key, async (directory) => {
      const file = await open(join(directory, pixelFile), "w");
      try {
        for (const batch of batchesOf(some, imageSize)) {
          context.signal.throwIfAborted();
          const shared = new SharedArrayBuffer(batch.bytes);
          await pool.decode(
            batch.photos.map(({ photo, ...place }) => ({ ...place, path: pathOf(photo.digest) })),
            shared,
          );
          await file.writeFile(new Uint8Array(shared).slice());
        }
      } finally {
        await file.close();
      }
    });
    done += some.length;
    keys.push(key);
    context.progress({ unit: "images", label: "packing", done, total: photos.length });
  }
  return keys;
}

function partIdentity(photos: readonly PackablePhoto[], imageSize: number): Readonly<Record<string, unknown>> {
  const digest = createHash("sha256")
    .update(photos.map((photo) => photo.digest).join("\n"))
    .digest("hex");
  return { kind: "data/photos", format: partFormat, decoder: decoderName, imageSize, photos: digest };
}

interface PackBatch {
  readonly photos: readonly ({ readonly photo: PackablePhoto; readonly at: number } & PhotoSize)[];
  readonly bytes: number;
}

function* batchesOf(photos: readonly PackablePhoto[], imageSize: number): Generator<PackBatch> {
  let batch: PackBatch["photos"][number][] = [];
  let bytes = 0;
  for (const photo of photos) {
    const size = packedSize(photo, imageSize);
    if (bytes > 0 && bytes + packedBytes(size) > bytesAtOnce) {
      yield { photos: batch, bytes };
      [batch, bytes] = [[], 0];
    }
    batch.push({ photo, at: bytes, ...size });
    bytes += packedBytes(size);
  }
  if (batch.length > 0) yield { photos: batch, bytes };
}

/**
 * Where each packed photo lies.
 *
 * @throws KDF_STORE_DAMAGED where a part is not in the store
 */
export async function packedSources(
  photos: readonly PhotoSize[],
  imageSize: number,
  keys: readonly string[],
  { parts }: Pick<StageContext, "parts">,
): Promise<PhotoSource[]> {
  const sources: PhotoSource[] = [];
  for (const [part, some] of partsOf(photos).entries()) {
    const key = keys[part] ?? "";
    const folder = await parts.find(key);
    if (folder === undefined) {
      throw new KdflowError("KDF_STORE_DAMAGED", `packed images ${key.slice(0, 12)} are not in the store`, {
        hint: "run the data stage again with --force",
      });
    }
    let offset = 0;
    for (const photo of some) {
      const size = packedSize(photo, imageSize);
      sources.push({ ...size, path: join(folder, pixelFile), offset });
      offset += packedBytes(size);
    }
  }
  return sources;
}
