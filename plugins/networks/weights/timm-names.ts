import { byRules, groupPlace, type NameTable, type Part, type Rule } from "./name-table.ts";

const ends: readonly Rule[] = [
  [/^stem$/u, "conv_stem", "bn1"],
  [/^hidden$/u, "conv_head", "norm_head"],
  [/^logits$/u, "classifier"],
];

/** Inverted residuals; a block without expansion is a depthwise separable one, which numbers its norms from 1. */
function invertedResidual(own: string, layer: string, part: Part, separable: boolean): readonly string[] {
  const rules: readonly Rule[] = separable
    ? [
        [/^depthwise$/u, `${own}.conv_dw`, `${own}.bn1`],
        [/^project$/u, `${own}.conv_pw`, `${own}.bn2`],
      ]
    : [
        [/^expand$/u, `${own}.conv_pw`, `${own}.bn1`],
        [/^depthwise$/u, `${own}.conv_dw`, `${own}.bn2`],
        [/^project$/u, `${own}.conv_pwl`, `${own}.bn3`],
      ];
  return byRules([...rules, [/^se\/(reduce|expand)$/u, `${own}.se.conv_$1`]], layer, part);
}

function timmMobilenetV3(groups: readonly number[]): NameTable {
  return {
    source: "timm",
    epsilon: 1e-5,
    pixels: "imagenet",
    names(base, part, has) {
      const [, number, layer = ""] = /^block(\d+)\/(.*)$/u.exec(base) ?? [];
      if (number === undefined) {
        const last = `blocks.${groups.length}.0`;
        return byRules([[/^last$/u, `${last}.conv`, `${last}.bn1`], ...ends], base, part);
      }
      let [group, block] = [0, Number(number) - 1];
      for (const count of groups) {
        if (block < count) break;
        block -= count;
        group++;
      }
      return invertedResidual(`blocks.${group}.${block}`, layer, part, !has(`block${number}/expand`));
    },
  };
}

export const timmMobilenetV3Small: NameTable = timmMobilenetV3([1, 2, 3, 2, 3]);
export const timmMobilenetV3Large: NameTable = timmMobilenetV3([1, 2, 3, 4, 2, 3]);

export const timmEfficientnetLite: NameTable = {
  source: "timm",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part, has) {
    const place = groupPlace(base);
    if (place === undefined) return byRules([[/^last$/u, "conv_head", "bn2"], ...ends], base, part);
    const [group, block] = base.split("/");
    return invertedResidual(
      `blocks.${place.group}.${place.block}`,
      place.layer,
      part,
      !has(`${group}/${block}/expand`),
    );
  },
};

export const timmMobilenetV4: NameTable = {
  source: "timm",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const place = groupPlace(base);
    if (place === undefined) return byRules([[/^last$/u, "blocks.4.0.conv", "blocks.4.0.bn1"], ...ends], base, part);
    const own = `blocks.${place.group}.${place.block}`;
    const rules: readonly Rule[] = [
      [/^$/u, `${own}.conv`, `${own}.bn1`],
      [/^before$/u, `${own}.dw_start.conv`, `${own}.dw_start.bn`],
      [/^expand$/u, `${own}.pw_exp.conv`, `${own}.pw_exp.bn`],
      [/^after$/u, `${own}.dw_mid.conv`, `${own}.dw_mid.bn`],
      [/^project$/u, `${own}.pw_proj.conv`, `${own}.pw_proj.bn`],
    ];
    return byRules(rules, place.layer, part);
  },
};

export const timmGhostnet: NameTable = {
  source: "timm",
  epsilon: 1e-5,
  pixels: "imagenet",
  names(base, part) {
    const place = groupPlace(base);
    if (place === undefined) return byRules([[/^last$/u, "blocks.9.0.conv", "blocks.9.0.bn1"], ...ends], base, part);
    const own = `blocks.${place.group}.${place.block}`;
    const rules: readonly Rule[] = [
      [/^(ghost[12])\/primary$/u, `${own}.$1.primary_conv.0`, `${own}.$1.primary_conv.1`],
      [/^(ghost[12])\/cheap$/u, `${own}.$1.cheap_operation.0`, `${own}.$1.cheap_operation.1`],
      [/^depthwise$/u, `${own}.conv_dw`, `${own}.bn_dw`],
      [/^se\/(reduce|expand)$/u, `${own}.se.conv_$1`],
      [/^shortcut\/depthwise$/u, `${own}.shortcut.0`, `${own}.shortcut.1`],
      [/^shortcut\/pointwise$/u, `${own}.shortcut.2`, `${own}.shortcut.3`],
    ];
    return byRules(rules, place.layer, part);
  },
};
