import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

/** Where the addon lies in the package's folder. */
export const quietAddon: string = join("lib", "napi-v8", "kdflow_quiet_stderr.node");

/**
 * TensorFlow's library prints a notice about oneDNN to stderr while it is being loaded, whatever its log level. Node
 * cannot redirect its own stderr for that moment; these few lines can.
 */
const source = `
#include <fcntl.h>
#include <node_api.h>
#include <unistd.h>

static int saved = -1;

static napi_value Mute(napi_env env, napi_callback_info info) {
  int null = open("/dev/null", O_WRONLY);
  if (saved < 0 && null >= 0) {
    saved = dup(2);
    dup2(null, 2);
  }
  if (null >= 0) close(null);
  return nullptr;
}

static napi_value Restore(napi_env env, napi_callback_info info) {
  if (saved >= 0) {
    dup2(saved, 2);
    close(saved);
    saved = -1;
  }
  return nullptr;
}

NAPI_MODULE_INIT() {
  napi_value mute, restore;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, Mute, nullptr, &mute);
  napi_create_function(env, "restore", NAPI_AUTO_LENGTH, Restore, nullptr, &restore);
  napi_set_named_property(env, exports, "mute", mute);
  napi_set_named_property(env, exports, "restore", restore);
  return exports;
}
`;

/** Writes the addon's source to a file. */
export async function writeQuietSource(path: string): Promise<void> {
  await writeFile(path, source);
}

/** Runs `load` with stderr shut, where the addon was built; plainly elsewhere. */
export function quietly<T>(packageFolder: string, load: () => T): T {
  const addon = quietAddonOf(packageFolder);
  addon?.mute();
  try {
    return load();
  } finally {
    addon?.restore();
  }
}

function quietAddonOf(packageFolder: string): { mute(): void; restore(): void } | undefined {
  try {
    return createRequire(import.meta.url)(join(packageFolder, quietAddon)) as { mute(): void; restore(): void };
  } catch {
    return undefined;
  }
}
