/** Text for quantities with a unit. All functions are pure and independent of the machine's locale. */

/** `0.4 s`, `12.3 s`, `2m 05s`, `1h 02m`. */
export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return "–";
  const seconds = Math.max(0, durationMs) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}

/** `512 B`, `4.2 KB`, `13.7 MB`, `2.1 GB`; 1 KB is 1000 bytes. */
export function formatBytes(sizeBytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `1,366,792`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Operations in millions: `41.2 M`, `0.52 M`. */
export function formatMillions(count: number): string {
  const millions = count / 1e6;
  return `${millions >= 10 ? millions.toFixed(1) : millions.toFixed(2)} M`;
}

/** A number of unknown unit, four digits or so: `0.3125`, `12.50`, `1,843`, `3.0e-5`, `NaN`. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || size >= 1000) return value < 0 ? `-${formatCount(size)}` : formatCount(size);
  if (size < 1e-3) return value.toExponential(1);
  if (size < 10) return value.toFixed(4);
  return value.toFixed(size < 100 ? 2 : 1);
}

/** What a value is called on screen: `imagesPerSecond` reads `images/s`. */
function spokenName(name: string): string {
  return name.replace(/PerSecond$/, "/s");
}

/** `loss 0.3125  top1 0.9710  images/s 254.0`. */
export function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${spokenName(name)} ${formatNumber(value)}`)
    .join("  ");
}
