import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { io } from "@tensorflow/tfjs";
import { type HostTensor, KdflowError, readModelArtifacts } from "../../../core/index.ts";
import { readNumbers } from "./numbers.ts";
import { readDarknet } from "./read-darknet.ts";
import { readNpz } from "./read-npz.ts";
import { isSafetensors, readSafetensors } from "./read-safetensors.ts";
import { isLegacyTorch, readLegacyTorch, readTorchZip } from "./read-torch.ts";
import { isZip, readZip } from "./read-zip.ts";
import { maxFileBytes, sizeOf, type TensorFile } from "./tensor-file.ts";

/**
 * Reads a file of weights, whose form is told by its first bytes: safetensors, a NumPy archive, a PyTorch state dict of
 * either form, `model.json` of TensorFlow.js, or, by the ending `.weights`, darknet's.
 *
 * @param sha256 what the file's content has to have; for `model.json` its own, followed by that of its weight files
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_SHA256, KDF_INPUT_PICKLE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export async function readTensorFile(path: string, sha256: string): Promise<TensorFile> {
  const bytes = await readRegularFile(path);
  const model = path.endsWith(".json") ? await readModelArtifacts(dirname(path), basename(path)) : undefined;
  const shards = new Uint8Array((model?.artifacts.weightData ?? new ArrayBuffer(0)) as ArrayBuffer);
  const found = createHash("sha256").update(bytes).update(shards).digest("hex");
  if (found !== sha256.toLowerCase()) {
    throw new KdflowError("KDF_INPUT_SHA256", `"${path}" has the SHA-256 ${found}`, {
      hint: `\`sha256\` says ${sha256}: take the file that was meant, or, if you trust this one, write its digest`,
      option: "/weights/sha256",
    });
  }
  try {
    return model === undefined ? readBytes(path, bytes) : readModelJson(model.artifacts.weightSpecs ?? [], shards);
  } catch (error) {
    if (!(error instanceof KdflowError)) throw error;
    const { code, message, hint } = error;
    throw new KdflowError(code, `"${path}": ${message}`, { hint, option: "/weights/path", cause: error });
  }
}

function readBytes(path: string, bytes: Buffer): TensorFile {
  if (isSafetensors(bytes)) return readSafetensors(bytes);
  if (isLegacyTorch(bytes)) return readLegacyTorch(bytes);
  if (isZip(bytes)) {
    const entries = readZip(bytes);
    return [...entries.keys()].some((name) => name.endsWith(".npy")) ? readNpz(entries) : readTorchZip(entries);
  }
  if (path.endsWith(".weights")) return readDarknet(bytes);
  throw new KdflowError("KDF_INPUT_FORMAT", "this is no file of weights that is read", {
    hint: "safetensors, .npz, .pt or .pth with a state dict, model.json of TensorFlow.js, or darknet's .weights",
  });
}

/** Reads a file into memory; a folder, a device or a pipe is none, and neither is what is too large for weights. */
async function readRegularFile(path: string): Promise<Buffer> {
  const handle = await open(path).catch((cause: unknown) => {
    const hint = "`weights` names it; paths start from the folder of the pipeline file";
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${path}"`, { hint, option: "/weights/path", cause });
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > maxFileBytes) {
      const message = stat.isFile() ? `"${path}" has ${stat.size} bytes` : `"${path}" is no regular file`;
      const hint = `weights are one file of at most ${maxFileBytes} bytes`;
      throw new KdflowError("KDF_INPUT_FORMAT", message, { hint, option: "/weights/path" });
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function readModelJson(specs: readonly io.WeightsManifestEntry[], bytes: Uint8Array): TensorFile {
  const tensors = new Map<string, HostTensor>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of specs) {
    if (dtype !== "float32" || quantization !== undefined) {
      throw new KdflowError("KDF_INPUT_FORMAT", `"${name}" is quantised or not of float32`);
    }
    const count = sizeOf(shape);
    tensors.set(name, { shape, values: readNumbers(bytes.subarray(offset), "float32", count) });
    offset += 4 * count;
  }
  return { layout: "keras", tensors };
}
