import type { SymbolicTensor } from "@tensorflow/tfjs";
import { KdflowError, type Pyramid, type PyramidLevel, type Tap } from "../../../core/index.ts";
import { strideOf } from "./levels.ts";

/**
 * A backbone's last feature maps at strides 8, 16 and 32.
 *
 * @throws KDF_PLAN_OPTIONS for a backbone without one
 */
export function pyramidOf(name: string, taps: Readonly<Record<string, Tap>>): Pyramid {
  const level = (wanted: PyramidLevel): SymbolicTensor => {
    const found = Object.entries(taps).findLast(
      ([tap, { stride }]) => !tap.includes("/") && stride === strideOf[wanted],
    );
    if (found !== undefined) return found[1].tensor;
    const there = Object.entries(taps).filter(([tap]) => !tap.includes("/"));
    const strides = there.map(([tap, { stride }]) => `${tap} has ${stride}`).join(", ");
    const message = `the backbone ${name} has no feature map of stride ${strideOf[wanted]}: ${strides}`;
    throw new KdflowError("KDF_PLAN_OPTIONS", message, {
      hint: "a detector needs strides 8, 16 and 32: `stem: imagenet` at the backbone, images larger than 64 pixels, or another backbone",
    });
  };
  return { p3: level("p3"), p4: level("p4"), p5: level("p5") };
}
