/** Computes without end, and shows that it does. */
export function spin({ beats }) {
  for (;;) Atomics.add(beats, 0, 1);
}

/** Takes memory until there is none. */
export function hog() {
  const taken = [];
  for (;;) taken.push(Array.from({ length: 10_000 }, (_, i) => ({ i, text: `${i}` })));
}
