import { type ClassMap, type NamedClasses, sameClasses } from "../../../core/index.ts";

/** How the classes of a model stand for those of the data. */
interface ClassColumns {
  /** For each class of the data, the model's logits that stand for it; several where the map merges classes. */
  readonly columns: readonly (readonly number[])[];
  /** Classes of the data that no class of the model stands for. */
  readonly missing: readonly string[];
  /** The model's own classes that stand for none of the data's. */
  readonly masked: readonly string[];
}

/** What a model's class is called in the data. */
function dataNameOf(name: string, classMap: ClassMap | undefined): string {
  return classMap !== undefined && Object.hasOwn(classMap, name) ? (classMap[name] ?? name) : name;
}

/** Matches classes by name, in any order. Equal lists match place by place, even where a name occurs twice. */
export function matchClasses({ classNames, classMap }: NamedClasses, data: readonly string[]): ClassColumns {
  const names = classNames.map((name) => dataNameOf(name, classMap));
  if (sameClasses(names, data)) return { columns: data.map((_, index) => [index]), missing: [], masked: [] };
  const places = new Map<string, number[]>();
  for (const [place, name] of names.entries()) {
    const found = places.get(name);
    if (found === undefined) places.set(name, [place]);
    else found.push(place);
  }
  const known = new Set(data);
  return {
    columns: data.map((name) => places.get(name) ?? []),
    missing: data.filter((name) => !places.has(name)),
    masked: classNames.filter((_, place) => !known.has(names[place] ?? "")),
  };
}
