import type { DataRecord } from "../samples/records.ts";
import type { IdentifiedPhoto } from "./photo-records.ts";

/** Says how many images stand, byte by byte, in several splits or under several classes. */
export function copiedNotes(records: readonly DataRecord[], photos: readonly IdentifiedPhoto[]): readonly string[] {
  const byDigest = new Map(photos.map((photo) => [photo.digest, photo]));
  const places = new Map<string, { splits: Set<string>; classes: Set<string>; path: string }>();
  for (const { digest, split } of records) {
    const photo = byDigest.get(digest);
    if (photo === undefined) continue;
    const known = places.get(photo.content) ?? { splits: new Set(), classes: new Set(), path: photo.path };
    known.splits.add(split);
    if (photo.className !== undefined) known.classes.add(photo.className);
    places.set(photo.content, known);
  }
  const all = [...places.values()];
  const across = all.filter(({ splits }) => splits.size > 1);
  const twoClasses = all.filter(({ classes }) => classes.size > 1);
  return [
    ...noted(across, "stand in more than one split, so that what is scored was trained on"),
    ...noted(twoClasses, "stand under more than one class"),
  ];
}

function noted(found: readonly { readonly path: string }[], what: string): readonly string[] {
  const [first] = found;
  if (first === undefined) return [];
  return [`of the images ${found.length} ${what}, such as "${first.path}"`];
}
