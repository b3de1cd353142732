import { isPlainList, type Plain } from "./config-node.ts";

/** Shorter values are words such as `data` or `1`, which stand everywhere; they are hidden where they were put in. */
const shortestText = 6;

/**
 * The values of environment variables that a pipeline uses. Only their names may be printed or recorded: whatever
 * leaves the process as text passes {@link text} or {@link data}.
 */
export class HiddenValues {
  readonly #names = new Map<string, string>();

  /** Makes a value known, from here on. */
  add(name: string, value: string): void {
    for (const text of [value, escapeMarkup(value), JSON.stringify(value).slice(1, -1)]) {
      if (value.length >= shortestText) this.#names.set(text, `$env.${name}`);
    }
  }

  /** The text with values replaced by the names of their variables. */
  text(text: string): string {
    let result = text;
    for (const [value, name] of this.#names) result = result.replaceAll(value, () => name);
    return result;
  }

  /** As {@link text}, for every text in plain data. */
  data<T>(value: T): T {
    return this.#names.size === 0 ? value : (this.#inside(value) as T);
  }

  #inside(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (Array.isArray(value)) return value.map((item) => this.#inside(item));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#inside(item)]));
  }
}

function escapeMarkup(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/**
 * Complete options with the names of variables in the places where values of the environment were put in.
 *
 * @param written the options as they stand in the file, with values
 * @param recorded the same with names; where nothing differs, nothing is hidden
 */
export function withNames(options: unknown, written: Plain, recorded: Plain): unknown {
  if (typeof recorded !== "object" || recorded === null) {
    if (recorded === written) return options;
    if (options === written || typeof options !== "object" || options === null) return recorded;
    // A short form, such as a bare id or weight, was written out as a map.
    return Object.fromEntries(Object.entries(options).map(([key, item]) => [key, item === written ? recorded : item]));
  }
  if (typeof options !== "object" || options === null || typeof written !== "object" || written === null)
    return options;
  if (isPlainList(recorded) || isPlainList(written) || Array.isArray(options)) {
    const [before, after] = [written as readonly Plain[], recorded as readonly Plain[]];
    return (options as readonly unknown[]).map((item, i) => withNames(item, before[i] ?? null, after[i] ?? null));
  }
  const named: Record<string, unknown> = { ...options };
  for (const [key, after] of Object.entries(recorded)) {
    const before = written[key] ?? null;
    const inner = named["options"];
    if (Object.hasOwn(named, key)) named[key] = withNames(named[key], before, after);
    // The options of a loss term are set apart from its weight.
    else if (typeof inner === "object") named["options"] = withNames(inner, { [key]: before }, { [key]: after });
  }
  return named;
}
