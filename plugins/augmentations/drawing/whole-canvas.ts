import type { RelativeBox } from "../../../core/index.ts";

/** What a scene shows unless something is said: its canvas. */
export const wholeCanvas: RelativeBox = { left: 0, top: 0, width: 1, height: 1 };
