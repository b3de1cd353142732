import { existsSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../../../../", import.meta.url).pathname;

/** Where real photos and models lie; they are not part of kdflow. `undefined` where there are none. */
export const sharedData: string | undefined = [
  process.env["KDFLOW_DATA"] ?? "",
  join(root, "../shared/data"),
  join(root, "../../shared/data"),
].find((folder) => folder !== "" && existsSync(join(folder, "README.md")));

/** A file of the shared data, and what a test says where it is not there. */
export function sharedFile(path: string): { readonly path: string; readonly missing: string } {
  if (sharedData === undefined) return { path, missing: "no shared data: name its folder in KDFLOW_DATA" };
  const file = join(sharedData, path);
  return { path: file, missing: existsSync(file) ? "" : `no ${path} in the shared data` };
}
