import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Where runtimes that `kdflow setup` provisions are kept, outside every `node_modules`: `$KDFLOW_CACHE`, else
 * `$XDG_CACHE_HOME/kdflow`, else `~/.cache/kdflow`.
 */
export function runtimeCacheFolder(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { KDFLOW_CACHE: own, XDG_CACHE_HOME: cache } = env;
  if (own) return own;
  return cache ? join(cache, "kdflow") : join(homedir(), ".cache", "kdflow");
}
