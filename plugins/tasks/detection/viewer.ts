import type { Fit, ImageSize } from "../../../core/index.ts";

/** Whoever looks at photos: a network with the size and the fit of its input. Teacher and student may differ. */
export interface Viewer {
  readonly size: ImageSize;
  readonly fit: Fit;
}

/** Stretches photos where a size says nothing else. */
export function viewerOf(size: ImageSize): Viewer {
  return { size, fit: size.fit ?? "stretch" };
}
