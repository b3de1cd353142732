import { KdflowError } from "../errors/kdflow-error.ts";

/** Plugins load in milliseconds; half a minute leaves room for slow network drives. */
const defaultSeconds = 30;
const mostSeconds = 86_400;

/**
 * How long the import of one plugin may take: `$KDFLOW_PLUGIN_TIMEOUT` in seconds, else half a minute.
 *
 * @throws KDF_CLI_ENVIRONMENT where that is no number of seconds
 */
export function importTimeoutMs(env: Readonly<Record<string, string | undefined>> = process.env): number {
  const given = env["KDFLOW_PLUGIN_TIMEOUT"]?.trim();
  if (given === undefined || given === "") return defaultSeconds * 1000;
  const seconds = Number(given);
  if (seconds > 0 && seconds <= mostSeconds) return seconds * 1000;
  throw new KdflowError("KDF_CLI_ENVIRONMENT", `the environment variable KDFLOW_PLUGIN_TIMEOUT is "${given}"`, {
    hint: [
      `give seconds, more than 0 and at most ${mostSeconds}, such as KDFLOW_PLUGIN_TIMEOUT=60`,
      `or unset it: the default is ${defaultSeconds}`,
    ],
  });
}
