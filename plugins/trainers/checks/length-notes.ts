import { type Declarations, type PortDescription, type SideLengths, sidesOf } from "../../../core/index.ts";
import { type Gains, gainsOf } from "../../losses/yolov7/gains.ts";
import { updatePlace } from "../step/update-place.ts";

interface Length {
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate?: number;
}

/** How many updates a training has, where its data say how many samples they have; nothing else. */
export function updateNotes(
  { epochs, batchSize, accumulate = 1 }: Length,
  sources: readonly PortDescription[],
): readonly string[] {
  const [source, ...others] = sources;
  if (source?.training === undefined || others.length > 0) return [];
  const { samples, unlabelled = 0, about } = source.training;
  if (samples === 0) return [];
  const { updates } = updatePlace({ samples, batchSize, accumulate }, 0);
  const words = about ? "about " : "";
  const bare = unlabelled === 0 ? "" : `, ${words}${unlabelled} of them without labels`;
  return [`training: ${words}${updates * epochs} updates, ${updates} an epoch of ${words}${samples} photos${bare}`];
}

/** A term of the loss `sum` as its options have it. */
interface TermOptions {
  readonly use?: string;
  readonly options?: Gains & { readonly rescale: boolean };
}

/** The gains of a loss `yolov7` where they are rescaled by classes and size of the input; nothing else. */
export function gainNotes({ loss, student }: Declarations, data: PortDescription | undefined): readonly string[] {
  const named = student?.[0]?.["imageSize"] as SideLengths | undefined;
  const sides = named === undefined ? data?.imageSize : sidesOf(named);
  const classes = data?.classNames?.length;
  if (sides === undefined || classes === undefined) return [];
  return Object.entries(loss?.[0] ?? {}).flatMap(([name, term]) => {
    const { use, options } = (typeof term === "object" ? term : {}) as TermOptions;
    if (use !== "yolov7" || options?.rescale !== true) return [];
    const { box, class: ofClass, objectness } = gainsOf(options, classes, sides.height * sides.width);
    const gains = [`box ${short(box)}`, `class ${short(ofClass)}`, `objectness ${short(objectness)}`];
    const given = `${short(options.class)} and ${short(options.objectness)} for 80 classes at 640 pixels`;
    return [`loss ${name}: gains ${gains.join(", ")} (rescaled from ${given}; \`rescale: false\` keeps those)`];
  });
}

const short = (gain: number): string => String(Number(gain.toPrecision(3)));
