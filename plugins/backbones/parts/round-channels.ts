/**
 * Rounds to a multiple of 8, half up, but never below 90 % of the value: how MobileNets narrow their layers.
 *
 * @param multiple instead of 8
 */
export function roundChannels(channels: number, multiple = 8): number {
  const rounded = Math.max(multiple, Math.floor((channels + multiple / 2) / multiple) * multiple);
  return rounded < 0.9 * channels ? rounded + multiple : rounded;
}
