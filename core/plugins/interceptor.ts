/** Placeholder until the plugin loader lands in the same commit. */
export function guardHook<H>(hook: H, _name: string): H {
  return hook;
}
