import { readFile } from "node:fs/promises";

/** The version in kdflow's own `package.json`, found above this file in the sources as well as in a package. */
export async function readVersion(): Promise<string> {
  for (const up of ["../../", "../../../"]) {
    try {
      const text = await readFile(new URL(`${up}package.json`, import.meta.url), "utf8");
      const { name, version } = JSON.parse(text) as { name?: string; version?: string };
      if (name === "kdflow" && version !== undefined) return version;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
  return "unknown";
}
