import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where runtimes that `kdflow setup` provisions are kept, outside every `node_modules`: `$KDFLOW_CACHE`, else
 * `$XDG_CACHE_HOME/kdflow`, else `~/.cache/kdflow`; for users without a home folder `.kdflow/cache/kdflow` in the
 * working directory, which is theirs, as the temporary folder is not.
 */
export function runtimeCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { KDFLOW_CACHE: own, XDG_CACHE_HOME: cache } = env;
  if (own) return own;
  return cache ? join(cache, "kdflow") : join(cacheHome(), "kdflow");
}

/** The system knows no home folder of users that have no entry in its list, as in containers. */
function cacheHome(): string {
  try {
    return join(homedir(), ".cache");
  } catch {
    return resolve(".kdflow", "cache");
  }
}
