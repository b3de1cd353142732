import type { ProviderOf } from "../../core/index.ts";
import type { DataMnistOptions } from "../options.ts";
import { defineMnist, isFashion } from "./mnist/mnist-provider.ts";

/**
 * MNIST, or another data set of digits in its files.
 *
 * @see LeCun, Bottou, Bengio, Haffner (1998), "Gradient-based learning applied to document recognition"
 */
export const mnist: ProviderOf<"data"> = defineMnist<DataMnistOptions>({
  id: "mnist",
  summary: "MNIST from its own IDX files",
  reference: "doi:10.1109/5.726791",
  ownsFolder: (path) => !isFashion(path),
  classNames: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
});
