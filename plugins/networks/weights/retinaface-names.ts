import { v1Blocks } from "./keras-names.ts";
import { byRules, flatPlace, type NameTable, type Rule } from "./name-table.ts";

/** Blocks from 1 to 13 in three parts, that end at strides 8, 16 and 32; the first part begins with the stem. */
const parts = [
  { name: "stage1", first: 1, shift: 1 },
  { name: "stage2", first: 6, shift: 0 },
  { name: "stage3", first: 12, shift: 0 },
] as const;

/** MobileNetV1 0.25 with leaky ReLUs, trained on ImageNet as the backbone of RetinaFace in PyTorch. */
export const retinafaceMobilenetV1: NameTable = {
  source: "RetinaFace's MobileNetV1",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const [, stage, block, layer = ""] = /^stage(\d+)\/block(\d+)\/(.*)$/u.exec(base) ?? [];
    if (stage === undefined) {
      const rules: readonly Rule[] = [
        [/^stem$/u, "stage1.0.0", "stage1.0.1"],
        [/^logits$/u, "fc"],
      ];
      return byRules(rules, base, part);
    }
    const number = 1 + flatPlace(v1Blocks, Number(stage) - 1, Number(block) - 1);
    const { name, first, shift } = parts.findLast((each) => each.first <= number) ?? parts[0];
    const own = `${name}.${number - first + shift}`;
    const rules: readonly Rule[] = [
      [/^depthwise$/u, `${own}.0.0 | ${own}.0`, `${own}.0.1 | ${own}.1`],
      [/^pointwise$/u, `${own}.1.0 | ${own}.3`, `${own}.1.1 | ${own}.4`],
    ];
    return byRules(rules, layer, part);
  },
};
