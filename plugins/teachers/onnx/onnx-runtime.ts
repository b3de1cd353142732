import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { KdflowError, runtimeCacheFolder } from "../../../core/index.ts";
import { packageFolder } from "../../backends/tfjs/load-tfjs.ts";

/** The release that `kdflow setup` provides. */
export const onnxRuntimeVersion = "1.30.0";

export const onnxPackage = "onnxruntime-node";

/** What computes; its name enters keys, since results of another one differ in the last bits. */
export const executionProvider = "cpu";

export interface OnnxRuntime {
  /** Folder of the package; absolute. */
  readonly folder: string;
  readonly version: string;
}

/** The folder that holds the provisioned package for this platform; a `node_modules` lies in it. */
export function onnxFolder(): string {
  return join(
    runtimeCacheFolder(),
    "native",
    `${onnxPackage}-${onnxRuntimeVersion}-${process.platform}-${process.arch}`,
  );
}

/** Looks for the package in node_modules, then in the cache. Loads nothing. */
export async function findOnnxRuntime(): Promise<OnnxRuntime | undefined> {
  return (
    (await runtimeIn(packageFolder(onnxPackage))) ?? (await runtimeIn(join(onnxFolder(), "node_modules", onnxPackage)))
  );
}

/** @throws KDF_TEACHER_RUNTIME where it is not installed */
export async function onnxRuntime(): Promise<OnnxRuntime> {
  const found = await findOnnxRuntime();
  if (found !== undefined) return found;
  throw new KdflowError("KDF_TEACHER_RUNTIME", `ONNX Runtime is not installed: there is no package ${onnxPackage}`, {
    hint: "run `kdflow setup`, which fetches it into kdflow's cache folder",
  });
}

/** An installation whose addon is there; `npm install` without optional packages or for another platform leaves it out. */
async function runtimeIn(folder: string | undefined): Promise<OnnxRuntime | undefined> {
  if (folder === undefined) return undefined;
  try {
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { version: string };
    await access(join(folder, "bin", "napi-v6", process.platform, process.arch, "onnxruntime_binding.node"));
    return { folder, version };
  } catch {
    return undefined;
  }
}
