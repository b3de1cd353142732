import { type Adapter, defineProvider, KdflowError, type ProviderOf, type Tf } from "../../core/index.ts";
import { convolution } from "./layers/convolution.ts";
import { resizing } from "./layers/resizing.ts";

/** A map averaged or enlarged bilinearly to the teacher's rows and columns, then a 1×1 convolution to its channels. */
export function resizeAdapter(tf: Tf): Adapter {
  return {
    layers(from, to, rng) {
      const [rows, columns, filters] = to;
      if (from.length !== 3 || rows === undefined || columns === undefined || filters === undefined) {
        const message = `features of ${from.join("×")} cannot be resized to ${to.join("×")}`;
        throw new KdflowError("KDF_TRAIN_FEATURES", message, {
          hint: "choose taps of which both are maps, or both vectors",
        });
      }
      const resized = [rows, columns, from[2] ?? 0];
      return {
        resizing: resizing(tf, from, rows, columns),
        convolution: convolution(tf, { from: resized, filters, kernelSize: 1, rng }),
      };
    },
  };
}

/** Brings the student's map to the teacher's size and channels. */
export const resize: ProviderOf<"adapters"> = defineProvider<"adapters", object>("adapters", {
  id: "resize",
  summary: "the student's map resized to the teacher's rows and columns, then a trained 1×1 convolution",
  cacheVersion: 1,
  create: (_options, { tf }) => resizeAdapter(tf),
});
