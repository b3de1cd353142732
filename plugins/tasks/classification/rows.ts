/** The place of the largest number of a row; of equal ones the first. */
export function argMax(row: ArrayLike<number>): number {
  let best = 0;
  for (let place = 1; place < row.length; place++) if ((row[place] ?? 0) > (row[best] ?? 0)) best = place;
  return best;
}

/** What a softmax in float64 is made of: Σ exp(x − largest), so that nothing overflows. */
export function softmaxSum(row: ArrayLike<number>): { readonly largest: number; readonly total: number } {
  const largest = row[argMax(row)] ?? 0;
  let total = 0;
  for (let place = 0; place < row.length; place++) total += Math.exp((row[place] ?? 0) - largest);
  return { largest, total };
}

/** Probabilities of a row of logits, in float64. */
export function softmax(row: ArrayLike<number>): Float64Array {
  const { largest, total } = softmaxSum(row);
  return Float64Array.from(row, (logit) => Math.exp(logit - largest) / total);
}
