import type { NamedClasses } from "../../../core/index.ts";

/** What Pascal VOC and COCO call the same things. */
const synonyms: Readonly<Record<string, string>> = {
  aeroplane: "airplane",
  motorbike: "motorcycle",
  sofa: "couch",
  tvmonitor: "tv",
};

/** One name for what is meant: letters and digits in lower case, VOC's words as COCO's. */
function meant(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  return synonyms[plain] ?? plain;
}

/**
 * For each class of the data the source's classes that stand for it: by the class map, else by the same name, else by a
 * name that means the same. A class of the source stands for one of the data at most.
 */
export function matchMeaning(
  { classNames, classMap = {} }: NamedClasses,
  data: readonly string[],
): readonly number[][] {
  const columns: number[][] = data.map(() => []);
  for (const [place, own] of classNames.entries()) {
    const isMapped = Object.hasOwn(classMap, own);
    const name = isMapped ? (classMap[own] ?? own) : own;
    const exact = data.indexOf(name);
    const found = exact >= 0 || isMapped ? exact : data.findIndex((other) => meant(other) === meant(name));
    columns[found]?.push(place);
  }
  return columns;
}
