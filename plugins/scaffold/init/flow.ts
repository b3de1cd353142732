import { stringify } from "yaml";

/** Plain data on one line of YAML, as recipes write it: `{ use: flip, scale: [0.3, 1] }`. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, entry]) => `${flow(key)}: ${flow(entry)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  // within a list, so that commas and brackets are quoted
  return stringify([value], { collectionStyle: "flow", flowCollectionPadding: false, lineWidth: 0 })
    .trim()
    .slice(1, -1);
}

/** `{ use: id, …options }`, or the id alone where there are none. */
export function use(id: string, options: Readonly<Record<string, unknown>>): unknown {
  return Object.keys(options).length === 0 ? id : { use: id, ...options };
}
