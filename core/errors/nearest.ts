/** Names that are listed; of longer lists the nearest ones. */
const listedNames = 20;

/** Keys differ in case and separators more often than in letters: `learning_rate`, `Learning-Rate`. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/**
 * Edit distance with insertions, deletions, substitutions and swaps of neighbours, each costing 1.
 * (Optimal string alignment: no substring is edited twice.)
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + substitution,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** Distance for ranking: spelling first, case and separators only between equals. */
function rank(name: string, candidate: string): number {
  return editDistance(bare(name), bare(candidate)) + (name === candidate ? 0 : 0.5);
}

/** Candidates by closeness to `name`; ties keep their order. */
function byNearness(name: string, candidates: readonly string[]): string[] {
  const ranked = candidates.map((candidate) => ({ candidate, distance: rank(name, candidate) }));
  return ranked.sort((a, b) => a.distance - b.distance).map(({ candidate }) => candidate);
}

/** `lr` of `learningRate`, `ce` of `cross-entropy`. */
function initials(name: string): string {
  const words = name.replaceAll(/([a-z\d])([A-Z])/g, "$1-$2").split(/[-_\s]+/);
  return words.length < 2 ? "" : words.map((word) => word.charAt(0).toLowerCase()).join("");
}

/**
 * The candidate that `name` most likely means: the one whose initials it is, at most two edits away (one for names of
 * up to four letters), or of which `name` is the beginning.
 */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.includes(name)) return name;
  const meant = candidates.filter((candidate) => initials(candidate) === name.toLowerCase());
  if (meant.length === 1) return meant[0];
  const best = byNearness(name, candidates)[0];
  if (best === undefined) return undefined;
  const spelled = bare(name);
  const allowed = spelled.length <= 4 ? 1 : 2;
  if (editDistance(spelled, bare(best)) <= allowed) return best;
  if (spelled.length < 3) return undefined;
  return candidates.find((candidate) => bare(candidate).startsWith(spelled));
}

/** Says what is allowed, nearest name first: `allowed: alpha, beta (did you mean "alpha"?)`. */
export function allowedHint(name: string, candidates: readonly string[], label = "allowed"): string {
  if (candidates.length === 0) return `${label}: nothing`;
  const nearest = nearestName(name, candidates);
  const kept = new Set(byNearness(name, candidates).slice(0, listedNames));
  const shown = candidates.filter((candidate) => kept.has(candidate));
  const others = shown.filter((candidate) => candidate !== nearest);
  const listed = [...(nearest === undefined ? [] : [nearest]), ...others].join(", ");
  const more = candidates.length > listedNames ? ` and ${candidates.length - shown.length} more` : "";
  return `${label}: ${listed}${more}${nearest === undefined ? "" : ` (did you mean "${nearest}"?)`}`;
}
