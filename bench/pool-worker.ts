/* A piscina task that does nothing. */
export default function nothing(): void {}
