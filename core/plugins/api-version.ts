/** Version of the plugin API: hooks, provider interfaces and contexts. Not the version of kdflow. */
export const apiVersion = "1.0.0";

type Version = readonly [number, number, number];

/**
 * Whether a version lies in a range. Ranges are the part of npm's that plugins need: `*`, `1`, `1.2`, `1.2.3`, `^1.2`,
 * `~1.2.3`, comparisons such as `>=1 <2`, several of these with spaces between, and alternatives with `||`.
 *
 * @returns `undefined` when the range is none of these
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const wanted = parse(version)?.numbers;
  const alternatives = range.split("||").map((part) => part.trim().split(/\s+/u).map(bounds));
  if (wanted === undefined || alternatives.some((parts) => parts.includes(undefined))) return undefined;
  return alternatives.some((parts) => parts.every((part) => part !== undefined && within(wanted, part)));
}

interface Bounds {
  readonly from: Version;
  /** Exclusive. */
  readonly below: Version;
}

const highest: Version = [Number.POSITIVE_INFINITY, 0, 0];
const lowest: Version = [0, 0, 0];

function bounds(part: string): Bounds | undefined {
  const match = /^(\^|~|>=|<=|>|<|=)?(.+)$/u.exec(part);
  const parsed = parse(match?.[2] ?? "");
  if (parsed === undefined) return undefined;
  const { numbers, given } = parsed;
  if (given === 0) return { from: lowest, below: highest };
  switch (match?.[1]) {
    case "^":
      return { from: numbers, below: next(numbers, leadingPlace(numbers, given)) };
    case "~":
      return { from: numbers, below: next(numbers, Math.min(given, 2)) };
    case ">=":
      return { from: numbers, below: highest };
    case ">":
      return { from: next(numbers, given), below: highest };
    case "<":
      return { from: lowest, below: numbers };
    case "<=":
      return { from: lowest, below: next(numbers, given) };
    default:
      return { from: numbers, below: next(numbers, given) };
  }
}

/** How many places `^` keeps: up to the first one that is not zero. */
function leadingPlace(numbers: Version, given: number): number {
  const first = numbers.findIndex((number) => number !== 0);
  return first < 0 ? given : Math.min(first + 1, given);
}

/** The first version after all that share the first `places` numbers. */
function next([major, minor, patch]: Version, places: number): Version {
  if (places === 1) return [major + 1, 0, 0];
  if (places === 2) return [major, minor + 1, 0];
  return [major, minor, patch + 1];
}

/** `given`: how many numbers are written; the rest is zero. */
function parse(text: string): { readonly numbers: Version; readonly given: number } | undefined {
  if (/^[*xX]$/u.test(text)) return { numbers: lowest, given: 0 };
  const match = /^v?(\d+)(?:\.(\d+|[*xX]))?(?:\.(\d+|[*xX]))?$/u.exec(text);
  if (match === null) return undefined;
  const written = match.slice(1).filter((part) => part !== undefined && /^\d+$/u.test(part));
  const [major = 0, minor = 0, patch = 0] = written.map(Number);
  return { numbers: [major, minor, patch], given: written.length };
}

function within(version: Version, { from, below }: Bounds): boolean {
  return compare(version, from) >= 0 && compare(version, below) < 0;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}
