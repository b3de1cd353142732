import { checkPhoto } from "./decode-photo.ts";

/** So many photos are opened. */
const sampled = 7;

/** `[height, width]` of a few photos, evenly spaced over the list; those that do not decode are passed over. */
export async function photoSizes(paths: readonly string[]): Promise<readonly (readonly [number, number])[]> {
  const count = Math.min(sampled, paths.length);
  const chosen = Array.from({ length: count }, (_, at) => paths[Math.floor((at * paths.length) / count)] ?? "");
  const sizes = await Promise.all(chosen.map((path) => checkPhoto(path).catch(() => undefined)));
  return sizes.flatMap((size) => (size === undefined ? [] : [[size.height, size.width] as const]));
}
