import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { KdflowError } from "../../../core/index.ts";
import { executionProvider, type OnnxRuntime } from "./onnx-runtime.ts";

/** What a pipeline may say that computes, and what ONNX Runtime calls it. */
const providers = {
  cpu: "cpu",
  cuda: "cuda",
  directml: "dml",
  coreml: "coreml",
  webgpu: "webgpu",
} as const;

type Device = keyof typeof providers;

/** What `auto` takes where it is there, the quickest first; webgpu is new and is only taken by name. */
const automatic: readonly Device[] = ["cuda", "directml", "coreml"];

interface ListedBackend {
  readonly name: string;
  readonly bundled: boolean;
}

/**
 * The execution provider for a device: the processor unless another one is wanted.
 *
 * @returns ONNX Runtime's name of it, which enters what the teacher is known by
 * @throws KDF_TEACHER_RUNTIME where it is not there, naming what is
 */
export async function executionProviderFor(device: Device | "auto" | undefined, runtime: OnnxRuntime): Promise<string> {
  if (device === undefined || device === "cpu") return executionProvider;
  const there = await devicesOf(runtime);
  const wanted = device === "auto" ? (automatic.find((name) => there.includes(name)) ?? "cpu") : device;
  if (there.includes(wanted)) return providers[wanted];
  throw new KdflowError("KDF_TEACHER_RUNTIME", `this ONNX Runtime cannot compute on "${device}"`, {
    hint: [
      `it has: ${there.join(", ")}`,
      "`device: auto` takes the quickest of them",
      ...(device === "cuda" ? ["for CUDA, install onnxruntime-node with its libraries for CUDA beside it"] : []),
    ],
    option: "/device",
  });
}

/** Those that come with the package, and CUDA where its library was installed beside them. */
async function devicesOf({ folder }: OnnxRuntime): Promise<readonly Device[]> {
  const ort = createRequire(import.meta.url)(folder) as {
    readonly listSupportedBackends?: () => readonly ListedBackend[];
  };
  const listed = ort.listSupportedBackends?.() ?? [];
  const library = process.platform === "win32" ? "onnxruntime_providers_cuda.dll" : "libonnxruntime_providers_cuda.so";
  const hasCuda = await access(join(folder, "bin", "napi-v6", process.platform, process.arch, library)).then(
    () => true,
    () => false,
  );
  const names = Object.keys(providers) as Device[];
  return names.filter(
    (name) =>
      name === "cpu" ||
      (name === "cuda" ? hasCuda : listed.some((each) => each.name === providers[name] && each.bundled)),
  );
}
