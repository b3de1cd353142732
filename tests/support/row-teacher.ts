import { createHash } from "node:crypto";
import type { ImageSize, Teacher } from "../../core/index.ts";
import { createRng } from "../../core/tensors/rng.ts";
import type { DetectionRows } from "../../plugins/tasks/detection/decoders/detection-rows.ts";
import { detectionId } from "../../plugins/tasks/detection/names.ts";
import { writeTopRows } from "../../plugins/teachers/detector/top-rows.ts";

/** A detector that counts the photos it was asked about. */
export interface RowTeacher extends Teacher {
  images: number;
}

export interface RowTeacherOptions {
  readonly imageSize?: ImageSize;
  readonly classNames?: readonly string[];
  readonly rows?: number;
  readonly top?: number;
  readonly objectness?: boolean;
  /** Called before each batch with the photos labelled so far. */
  readonly before?: (images: number) => void;
}

const canvas: ImageSize = {
  height: 64,
  width: 64,
  channels: 3,
  fit: { letterbox: "centre", fill: 114, enlarge: true, rounding: "round" },
};

/** Rows that a photo's pixels decide: many boxes here and there, sure and unsure ones, on the canvas of the teacher. */
export function drawnRows(
  pixels: Uint8Array,
  { height, width }: ImageSize,
  classCount: number,
  count: number,
  hasObjectness: boolean,
): DetectionRows {
  const rng = createRng(
    pixels.reduce((sum, value, at) => (sum + value * (1 + (at % 251))) % 1_000_003, 0),
    "rows",
  );
  const corners = new Float64Array(count * 4);
  for (let row = 0; row < count; row++) {
    const [x, y] = [rng.uniform() * width, rng.uniform() * height];
    const [w, h] = [(0.05 + rng.uniform() * 0.4) * width, (0.05 + rng.uniform() * 0.4) * height];
    corners.set([x - w / 2, y - h / 2, x + w / 2, y + h / 2], row * 4);
  }
  const objectness = Float32Array.from({ length: count }, () => 3 * rng.normal() - 2);
  const classes = Float32Array.from({ length: count * classCount }, () => 2 * rng.normal());
  if (!hasObjectness) {
    for (let row = 0; row < count; row++)
      objectness[row] = Math.max(...classes.subarray(row * classCount, (row + 1) * classCount));
  }
  return { corners, objectness, classes, classCount, hasObjectness };
}

/** A real, tiny teacher whose rows are a fixed function of what it sees. */
export function rowTeacher(options: RowTeacherOptions = {}): RowTeacher {
  const { imageSize = canvas, classNames = ["ship", "tree"], rows = 40, objectness = true } = options;
  const top = options.top ?? rows;
  const width = 5 + classNames.length;
  const size = imageSize.height * imageSize.width * imageSize.channels;
  const teacher: RowTeacher = {
    images: 0,
    task: detectionId,
    classNames,
    outputs: { rows: { kind: "rows", shape: [top, width], ...(objectness ? {} : { objectness: false }) } },
    imageSize,
    digest: createHash("sha256")
      .update(JSON.stringify([imageSize, classNames, rows, top, objectness]))
      .digest("hex"),
    preprocessing: "pixels 0…255",
    async predict(pixels, count) {
      options.before?.(teacher.images);
      teacher.images += count;
      const out = new Float32Array(count * top * width);
      for (let image = 0; image < count; image++) {
        const own = drawnRows(
          pixels.subarray(image * size, (image + 1) * size),
          imageSize,
          classNames.length,
          rows,
          objectness,
        );
        writeTopRows(own, top, out.subarray(image * top * width, (image + 1) * top * width));
      }
      return { rows: out };
    },
    dispose: () => undefined,
  };
  return teacher;
}
