import { byRules, flatPlace, groupPlace, type NameTable, type Rule } from "./name-table.ts";

const v2Blocks = [1, 2, 3, 4, 3, 3, 1] as const;

/** `features.<i>.conv` holds expansion, depthwise and projection; the first block has no expansion. */
export const torchvisionMobilenetV2: NameTable = {
  source: "torchvision",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const place = groupPlace(base);
    if (place === undefined) {
      const rules: readonly Rule[] = [
        [/^stem$/u, "features.0.0", "features.0.1"],
        [/^last$/u, "features.18.0", "features.18.1"],
        [/^logits$/u, "classifier.1"],
      ];
      return byRules(rules, base, part);
    }
    const conv = `features.${1 + flatPlace(v2Blocks, place.group, place.block)}.conv`;
    const shift = place.group === 0 ? 0 : 1;
    const rules: readonly Rule[] = [
      [/^expand$/u, `${conv}.0.0`, `${conv}.0.1`],
      [/^depthwise$/u, `${conv}.${shift}.0`, `${conv}.${shift}.1`],
      [/^project$/u, `${conv}.${shift + 1}`, `${conv}.${shift + 2}`],
    ];
    return byRules(rules, place.layer, part);
  },
};

/** `features.<i>.block` holds expansion, depthwise, squeeze-and-excitation and projection, those that there are. */
export const torchvisionMobilenetV3: NameTable = {
  source: "torchvision",
  epsilon: 1e-3,
  pixels: "imagenet",
  names(base, part, has) {
    const [, number, layer = ""] = /^block(\d+)\/(.*)$/u.exec(base) ?? [];
    if (number === undefined) {
      const last = countBlocks(has) + 1;
      const rules: readonly Rule[] = [
        [/^stem$/u, "features.0.0", "features.0.1"],
        [/^last$/u, `features.${last}.0`, `features.${last}.1`],
        [/^hidden$/u, "classifier.0"],
        [/^logits$/u, "classifier.3"],
      ];
      return byRules(rules, base, part);
    }
    const parts = ["expand", "depthwise", "se/reduce", "project"].filter((own) => has(`block${number}/${own}`));
    const at = (own: string): string => `features.${number}.block.${parts.indexOf(own)}`;
    const rules: readonly Rule[] = [
      [/^se\/reduce$/u, `${at("se/reduce")}.fc1`],
      [/^se\/expand$/u, `${at("se/reduce")}.fc2`],
      [/^(expand|depthwise|project)$/u, `${at(layer)}.0`, `${at(layer)}.1`],
    ];
    return byRules(rules, layer, part);
  },
};

function countBlocks(has: (base: string) => boolean): number {
  let count = 0;
  while (has(`block${count + 1}/project`)) count++;
  return count;
}

/** Units count from 0; `branch1` is the shortcut of the units that halve. */
export const torchvisionShufflenetV2: NameTable = {
  source: "torchvision",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const [, stage, unit, layer = ""] = /^(stage\d+)\/unit(\d+)\/(.*)$/u.exec(base) ?? [];
    const own = `${stage}.${Number(unit) - 1}`;
    const rules: readonly Rule[] = [
      [/^stem$/u, "conv1.0", "conv1.1"],
      [/^last$/u, "conv5.0", "conv5.1"],
      [/^logits$/u, "fc"],
      [/^shortcut\/depthwise$/u, `${own}.branch1.0`, `${own}.branch1.1`],
      [/^shortcut\/conv$/u, `${own}.branch1.2`, `${own}.branch1.3`],
      [/^conv1$/u, `${own}.branch2.0`, `${own}.branch2.1`],
      [/^depthwise$/u, `${own}.branch2.3`, `${own}.branch2.4`],
      [/^conv2$/u, `${own}.branch2.5`, `${own}.branch2.6`],
    ];
    return byRules(rules, stage === undefined ? base : layer, part);
  },
};

/** torchvision's ResNets, and those for CIFAR that follow them with `linear` or `shortcut` for a name. */
export const torchResnet: NameTable = {
  source: "torchvision and the CIFAR ResNets",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const [, stage, block, layer = ""] = /^stage(\d+)\/block(\d+)\/(.*)$/u.exec(base) ?? [];
    const own = `layer${stage}.${Number(block) - 1}`;
    const rules: readonly Rule[] = [
      [/^stem$/u, "conv1", "bn1"],
      [/^logits$/u, "fc | linear"],
      [/^conv(\d)$/u, `${own}.conv$1`, `${own}.bn$1`],
      [/^shortcut$/u, `${own}.downsample.0 | ${own}.shortcut.0`, `${own}.downsample.1 | ${own}.shortcut.1`],
    ];
    return byRules(rules, stage === undefined ? base : layer, part);
  },
};
