import { join } from "node:path";
import type { LabelFormat, NamedPhoto } from "./label-files.ts";
import type { LabelBox } from "./photo-labels.ts";

const fileName = "instances_train.json";

/** Corners are told to this many parts of a pixel, outwards, so that no box becomes empty. */
const parts = 100;

/** COCO's instances JSON: one file, boxes to 0.01 pixels, scores as `score` of annotations. */
export const cocoFiles: LabelFormat = {
  problems: async () => () => undefined,
  write({ photos, classNames, photoRoot, folder }) {
    const images = photos.map(({ name, width, height }, at) => ({ id: at + 1, file_name: name, width, height }));
    const annotations = photos
      .flatMap((photo, at) => photo.boxes.map((box) => ({ image_id: at + 1, ...annotationOf(box, photo) })))
      .map((annotation, at) => ({ id: at + 1, ...annotation }));
    const categories = classNames.map((name, id) => ({ id: id + 1, name }));
    return {
      files: new Map([[fileName, `${JSON.stringify({ images, annotations, categories }, undefined, 1)}\n`]]),
      data: { use: "coco", root: photoRoot, photos: ".", train: join(folder, fileName) },
    };
  },
};

function annotationOf({ corners, class: id, score }: LabelBox, { width, height }: NamedPhoto): object {
  const [left, top] = [Math.floor(corners[0] * parts), Math.floor(corners[1] * parts)];
  const right = Math.min(Math.ceil(corners[2] * parts), width * parts);
  const bottom = Math.min(Math.ceil(corners[3] * parts), height * parts);
  const [wide, high] = [right - left, bottom - top];
  return {
    category_id: id + 1,
    bbox: [left, top, wide, high].map((side) => side / parts),
    area: (wide * high) / parts ** 2,
    iscrowd: 0,
    score: Number(score.toFixed(4)),
  };
}
