import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOnnxFile } from "../../../plugins/teachers/onnx/onnx-file.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kdflow-onnx-file-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A field that holds bytes, as Protocol Buffers write it. */
function field(number: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const lengths = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return Buffer.concat([Buffer.from([number * 8 + 2, ...lengths]), content]);
}

const minusOne = Buffer.from([8, ...Array.from({ length: 9 }, () => 0xff), 1]);
const size = (value: number): Buffer => Buffer.from([8, value]);

/** A value with a name and sizes: `ValueInfoProto` of float32. */
const value = (number: number, name: string, sizes: readonly Buffer[]): Buffer =>
  field(
    number,
    field(1, name),
    field(2, field(1, Buffer.from([8, 1]), field(2, ...sizes.map((each) => field(1, each))))),
  );

async function file(name: string, ...parts: readonly (Uint8Array | string)[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, Buffer.concat(parts.map((part) => Buffer.from(part))));
  return path;
}

describe("an ONNX file", () => {
  it("with a size of −1 or 0 leaves that size free", async () => {
    const sizes = [minusOne, size(3), size(0), size(32)];
    const graph = field(7, value(11, "pixels", sizes), value(12, "scores", [minusOne, size(10)]));
    const { inputs, outputs } = await readOnnxFile(await file("free.onnx", graph));
    expect(inputs).toEqual([{ name: "pixels", type: "float32", shape: [undefined, 3, undefined, 32] }]);
    expect(outputs).toEqual([{ name: "scores", type: "float32", shape: [undefined, 10] }]);
  });

  it("is read once, and again when it has changed", async () => {
    const graph = (classes: number): Buffer =>
      field(7, value(11, "pixels", [size(1), size(3)]), value(12, "scores", [size(1), size(classes)]));
    const path = await file("again.onnx", graph(10));
    const first = await readOnnxFile(path);
    expect(await readOnnxFile(path)).toBe(first);
    await file("again.onnx", graph(7));
    expect((await readOnnxFile(path)).outputs[0]?.shape).toEqual([1, 7]);
  });

  it.each([
    ["a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"],
    ["a web page", "\n<!DOCTYPE html><html>"],
    ["a ZIP archive, as PyTorch writes .pt files", Buffer.from("504b030400000808", "hex")],
    ["a Python pickle", Buffer.from("80028a0a6cfc9c46", "hex")],
    ["an HDF5 file", Buffer.from("894844460d0a1a0a", "hex")],
    ["a TensorFlow Lite model", Buffer.from("1c00000054464c33", "hex")],
    ["compressed with gzip", Buffer.from("1f8b0800", "hex")],
    ["JSON", '{"format":"layers-model"}'],
  ])("that is %s in truth is said to be that", async (what, content) => {
    const expected = expect.objectContaining({
      code: "KDF_INPUT_FORMAT",
      message: expect.stringContaining(`it is ${what}`),
    });
    await expect(readOnnxFile(await file("other.onnx", content))).rejects.toThrow(expected);
  });

  it.each([
    ["yolov7-w6.pt", "", "YOLOv7: python export.py --weights yolov7-w6.pt --grid"],
    ["yolo11n.pt", "", "YOLOv8 and its kin: yolo export model=yolo11n.pt format=onnx"],
    ["yolox_s.pth", "", "YOLOX: python tools/export_onnx.py -n yolox-s -c yolox_s.pth --output-name yolox_s.onnx"],
    ["best.pt", "cultralytics.nn.tasks\nDetectionModel\n", "YOLOv8 and its kin: yolo export model=best.pt format=onnx"],
    ["rf-detr-nano.pth", "", 'RF-DETR: python -c "from rfdetr import RFDETRNano; RFDETRNano(pretrain_weights='],
    ["last.pt", "cmodels.yolo\nModel\n", "if it is YOLOv5: python export.py --weights last.pt --include onnx"],
  ])("that is PyTorch's %s is answered with the command of its family", async (name, content, command) => {
    const path = await file(name, Buffer.from("504b0304", "hex"), content);
    const error = await readOnnxFile(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "KDF_INPUT_FORMAT" });
    expect([(error as { hint: readonly string[] }).hint].flat().join("\n")).toContain(`export it: ${command}`);
  });

  it("of graphs within graphs without end is refused", async () => {
    let graph = field(12, "x");
    for (let depth = 0; depth < 60; depth++) graph = field(1, field(5, field(6, graph)));
    await expect(readOnnxFile(await file("deep.onnx", field(7, graph)))).rejects.toThrow("nested more than 50 deep");
  });

  it.skipIf(process.platform === "win32")("that is a folder or a pipe is refused at once", async () => {
    const pipe = join(folder, "pipe.onnx");
    execFileSync("mkfifo", [pipe]);
    await expect(readOnnxFile(pipe)).rejects.toThrow("is not a plain file");
    await mkdir(join(folder, "folder.onnx"));
    await expect(readOnnxFile(join(folder, "folder.onnx"))).rejects.toThrow("is a folder, not a file");
  });
});
