import type { ProviderOf } from "../../core/index.ts";
import { tfjsProvider } from "./tfjs/tfjs-provider.ts";

/** A classifier in TensorFlow.js's layers format. */
export const layersModel: ProviderOf<"teacher"> = tfjsProvider(
  "layers-model",
  "a classifier in TensorFlow.js's layers format",
);
