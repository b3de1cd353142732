import { sizeWords } from "../../soft-labels/features/size-words.ts";

/** What a plan knows of a stage, as far as it decides how much features take. */
export interface SizedNode<Node> {
  readonly name: string;
  readonly stage: { readonly kind: string };
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: ReadonlyMap<string, readonly Node[]>;
}

export interface SizedDescription {
  readonly classNames?: readonly string[] | undefined;
  readonly views?: number | undefined;
  readonly training?: { readonly samples: number; readonly about: boolean } | undefined;
}

export interface SizedGraph<Node> {
  readonly nodes: readonly Node[];
  readonly descriptions: ReadonlyMap<Node, SizedDescription>;
}

/** Taps of a stage; a file's have no shape before it is opened. */
export interface SizedTaps {
  readonly stage: string;
  readonly taps?: readonly { readonly name: string; readonly shape: readonly number[] | undefined }[];
}

const bytesOf: Readonly<Record<string, number>> = { float16: 2, float32: 4 };

/**
 * How many bytes stored features will take: numbers of the taps and of the teacher's outputs × images × views × bytes
 * of a number.
 *
 * @param listTaps builds the networks; called only where features are stored
 * @returns one sentence for each stage that stores some
 */
export async function featureSizes<Node extends SizedNode<Node>>(
  { nodes, descriptions }: SizedGraph<Node>,
  listTaps: () => Promise<readonly SizedTaps[]>,
): Promise<readonly string[]> {
  const storing = nodes.filter(({ stage, options }) => stage.kind === "softLabels" && Array.isArray(options["taps"]));
  if (storing.length === 0) return [];
  const listed = await listTaps();
  return storing.map((node) => sentence(node, descriptions, listed));
}

function sentence<Node extends SizedNode<Node>>(
  node: Node,
  descriptions: SizedGraph<Node>["descriptions"],
  listed: readonly SizedTaps[],
): string {
  const [teacher, data] = [node.inputs.get("teacher")?.[0], node.inputs.get("data")?.[0]];
  const there = listed.find(({ stage }) => stage === teacher?.name)?.taps ?? [];
  const wanted = [node.options["taps"]].flat().map(String);
  const shapes = wanted.map((tap) => ({ tap, shape: there.find(({ name }) => name === tap)?.shape }));
  const unknown = shapes.filter(({ shape }) => shape === undefined).map(({ tap }) => tap);
  if (unknown.length > 0) {
    return `${node.name}: how large ${unknown.join(", ")} of "${teacher?.name}" is shows when that is opened; the run says the bytes before it writes`;
  }
  const classes = (teacher && descriptions.get(teacher)?.classNames?.length) ?? 0;
  const numbers = shapes.reduce((sum, { shape = [] }) => sum + shape.reduce((all, side) => all * side, 1), classes);
  const precision = String(node.options["precision"] ?? "float16");
  const rowBytes = numbers * (bytesOf[precision] ?? 4);
  const views = descriptions.get(node)?.views ?? 1;
  const { samples = 0, about = false } = (data && descriptions.get(data)?.training) ?? {};
  const what = `${shapes.map(({ tap, shape = [] }) => `${tap} ${shape.join("×")}`).join(", ")} and ${classes} logits`;
  const each = `${node.name}: ${what} are ${sizeWords(rowBytes)} an image and view in ${precision}`;
  if (samples === 0) return each;
  const images = `${about ? "about " : ""}${samples.toLocaleString("en")} images in ${views} ${views === 1 ? "view" : "views"}`;
  return `${each}; ${images} take ${sizeWords(samples * views * rowBytes)}`;
}
