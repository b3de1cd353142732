import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BackendPlace } from "../../../../core/index.ts";

/** Makes an empty folder; its maker removes it. */
export type MakeFolder = NonNullable<BackendPlace["scratch"]>;

/** In the system's temporary folder: for commands that have no store. */
export async function temporaryFolder(): ReturnType<MakeFolder> {
  const directory = await mkdtemp(join(tmpdir(), "kdflow-graph-"));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}
