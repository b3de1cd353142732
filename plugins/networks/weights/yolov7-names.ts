import { byRules, type NameTable, type Rule } from "./name-table.ts";

/** The first module of each aggregation block: `a`, `b`, `c`, `d`, a concatenation, `out`. */
const blocks: Readonly<Record<string, number>> = {
  stage1: 2,
  stage2: 9,
  stage3: 16,
  stage4: 23,
  "neck/down4": 42,
  "neck/down3": 52,
  "neck/up4/elan": 60,
  "neck/up5/elan": 68,
};
const partsOfBlock = ["a", "b", "c", "d", "concat", "out"];

/** Modules of single convolutions. */
const convolutions: Readonly<Record<string, number>> = {
  stem1: 0,
  stem2: 1,
  "neck/pool/side": 29,
  "neck/pool/main": 30,
  "neck/pool/mix": 35,
  "neck/pool/out": 37,
  "neck/reduce4": 38,
  "neck/route4": 40,
  "neck/reduce3": 48,
  "neck/route3": 50,
  "neck/halve4": 58,
  "neck/halve5": 66,
  "neck/p3": 74,
  "neck/p4": 75,
  "neck/p5": 76,
};

function moduleOf(base: string): number | undefined {
  const [, block = "", part = ""] = /^(.*)\/([^/]+)$/u.exec(base) ?? [];
  const first = blocks[block];
  return first === undefined ? convolutions[base] : first + partsOfBlock.indexOf(part);
}

/** The training form of YOLOv7-tiny: modules of one list, the last of which is the head with its implicit tensors. */
export const yolov7TinyNames: NameTable = {
  source: "YOLOv7",
  epsilon: 1e-3,
  pixels: "unit",
  // anchors are an option here
  ignored: /^model\.77\.anchor(s|_grid)$/u,
  names(base, part) {
    const [, level, layer = ""] = /^head\/p(\d)(?:\/(.*))?$/u.exec(base) ?? [];
    if (level !== undefined) {
      const place = Number(level) - 3;
      const rules: readonly Rule[] = [
        [/^$/u, `model.77.m.${place}`],
        [/^implicit-add$/u, `model.77.ia.${place}`],
        [/^implicit-multiply$/u, `model.77.im.${place}`],
      ];
      return byRules(rules, layer, part);
    }
    const module = moduleOf(base);
    return module === undefined ? [] : [`model.${module}.${part === "norm" ? "bn" : "conv"}`];
  },
};
