import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Dataset, JsonSchema, Model } from "../../core/index.ts";
import { defaultOptions } from "../../core/testing/index.ts";
import { yolo } from "../../plugins/data/yolo.ts";
import { buildDetector } from "../unit/networks/build-detector.ts";
import { writeBoxPhotos } from "./box-photos.ts";
import { storedModel } from "./export-bench.ts";
import { withFoundBoxes } from "./found-boxes.ts";
import type { Workbench } from "./stage-workbench.ts";

/** A small detector as a stage left it, and photos of which it finds half of what is said to be there. */
export async function untrainedDetector(
  workbench: Workbench,
  root: string,
): Promise<{ readonly detector: Model; readonly boxes: Dataset }> {
  await writeBoxPhotos(join(workbench.folder, "boxes"), 30);
  const wanted = { root: "boxes", imageSize: [32, 64], validation: 0.3, test: 0.2 };
  const schema = new URL("../../schemas/providers/data/yolo.schema.json", import.meta.url);
  const options = defaultOptions(JSON.parse(await readFile(schema, "utf8")) as JsonSchema, wanted);
  const data = await workbench.data(options, 7, yolo);
  const built = await buildDetector({
    options: { backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" }, neck: "pan-lite" },
    size: [32, 64],
    classes: 2,
    fit: data.imageSize.fit,
  });
  const model = (await built.deploy?.()) ?? built.model;
  const detector = await storedModel(root, { ...built, model }, data);
  return { detector, boxes: await withFoundBoxes(data, detector) };
}
