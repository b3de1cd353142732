import type { ProviderOf } from "../../core/index.ts";
import { tfjsProvider } from "./tfjs/tfjs-provider.ts";

/** A classifier, or with a decoder a detector, in TensorFlow.js's graph format. */
export const graphModel: ProviderOf<"teacher"> = tfjsProvider(
  "graph-model",
  "a classifier or a detector in TensorFlow.js's graph format, such as a converted SavedModel",
);
