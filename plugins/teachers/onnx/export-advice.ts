import { basename } from "node:path";

/** How a family's own toolkit writes ONNX, and by what its weights are told. */
interface Family {
  readonly name: string;
  /** What file names say. */
  readonly named: RegExp;
  /** Modules that a pickled model of it names; `undefined` where others name the same. */
  readonly module?: string;
  readonly command: (file: string, stem: string) => string;
}

/** The more special names first. */
const families: readonly Family[] = [
  {
    name: "YOLOX",
    named: /yolox/iu,
    module: "yolox.",
    command: (file, stem) =>
      `python tools/export_onnx.py -n ${stem.replaceAll("_", "-")} -c ${file} --output-name ${stem}.onnx`,
  },
  { name: "YOLOv5", named: /yolov?5/iu, command: (file) => `python export.py --weights ${file} --include onnx` },
  {
    name: "YOLOv6",
    named: /yolov?6/iu,
    module: "yolov6.",
    command: (file) => `python deploy/ONNX/export_onnx.py --weights ${file}`,
  },
  { name: "YOLOv7", named: /yolov?7/iu, command: (file) => `python export.py --weights ${file} --grid` },
  {
    name: "YOLOv8 and its kin",
    named: /yolov?(8|9|1[0-9])/iu,
    module: "ultralytics.nn",
    command: (file) => `yolo export model=${file} format=onnx`,
  },
  {
    name: "RF-DETR",
    named: /rf-?detr/iu,
    command: (file) =>
      `python -c "from rfdetr import RFDETRNano; RFDETRNano(pretrain_weights='${file}').export()", with the class of its size`,
  },
];

/**
 * The command that exports a PyTorch file, by the file's name, else by the modules that its pickle names.
 *
 * @param bytes of the file
 * @returns one hint for each family that it may be of
 */
export function exportAdvice(path: string, bytes: Uint8Array): readonly string[] {
  const file = basename(path);
  const stem = file.replace(/\.[^.]*$/u, "");
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found =
    families.find(({ named }) => named.test(file)) ??
    families.find(({ module }) => module !== undefined && content.includes(module));
  if (found !== undefined) return [`${found.name}: ${found.command(file, stem)}`];
  return [
    ...families.map(({ name, command }) => `if it is ${name}: ${command(file, stem)}`),
    "any other network: torch.onnx.export",
  ];
}
