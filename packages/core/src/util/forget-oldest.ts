/** Deletes what has been in a map or set for longest until no more than `most` are left. */
export function forgetOldest<K>(
  from: { readonly size: number; keys(): Iterable<K>; delete(key: K): unknown },
  most: number,
): void {
  for (const oldest of from.keys()) {
    if (from.size <= most) return;
    from.delete(oldest);
  }
}
