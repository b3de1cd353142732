/** `number: 'text'`, as Python prints a dictionary of names; quotes of either kind. */
const pair = /(\d+)\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/gu;
const text = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gu;

/**
 * Names of classes that an exporter noted beside the graph: `names` as Python prints a dictionary by number or a list,
 * which is how YOLOv5 and Ultralytics do it.
 *
 * @returns `undefined` where there are none, or where numbers are left out
 */
export function metadataClasses({ names }: Readonly<Record<string, string>>): readonly string[] | undefined {
  if (names === undefined) return undefined;
  if (names.trimStart().startsWith("[")) return filled([...names.matchAll(text)].map(([, one, other]) => one ?? other));
  const found: string[] = [];
  for (const [, number, one, other] of names.matchAll(pair)) found[Number(number)] = one ?? other ?? "";
  return filled(found);
}

function filled(names: readonly (string | undefined)[]): readonly string[] | undefined {
  const all = Array.from(names, (name) => (name ?? "").replace(/\\(.)/gu, "$1"));
  return all.length > 0 && all.every((name) => name !== "") ? all : undefined;
}
