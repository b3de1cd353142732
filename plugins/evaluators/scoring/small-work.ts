import type { Backend } from "../../../core/index.ts";
import { createEagerForward } from "../../backends/eager/eager-forward.ts";

/** Images up to which recording a graph takes longer than it saves. */
const fewImages = 64;

/** Whether a split is scored operation by operation. It goes by the split's size alone, so that a rerun does the same. */
export function isSmallWork(images: number): boolean {
  return images <= fewImages;
}

/** The backend as it is, but for forward passes, which run operation by operation: nothing is recorded for them. */
export function backendForSmallWork(backend: Backend): Backend {
  if (backend.blocks) return backend;
  return { ...backend, createForward: (spec) => createEagerForward(backend.tf, spec) };
}
