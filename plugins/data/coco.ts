import type { ProviderOf } from "../../core/index.ts";
import { boxesProvider } from "./boxes/boxes-provider.ts";
import { type CocoOptions, listCoco } from "./boxes/list-coco.ts";
import { lookForCoco } from "./boxes/look-into-folder.ts";

/** Photos with boxes in COCO's instances JSON; labels are read with the plan, so that faults in them are told before anything runs. */
export const coco: ProviderOf<"data"> = boxesProvider<CocoOptions>(
  "coco",
  "photos with boxes in COCO's instances JSON",
  listCoco,
  lookForCoco,
);
