import type { RelativeBox, View } from "../../core/index.ts";

/** Crops a view once more: `box` in fractions of what the view shows, as it shows it. */
export function cropView(view: View, box: RelativeBox): View {
  // The flip comes after the crop, so what is on the left of a mirrored view lies on the right of its crop.
  const left = view.flip ? 1 - box.left - box.width : box.left;
  return {
    ...view,
    left: view.left + view.width * left,
    top: view.top + view.height * box.top,
    width: view.width * box.width,
    height: view.height * box.height,
  };
}
