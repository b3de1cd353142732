import { type ImageSize, KdflowError, type SoloView, type View } from "../../../core/index.ts";
import { blend, paste } from "./render-boxes.ts";
import { renderCrop } from "./render-crop.ts";
import { applyEdits } from "./render-edits.ts";

/** One image as it lies in memory, uint8 `[size.height, size.width, size.channels]`. */
export interface SourceImage {
  readonly pixels: Uint8Array;
  readonly size: ImageSize;
}

/**
 * Renders one view of one image at any size: crop, flip, edits, and the mix with the view's partner last. A pure
 * function without tensors, for the main thread and for workers alike.
 *
 * @param source uint8 `[original.height, original.width, original.channels]`
 * @param out uint8 `[size.height, size.width, size.channels]`, wholly overwritten
 * @param partner the original image of sample `view.partner.index` of the same split, where the view mixes two
 * @throws KDF_TENSORS_SHAPE where channels would have to be mixed
 */
export function renderView(
  source: Uint8Array,
  original: ImageSize,
  view: View,
  size: ImageSize,
  out: Uint8Array,
  partner?: SourceImage,
): void {
  renderAlone({ pixels: source, size: original }, view, size, out);
  if (view.mix === undefined) return;
  if (view.partner === undefined || partner === undefined) {
    throw new KdflowError("KDF_INTERNAL", "a view that mixes two samples was rendered without its partner");
  }
  const second = new Uint8Array(size.height * size.width * size.channels);
  renderAlone(partner, view.partner.view, size, second);
  if (view.mix.kind === "blend") blend(out, second, view.mix.share);
  else paste(out, second, view.mix.box, size);
}

function renderAlone({ pixels, size: original }: SourceImage, view: SoloView, size: ImageSize, out: Uint8Array): void {
  if (original.channels !== size.channels && original.channels !== 1) {
    throw new KdflowError(
      "KDF_TENSORS_SHAPE",
      `images with ${original.channels} channels cannot be rendered with ${size.channels}`,
      { hint: "use a model whose input has as many channels as the data" },
    );
  }
  if (view.scene !== undefined) {
    throw new KdflowError("KDF_INTERNAL", "a scene, which is for data with boxes, was rendered as one image");
  }
  renderCrop(pixels, original, view, size, out);
  if (view.edits !== undefined) applyEdits(out, size, view.edits);
}
