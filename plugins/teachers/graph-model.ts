import type { ProviderOf } from "../../core/index.ts";
import { tfjsProvider } from "./tfjs-provider.ts";

/** A classifier in TensorFlow.js's graph format. */
export const graphModel: ProviderOf<"teacher"> = tfjsProvider(
  "graph-model",
  "a classifier in TensorFlow.js's graph format, such as a converted SavedModel",
);
