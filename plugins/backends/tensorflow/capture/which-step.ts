/** One of the graph's training steps. */
export interface WhichStep {
  readonly size: number;
  readonly variant?: string | undefined;
}

export function stepsOf(sizes: readonly number[]): WhichStep[] {
  return sizes.map((size) => ({ size }));
}

export function variantsOf([variant, sizes]: [string, readonly number[]]): WhichStep[] {
  return sizes.map((size) => ({ size, variant }));
}

/** Begins the names of the step's nodes. */
export function scopeOf({ size, variant }: WhichStep): string {
  return variant === undefined ? `step${size}` : `step-${variant}${size}`;
}
