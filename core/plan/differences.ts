/** One value that differs between two pieces of plain data. */
export interface Difference {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly now: unknown;
}

/**
 * Where two pieces of plain data differ: maps are compared key by key, all else as a whole, lists too.
 *
 * @param isOpen true for paths at which a missing map counts as an empty one, so that its entries are told one by one
 */
export function differences(
  before: unknown,
  now: unknown,
  isOpen: (path: readonly string[]) => boolean = () => false,
  path: readonly string[] = [],
): readonly Difference[] {
  const none = isOpen(path) ? {} : undefined;
  const was = before ?? none;
  const is = now ?? none;
  if (isMap(was) && isMap(is)) {
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])];
    return keys.flatMap((key) => differences(was[key], is[key], isOpen, [...path, key]));
  }
  return JSON.stringify(before) === JSON.stringify(now) ? [] : [{ path, before, now }];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
