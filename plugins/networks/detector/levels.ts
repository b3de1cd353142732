import type { PyramidLevel } from "../../../core/index.ts";

/** The levels of a detector, finest first. */
export const levelNames: readonly PyramidLevel[] = ["p3", "p4", "p5"];

/** Input pixels of a cell. */
export const strideOf: Readonly<Record<PyramidLevel, number>> = { p3: 8, p4: 16, p5: 32 };
