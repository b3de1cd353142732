/**
 * Pixels of a mask in run lengths: a list of counts, background first, or COCO's text form of it, in which every count
 * is the difference to the one two before it, in groups of five bits from the lowest, each plus 48.
 */
export function rleArea(counts: string | readonly number[]): number {
  const runs = typeof counts === "string" ? runsOf(counts) : counts;
  return runs.reduce((area, run, at) => (at % 2 === 1 ? area + run : area), 0);
}

function runsOf(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let bits = 0;
    let group = 0;
    do {
      group = text.charCodeAt(at++) - 48;
      value += (group & 31) * 2 ** bits;
      bits += 5;
    } while ((group & 32) !== 0 && at < text.length);
    if ((group & 16) !== 0) value -= 2 ** bits;
    runs.push(runs.length > 2 ? value + (runs[runs.length - 2] ?? 0) : value);
  }
  return runs;
}
