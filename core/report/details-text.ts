/** Named versions and counts on one line: `tfjs 4.22.0, threads 2`. What a probe `found` speaks for itself. */
export function formatDetails(details: Readonly<Record<string, string | number>>): string {
  return Object.entries(details)
    .map(([name, value]) => (name === "found" ? String(value) : `${name} ${value}`))
    .join(", ");
}
