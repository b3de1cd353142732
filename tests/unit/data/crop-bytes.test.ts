import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type ImageSize, plainView, type View } from "../../../core/index.ts";
import { createRng } from "../../../core/tensors/rng.ts";
import { flip } from "../../../plugins/augmentations/flip.ts";
import { shiftCrop } from "../../../plugins/augmentations/shift-crop.ts";
import { renderView } from "../../../plugins/data/rendering/render.ts";
import { viewSpecOf, viewsOf } from "../../../plugins/data/views/views.ts";
import { goldenImage } from "./golden-image.ts";

/** Results and soft labels are stored under keys that know nothing of the renderer: crops must stay what they are. */
const hashes = {
  crops: "e56bd2aa78d14126c17144451626a2cc0a4ba97e8af5ddbee17f6eefdc1362a6",
  views: "f937475719544f8c6d75c0ae76dc9d8b9d3d9d1ce899b3ac7feca5dbce151212",
} as const;

const original: ImageSize = { height: 11, width: 13, channels: 3 };

test("copied and enlarged crops have the bytes that they always had", () => {
  const hash = createHash("sha256");
  const source = goldenImage(original);
  for (let at = 0; at < 200; at++) {
    const rng = createRng(3, "crops", at);
    const size = { height: 11 + rng.integer(9), width: 13 + rng.integer(9), channels: 3 };
    const whole = rng.integer(2) === 0;
    const view: View = {
      left: whole ? (rng.integer(9) - 4) / 13 : rng.uniform() - 0.5,
      top: whole ? (rng.integer(9) - 4) / 11 : rng.uniform() - 0.5,
      width: whole ? 1 : 0.2 + 0.8 * rng.uniform(),
      height: whole ? 1 : 0.2 + 0.8 * rng.uniform(),
      flip: rng.integer(2) === 0,
    };
    const target = whole ? original : size;
    const out = new Uint8Array(target.height * target.width * 3);
    renderView(source, original, view, target, out);
    hash.update(out);
  }
  expect(hash.digest("hex")).toBe(hashes.crops);
});

test("views of crops are pinned by the text that they always were", async () => {
  const augment = [
    { use: "shift-crop", shift: 0.2 },
    { use: "flip", probability: 0.5 },
  ];
  const context = {} as never;
  const augmentations = [
    await shiftCrop.create({ shift: 0.2 } as never, context),
    await flip.create({ probability: 0.5 } as never, context),
  ];
  const viewOf = viewsOf(augmentations, original, (stream, ...counters) => createRng(5, stream, ...counters));
  const hash = createHash("sha256").update(viewSpecOf(augment, 5, original, viewOf));
  for (let view = 0; view < 20; view++) hash.update(JSON.stringify(viewOf("c0ffee".repeat(10).padEnd(64, "0"), view)));
  expect(hash.digest("hex")).toBe(hashes.views);
  expect(viewSpecOf([], 5, original, () => plainView)).toBe("plain");
});
