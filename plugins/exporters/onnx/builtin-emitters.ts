import type { EmitterTable } from "./emitter.ts";
import { convolutionEmitters } from "./emitters/convolutions.ts";
import { elementwiseEmitters } from "./emitters/elementwise.ts";
import { productEmitters } from "./emitters/products.ts";
import { reductionEmitters } from "./emitters/reductions.ts";
import { reshapingEmitters } from "./emitters/reshaping.ts";
import { resizingEmitters } from "./emitters/resizing.ts";
import { slicingEmitters } from "./emitters/slicing.ts";

/** The kernels that kdflow writes as ONNX. */
export const builtinEmitters: EmitterTable = {
  ...convolutionEmitters,
  ...elementwiseEmitters,
  ...productEmitters,
  ...reductionEmitters,
  ...reshapingEmitters,
  ...resizingEmitters,
  ...slicingEmitters,
};
