/** Characters of a line that is still one. */
const longestLine = 120;

/**
 * JSON with a list or a map on one line where it fits, as a formatter of code would write it.
 *
 * @param indent of the line that the value begins on
 * @param taken characters of that line before the value
 */
export function jsonText(value: unknown, indent = "", taken: number = indent.length): string {
  const flat = flatText(value);
  // a comma may follow
  if (typeof value !== "object" || value === null || taken + flat.length < longestLine) return flat;
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = Object.entries(value).map(([key, item]) => {
    const name = isList ? "" : `${JSON.stringify(key)}: `;
    return `${inner}${name}${jsonText(item, inner, inner.length + name.length)}`;
  });
  return `${isList ? "[" : "{"}\n${lines.join(",\n")}\n${indent}${isList ? "]" : "}"}`;
}

function flatText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const text = entries.map(([key, item]) => `${JSON.stringify(key)}: ${flatText(item)}`).join(", ");
  return text === "" ? "{}" : `{ ${text} }`;
}
