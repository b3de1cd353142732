import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImageSize, KdflowError, type SplitName } from "../../../core/index.ts";
import type { Box } from "../../tasks/detection/boxes.ts";
import { detectionId } from "../../tasks/detection/names.ts";
import type { BoxRecord } from "./box-records.ts";

/** What the artifact says beside its records. */
export interface BoxDatasetHead {
  readonly classNames: readonly string[];
  readonly imageSize: ImageSize;
  readonly augmented: boolean;
  readonly viewSpec: string;
  /** How pixels are read, in words that pin it. */
  readonly rendering: string;
}

interface BoxDatasetFile extends BoxDatasetHead {
  readonly format: 1;
  readonly task: string;
  readonly counts: Readonly<Record<SplitName, number>>;
  readonly digest: string;
}

const splitNames: readonly SplitName[] = ["train", "validation", "test"];

/** Bytes of a record: digest 32, content 32, then little endian split, width, height and boxes, 4 each. */
const headBytes = 80;
/** Bytes of a box: corners and area as float64, then class and flags, 4 each. */
const boxBytes = 48;

/** Writes `dataset.json` and `records.bin`, the records of each split one after the other. Paths are no part of it. */
export async function writeBoxArtifact(
  directory: string,
  head: BoxDatasetHead,
  records: readonly BoxRecord[],
): Promise<void> {
  const ordered = splitNames.flatMap((name) => records.filter(({ split }) => split === name));
  const bytes = encode(ordered);
  const counts = { train: 0, validation: 0, test: 0 };
  for (const { split } of records) counts[split] += 1;
  const { classNames, imageSize, rendering } = head;
  const identity = { task: detectionId, classNames, imageSize, counts, rendering };
  const digest = createHash("sha256").update(JSON.stringify(identity)).update(bytes).digest("hex");
  const file: BoxDatasetFile = { format: 1, ...identity, ...head, digest };
  await writeFile(join(directory, "records.bin"), bytes);
  await writeFile(join(directory, "dataset.json"), `${JSON.stringify(file, undefined, 2)}\n`);
}

/** @throws KDF_STORE_DAMAGED */
export async function readBoxArtifact(
  directory: string,
): Promise<{ readonly file: BoxDatasetFile; readonly records: readonly BoxRecord[] }> {
  const file = JSON.parse(await readFile(join(directory, "dataset.json"), "utf8")) as BoxDatasetFile;
  const path = join(directory, "records.bin");
  return { file, records: decode(await readFile(path), path) };
}

function encode(records: readonly BoxRecord[]): Buffer {
  const bytes = Buffer.alloc(records.reduce((sum, { boxes }) => sum + headBytes + boxes.length * boxBytes, 0));
  let at = 0;
  for (const { digest, content, split, width, height, boxes } of records) {
    bytes.write(digest, at, "hex");
    bytes.write(content, at + 32, "hex");
    [splitNames.indexOf(split), width, height, boxes.length].forEach((value, place) => {
      bytes.writeUInt32LE(value, at + 64 + place * 4);
    });
    at += headBytes;
    for (const { corners, class: id, area, flags = 0 } of boxes) {
      const [left, top, right, bottom] = corners;
      [...corners, area ?? (right - left) * (bottom - top)].forEach((value, place) => {
        bytes.writeDoubleLE(value, at + place * 8);
      });
      bytes.writeInt32LE(id, at + 40);
      bytes.writeUInt32LE(flags, at + 44);
      at += boxBytes;
    }
  }
  return bytes;
}

function decode(bytes: Buffer, path: string): BoxRecord[] {
  const records: BoxRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + headBytes > bytes.length) throw damaged(path);
    const [place = 0, width = 0, height = 0, count = 0] = [0, 1, 2, 3].map((n) => bytes.readUInt32LE(at + 64 + n * 4));
    const split = splitNames[place];
    const start = at + headBytes;
    if (split === undefined || start + count * boxBytes > bytes.length) throw damaged(path);
    const boxes = Array.from({ length: count }, (_, box) => decodeBox(bytes, start + box * boxBytes));
    const [digest, content] = [bytes.toString("hex", at, at + 32), bytes.toString("hex", at + 32, at + 64)];
    records.push({ split, width, height, digest, content, boxes });
    at = start + count * boxBytes;
  }
  return records;
}

function decodeBox(bytes: Buffer, at: number): Box {
  const [left = 0, top = 0, right = 0, bottom = 0, area = 0] = [0, 8, 16, 24, 32].map((n) =>
    bytes.readDoubleLE(at + n),
  );
  return {
    corners: [left, top, right, bottom],
    area,
    class: bytes.readInt32LE(at + 40),
    flags: bytes.readUInt32LE(at + 44),
  };
}

function damaged(path: string): KdflowError {
  return new KdflowError("KDF_STORE_DAMAGED", `"${path}" is cut or changed`, {
    hint: "kdflow cache verify sets it aside",
  });
}
