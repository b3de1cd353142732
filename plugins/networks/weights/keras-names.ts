import { byRules, flatPlace, type NameTable, type Rule } from "./name-table.ts";

/** Blocks of each of MobileNetV1's five stages. */
export const v1Blocks = [1, 2, 2, 6, 2] as const;

/** keras-applications numbers its thirteen blocks from 1. */
export const kerasMobilenetV1: NameTable = {
  source: "Keras",
  epsilon: 1e-3,
  pixels: "signed",
  names(base, part) {
    const [, stage, block, layer = ""] = /^stage(\d+)\/block(\d+)\/(.*)$/u.exec(base) ?? [];
    const number = 1 + flatPlace(v1Blocks, Number(stage) - 1, Number(block) - 1);
    const rules: readonly Rule[] = [
      [/^stem$/u, "conv1", "conv1_bn"],
      [/^logits$/u, "conv_preds"],
      [/^depthwise$/u, `conv_dw_${number}`, `conv_dw_${number}_bn`],
      [/^pointwise$/u, `conv_pw_${number}`, `conv_pw_${number}_bn`],
    ];
    return byRules(rules, stage === undefined ? base : layer, part);
  },
};
