const channelMultiple = 8;

/** Rounds to a multiple of 8, half up, but never below 90 % of the value: how MobileNets narrow their layers. */
export function roundChannels(channels: number): number {
  const rounded = Math.max(
    channelMultiple,
    Math.floor((channels + channelMultiple / 2) / channelMultiple) * channelMultiple,
  );
  return rounded < 0.9 * channels ? rounded + channelMultiple : rounded;
}
