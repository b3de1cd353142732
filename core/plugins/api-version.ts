import inRange from "semver/functions/satisfies.js";
import validRange from "semver/ranges/valid.js";

/** Version of the plugin API: hooks, provider interfaces and contexts. Not the version of kdflow. */
export const apiVersion = "1.0.0";

/**
 * Whether a version lies in one of npm's ranges.
 *
 * @returns `undefined` where the range cannot be read
 */
export function satisfies(version: string, range: string): boolean | undefined {
  if (range.trim() === "" || validRange(range) === null) return undefined;
  return inRange(version, range);
}
