import { KdflowError, type PortDescription } from "../../../core/index.ts";

/** @throws KDF_PLAN_OPTIONS for a share of labelled samples where there are no others, or where `mix` says it already */
export function checkLabelledShare(share: number | undefined, sources: readonly PortDescription[]): void {
  if (share === undefined) return;
  const [source, ...others] = sources;
  // data of plugins need not say how many samples they have
  const { unlabelled = 0 } = source?.training ?? { unlabelled: 1 };
  if (unlabelled > 0 && others.length === 0) return;
  const why = others.length > 0 ? "there are several sources of data" : "every training photo has labels";
  const hint = others.length > 0 ? "`mix` says how much of each an epoch has" : "name others at the data: `unlabelled`";
  throw new KdflowError("KDF_PLAN_OPTIONS", `\`labelledShare\` has nothing to say: ${why}`, {
    hint,
    option: "/labelledShare",
  });
}
