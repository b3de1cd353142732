import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fixtures = fileURLToPath(new URL("../fixtures/plugins/", import.meta.url));

/**
 * A temporary project that has all fixture plugins: the files lie beside where a pipeline would, the package
 * `kdflow-plugin-focal` is installed.
 *
 * @returns the project's folder
 */
export async function makePluginProject(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "kdflow-plugins-"));
  await cp(fixtures, directory, { recursive: true });
  await cp(join(fixtures, "kdflow-plugin-focal"), join(directory, "node_modules", "kdflow-plugin-focal"), {
    recursive: true,
  });
  return directory;
}
