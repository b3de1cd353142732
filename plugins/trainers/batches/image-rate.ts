/** Images per second since it was made. */
export interface ImageRate {
  add(images: number): void;
  perSecond(): number;
}

export function createImageRate(): ImageRate {
  const startMs = performance.now();
  let images = 0;
  return {
    add: (count) => {
      images += count;
    },
    perSecond: () => (images / Math.max(1, performance.now() - startMs)) * 1000,
  };
}
