import type { BoxListing } from "./box-listing.ts";
import { listCoco } from "./list-coco.ts";
import { listVoc } from "./list-voc.ts";
import { listYolo } from "./list-yolo.ts";
import { withUnlabelled } from "./unlabelled-photos.ts";

type ListBoxes = (options: never, baseDir: string) => Promise<BoxListing>;

/** How each provider of photos with boxes lists them, those without labels among them; by the provider's id. */
export const boxLists: ReadonlyMap<string, ListBoxes> = new Map<string, ListBoxes>([
  ["voc", withUnlabelled(listVoc)],
  ["coco", withUnlabelled(listCoco)],
  ["yolo", withUnlabelled(listYolo)],
]);
