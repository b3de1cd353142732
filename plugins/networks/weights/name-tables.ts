import { kerasMobilenetV1 } from "./keras-names.ts";
import type { NameTable } from "./name-table.ts";
import { retinafaceMobilenetV1 } from "./retinaface-names.ts";
import {
  timmEfficientnetLite,
  timmGhostnet,
  timmMobilenetV3Large,
  timmMobilenetV3Small,
  timmMobilenetV4,
} from "./timm-names.ts";
import {
  torchResnet,
  torchvisionMobilenetV2,
  torchvisionMobilenetV3,
  torchvisionShufflenetV2,
} from "./torchvision-names.ts";
import { yolov7TinyNames } from "./yolov7-names.ts";

/** kdflow's own names, as exported models have them. */
const own: NameTable = {
  source: "kdflow",
  names: (base, part) => [part === "dense" ? base : `${base}/${part}`],
};

/** Published names by backbone, or by network where it has its own; whatever fits best is taken. */
const published: Readonly<Record<string, readonly NameTable[]>> = {
  "mobilenet-v1": [kerasMobilenetV1, retinafaceMobilenetV1],
  "mobilenet-v2": [torchvisionMobilenetV2],
  "mobilenet-v3-small": [torchvisionMobilenetV3, timmMobilenetV3Small],
  "mobilenet-v3-large": [torchvisionMobilenetV3, timmMobilenetV3Large],
  "mobilenet-v4-conv-small": [timmMobilenetV4],
  "shufflenet-v2": [torchvisionShufflenetV2],
  ghostnet: [timmGhostnet],
  "efficientnet-lite": [timmEfficientnetLite],
  resnet: [torchResnet],
  "yolov7-tiny": [yolov7TinyNames],
};

/** All tables that a file for a backbone may follow. */
export function nameTables(backbone: string): readonly NameTable[] {
  return [...(published[backbone] ?? []), own];
}
