import type { ProviderOf } from "../../core/index.ts";
import { boxesProvider } from "./boxes/boxes-provider.ts";
import { listYolo, type YoloOptions } from "./boxes/list-yolo.ts";
import { lookForYolo } from "./boxes/look-into-folder.ts";

/** Photos with boxes in YOLO's text files; labels are read with the plan, so that faults in them are told before anything runs. */
export const yolo: ProviderOf<"data"> = boxesProvider<YoloOptions>(
  "yolo",
  "photos with boxes in YOLO's text files",
  listYolo,
  lookForYolo,
);
