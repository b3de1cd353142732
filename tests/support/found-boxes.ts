import type { Dataset, Model } from "../../core/index.ts";
import { packBoxes } from "../../plugins/tasks/detection/boxes.ts";
import { detectionTruth } from "../../plugins/tasks/detection/detection-truth.ts";
import { findBoxes } from "../../plugins/tasks/detection/find-boxes.ts";
import { nmsDefaults } from "../../plugins/tasks/detection/nms.ts";
import { originalOf } from "../../plugins/tasks/detection/shown-photos.ts";
import { backend } from "../unit/networks/build-network.ts";

/** An untrained detector finds none of the boxes there are; those that it does find, every second one, are the truth. */
export async function withFoundBoxes(own: Dataset, { description, load }: Model): Promise<Dataset> {
  const { validation } = own.splits;
  const { height, width, channels } = own.imageSize;
  const pixels = new Uint8Array(validation.count * height * width * channels);
  const indices = Int32Array.from({ length: validation.count }, (_, place) => place);
  await validation.render(indices, undefined, own.imageSize, pixels);
  const predictor = await load(backend, { debug() {}, info() {}, warn() {} });
  const answers = await predictor.predict(pixels, validation.count);
  predictor.dispose();
  const { sizes } = detectionTruth(validation);
  const request = { ...nmsDefaults, ...description, multiLabel: true };
  const found = Array.from(indices, (image) => {
    return findBoxes(answers, image, originalOf({ sizes }, image), request).filter(
      (_, place) => place < 20 && place % 2 === 0,
    );
  });
  return {
    ...own,
    splits: {
      ...own.splits,
      validation: {
        ...validation,
        render: validation.render.bind(validation),
        truth: { boxes: packBoxes(found), sizes },
      },
    },
  };
}
