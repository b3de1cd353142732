import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runtimeCacheFolder } from "../../../core/index.ts";
import { packageFolder } from "../tfjs/load-tfjs.ts";

/** The release of @tensorflow/tfjs-node that is provisioned; the same as that of @tensorflow/tfjs. */
export const tfjsNodeVersion = "4.22.0";

const nodePackage = "@tensorflow/tfjs-node";
const markerFile = "kdflow-native.json";

/** An installation of tfjs-node whose addon and libraries are in place. */
export interface NativeInstall {
  /** Folder of the package @tensorflow/tfjs-node; absolute. */
  readonly packageFolder: string;
  /** Where it lies: in kdflow's cache, or in node_modules. */
  readonly place: "cache" | "node_modules";
  /** Version of the TensorFlow library, where it is known without loading it. */
  readonly tensorflow: string | undefined;
}

/** What `provision` writes once its smoke test passed; the last file of an installation. */
export interface NativeMarker {
  readonly tfjsNode: string;
  readonly tensorflow: string;
  /** How it came to be: `wheel` (libraries out of the TensorFlow wheel) or `package` (the package's own download). */
  readonly from: "wheel" | "package";
}

/** The folder that holds the installation for this platform; a `node_modules` lies in it. */
export function nativeFolder(): string {
  return join(runtimeCacheFolder(), "native", `tfjs-node-${tfjsNodeVersion}-${process.platform}-${process.arch}`);
}

export function packageIn(root: string): string {
  return join(root, "node_modules", nodePackage);
}

export function markerIn(root: string): string {
  return join(root, markerFile);
}

/** Looks for a working installation: in the cache, then in node_modules. Loads nothing. */
export async function findNative(): Promise<NativeInstall | undefined> {
  const cached = packageIn(nativeFolder());
  const marker = await readMarker(nativeFolder());
  if (marker !== undefined && (await isWhole(cached))) {
    return { packageFolder: cached, place: "cache", tensorflow: marker.tensorflow };
  }
  const installed = packageFolder(nodePackage);
  if (installed === undefined || !(await isWhole(installed))) return undefined;
  return { packageFolder: installed, place: "node_modules", tensorflow: undefined };
}

async function readMarker(root: string): Promise<NativeMarker | undefined> {
  try {
    return JSON.parse(await readFile(markerIn(root), "utf8")) as NativeMarker;
  } catch {
    return undefined;
  }
}

/** The addon and both libraries are what `npm install` may leave out. */
async function isWhole(folder: string): Promise<boolean> {
  const needed = ["lib/napi-v8/tfjs_binding.node", "deps/lib/libtensorflow.so", "deps/lib/libtensorflow_framework.so"];
  const files = process.platform === "linux" ? needed : needed.slice(0, 1);
  const found = await Promise.all(files.map((file) => exists(join(folder, file))));
  return found.every(Boolean);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
