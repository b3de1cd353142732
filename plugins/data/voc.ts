import type { ProviderOf } from "../../core/index.ts";
import { boxesProvider } from "./boxes/boxes-provider.ts";
import { listVoc, type VocOptions } from "./boxes/list-voc.ts";
import { lookForVoc } from "./boxes/look-into-folder.ts";

/** Photos with boxes in Pascal VOC's XML; labels are read with the plan, so that faults in them are told before anything runs. */
export const voc: ProviderOf<"data"> = boxesProvider<VocOptions>(
  "voc",
  "photos with boxes in Pascal VOC's XML",
  listVoc,
  lookForVoc,
);
