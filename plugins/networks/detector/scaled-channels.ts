/** Published channels times a width, in eights and at least 8. */
export function scaledChannels(published: number, width: number): number {
  return Math.max(8, 8 * Math.round((published * width) / 8));
}
