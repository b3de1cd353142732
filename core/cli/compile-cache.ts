import module from "node:module";
import { join } from "node:path";
import { makeFolder } from "../store/make-folder.ts";
import { runtimeCacheFolder } from "../tensors/runtime-cache.ts";

/** What Node 22.8 and later have; older ones lack it. */
interface CompileCache {
  enableCompileCache?(folder: string): unknown;
}

/**
 * Lets Node keep the compiled code of the modules that are imported from here on; docs/performance.md says what that
 * saves later starts. It lies in the user's own cache folder, because compiled code is trusted as it is; where that
 * cannot be made, Node goes on without.
 */
export async function keepCompiledCode(): Promise<void> {
  const { enableCompileCache } = module as CompileCache;
  if (enableCompileCache === undefined) return;
  const folder = join(runtimeCacheFolder(), "compiled");
  await makeFolder(folder).then(
    () => enableCompileCache(folder),
    () => undefined,
  );
}
