import { KdflowError, type PortDescriptions } from "../../../core/index.ts";
import { assertSameClasses } from "../batches/mixed-data.ts";

/**
 * Checks the sources of a training against each other before anything is computed.
 *
 * @throws KDF_PLAN_SOURCES
 */
export function checkSources(
  mix: readonly number[] | undefined,
  { data = [], softLabels = [] }: PortDescriptions,
): void {
  if (mix !== undefined && mix.length !== data.length) {
    const names = data.map(({ stage }) => stage).join(", ");
    throw new KdflowError("KDF_PLAN_SOURCES", `\`mix\` has ${mix.length} parts for ${data.length} sources of data`, {
      hint: `give one number for each of: ${names}`,
    });
  }
  const [first, ...others] = data;
  for (const { stage, classNames, imageSize } of others) {
    if (first?.classNames !== undefined && classNames !== undefined) {
      assertSameClasses(first.classNames, classNames, `stage "${stage}"`);
    }
    const [ours, theirs] = [first?.imageSize?.channels, imageSize?.channels];
    if (ours === undefined || theirs === undefined || ours === theirs) continue;
    const message = `stage "${stage}" has images of ${theirs} channels, and "${first?.stage}" of ${ours}`;
    throw new KdflowError("KDF_PLAN_SOURCES", message, { hint: "train on images of as many channels" });
  }
  const [labels, ...otherLabels] = softLabels;
  const other = otherLabels.find(({ views }) => views !== labels?.views);
  if (labels === undefined || other === undefined) return;
  const message = `soft labels "${labels.stage}" and "${other.stage}" have ${labels.views} and ${other.views} views`;
  throw new KdflowError("KDF_PLAN_SOURCES", message, { hint: "give all of them the same `views`" });
}
